"""The Models page: the table of models above, details or a comparison of the chosen ones below."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ActionRegistry
from inspector.gui.background import Task
from inspector.gui.pages.models.commands import ModelCommands
from inspector.gui.pages.models.details import Details
from inspector.gui.pages.models.exporting import export_model
from inspector.gui.pages.models.facts import ModelFacts, read_facts
from inspector.gui.pages.models.matrix.view import MatrixView
from inspector.gui.pages.models.rename import RenameField
from inspector.gui.pages.models.replacing.view import ReplacingView
from inspector.gui.pages.models.table import Column
from inspector.gui.pages.models.trash import TrashView
from inspector.gui.pages.models.view import ModelView
from inspector.gui.pages.page import Page
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, Segments, action_button, label, row

ALL, MATRIX, TRASH = "all", "matrix", "trash"


class ModelsPage(Page):
    """Looks again in the background whenever models, scores or jobs have changed."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self.commands = ModelCommands(session, self)
        self._facts: tuple[ModelFacts, ...] = ()
        self._is_shown = False
        self._is_stale = True
        self._fitted_rows = 0
        self.view = ModelView()
        self.details = Details(session)
        self.trash = TrashView()
        self.replacing = ReplacingView(session)
        self.matrix = MatrixView(session)
        self.rename_field: RenameField | None = None
        self._assemble()
        self._connect()

    def activate(self) -> None:
        self._is_shown = True
        if self._is_stale:
            self.reload()

    def deactivate(self) -> None:
        self._is_shown = False

    def compare_models(self, old: int, new: int) -> None:
        """Shows what it would mean to replace one model by another."""
        project = self.session.project
        if project is None:
            return
        known = {m.model_id: m for m in (*project.models(), *project.trashed_models())}
        if old in known and new in known:
            self.replacing.show_pair(known[old], known[new])
            self._show()
            self.replacing.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def main_focus(self) -> QWidget:
        return self.replacing.grid if self.replacing.pair is not None else self.view

    def reload(self) -> None:
        """Reads all that the page shows anew."""
        project = self.session.project
        if project is None:
            return
        self._is_stale = False

        def work(task: Task) -> tuple[ModelFacts, ...]:
            with project.reopened() as own:
                return read_facts(own)

        def done(facts: tuple[ModelFacts, ...]) -> None:
            if project is self.session.project:
                self._facts = facts
                self._show()

        self.session.background.run(work, done, key="models.facts")

    def _assemble(self) -> None:
        self._title = label(self.tr("Models"), "title")
        self.shown = Segments(
            [
                (ALL, self.tr("All")),
                (MATRIX, self.tr("Methods")),
                (TRASH, self.tr("Trash")),
            ],
            self.tr("Which models"),
        )
        self._hint = label(
            self.tr(
                "Choose several with Ctrl or Shift to compare them. S sorts by the marked column."
            ),
            "muted",
        )
        self._buttons = [
            # The trash can says what it does: with words the row would be too wide.
            action_button(self.actions_table.action(f"models.{what}"), text=what != "trash")
            for what in ("activate", "evaluate", "export", "rename", "trash")
        ]
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self.view)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        self._empty = EmptyState(
            "models",
            "",
            "",
            [(self.tr("Train the first one"), lambda: self.session.page_wanted.emit("train"))],
        )
        self._loading = QWidget()
        self.stack = QStackedWidget()
        for widget in (
            self._loading,
            self._splitter,
            self._empty,
            self.trash,
            self.replacing,
            self.matrix,
        ):
            self.stack.addWidget(widget)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(row(self._title, self.shown, None, *self._buttons))
        self._layout.addWidget(self._hint)
        self._layout.addWidget(self.stack, 1)
        gap = em(self, 0.75)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(em(self, 0.5))

    def _connect(self) -> None:
        session, bind = self.session, self.actions_table.bind
        session.project_changed.connect(self._on_project)
        for signal in (
            session.models_changed,
            session.library.scores_changed,
            session.runs_changed,
            session.jobs.changed,
        ):
            signal.connect(self._mark_stale)
        session.scale.model_changed.connect(self._on_active)
        session.candidates.changed.connect(self._mark_stale)
        self.shown.chosen.connect(lambda value: self._leave_replacing())
        self.replacing.closed.connect(self._show)
        self.details.several.decision_wanted.connect(self.compare_models)
        self.view.chosen_changed.connect(self._on_chosen)
        self.view.doubleClicked.connect(lambda index: self._activate_row(index.row()))
        self.view.evaluate_wanted.connect(self._evaluate_id)
        self.trash.restore_wanted.connect(lambda model: self.commands.restore([model]))
        self.trash.remove_wanted.connect(self.commands.remove)
        bind("models.activate", self._return_pressed)
        bind("models.evaluate", self._evaluate)
        bind("models.export", self._export)
        bind("models.rename", self._rename)
        bind("models.trash", self._trash)
        # Several signals come with one change; one look is enough for all of them.
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(0)
        self._look.timeout.connect(self.reload)

    def _mark_stale(self) -> None:
        self._is_stale = True
        if self._is_shown:
            self._look.start()

    def _on_project(self) -> None:
        self._facts = ()
        self._is_stale = True
        self.replacing.pair = None
        self.stack.setCurrentWidget(self._loading)
        if self._is_shown:
            self._look.start()

    def _in_use(self) -> list[ModelFacts]:
        return [facts for facts in self._facts if facts.model.trashed is None]

    def _show(self) -> None:
        in_use = self._in_use()
        in_trash = [facts for facts in self._facts if facts.model.trashed is not None]
        self.shown.button_of(ALL).setText(self.tr("All ({n})").format(n=len(in_use)))
        self.shown.button_of(TRASH).setText(self.tr("Trash ({n})").format(n=len(in_trash)))
        self.shown.setVisible(bool(in_use or in_trash))
        is_trash = self.shown.value == TRASH
        active = self.session.scale.model
        busy = {facts.model.model_id: self.commands.busy_word(facts.model) for facts in in_use}
        self.view.show_rows(in_use, active.model_id if active else None, busy)
        self._fit_table()
        self.trash.show_models(in_trash)
        is_replacing = self.replacing.pair is not None
        has_table = bool(in_use) and self.shown.value == ALL and not is_replacing
        self._hint.setVisible(has_table and len(in_use) > 1)
        for made in self._buttons:
            made.setVisible(has_table)
        self._tell_empty(bool(in_trash))
        if is_replacing:
            self.stack.setCurrentWidget(self.replacing)
        elif is_trash:
            self.stack.setCurrentWidget(self.trash)
        elif self.shown.value == MATRIX and in_use:
            self.matrix.show_models(in_use)
            self.stack.setCurrentWidget(self.matrix)
        else:
            self.stack.setCurrentWidget(self._splitter if in_use else self._empty)

    def _leave_replacing(self) -> None:
        self.replacing.pair = None
        self._show()

    def _tell_empty(self, has_trash: bool) -> None:
        title, text = self.tr("No model yet"), self.tr("A model learns what good parts look like.")
        if has_trash:
            title = self.tr("All models are in the trash")
            text = self.tr("Restore one from the trash, or train another.")
        self._empty.set_texts(title, text)

    def _fit_table(self) -> None:
        """The table is as high as its rows, up to half of the room; then people may drag it."""
        count = len(self.view.table.rows)
        if count == self._fitted_rows:
            return
        self._fitted_rows = count
        rows = sum(self.view.rowHeight(row) for row in range(count))
        wanted = rows + self.view.horizontalHeader().height() + em(self, 1.0)
        room = max(self._splitter.height(), em(self, 20))
        top = min(wanted, room // 2)
        self._splitter.setSizes([top, room - top])

    def _on_active(self) -> None:
        active = self.session.scale.model
        self.view.table.set_active(active.model_id if active else None)

    def _on_chosen(self) -> None:
        self.details.show_models(self.view.chosen)

    def _return_pressed(self) -> None:
        """Return uses the model, but first serves what has the keyboard."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QAbstractButton) and self.isAncestorOf(focused):
            focused.click()
        elif focused is self.replacing.changed:
            self.replacing.changed.open_current()
        elif self.stack.currentWidget() is self._splitter and self.view.current is not None:
            self.commands.activate(self.view.current.model)

    def _activate_row(self, row_index: int) -> None:
        if 0 <= row_index < len(self.view.table.rows):
            self.commands.activate(self.view.table.rows[row_index].model)

    def _evaluate(self) -> None:
        if self.stack.currentWidget() is self._splitter:
            for facts in self.view.chosen:
                self.commands.evaluate(facts)

    def _export(self) -> None:
        chosen = self.view.chosen
        facts = chosen[0] if len(chosen) == 1 else self.view.current
        if facts is not None and self.stack.currentWidget() is self._splitter:
            export_model(self.session, facts, self)

    def _evaluate_id(self, model_id: int) -> None:
        for facts in self._in_use():
            if facts.model.model_id == model_id:
                self.commands.evaluate(facts)

    def _trash(self) -> None:
        if self.stack.currentWidget() is self._splitter:
            self.commands.trash([facts.model for facts in self.view.chosen])

    def _rename(self) -> None:
        facts = self.view.current
        if facts is None or self.stack.currentWidget() is not self._splitter:
            return
        self.view.choose([facts.model.model_id])
        index = self.view.table.index(self.view.currentIndex().row(), Column.NAME)
        model = facts.model
        field = RenameField(
            self.view.viewport(), model.name, lambda name: self.commands.rename(model, name)
        )
        field.ended.connect(self._renamed)
        self.rename_field = field
        field.open(self.view.visualRect(index))

    def _renamed(self) -> None:
        self.rename_field = None
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
