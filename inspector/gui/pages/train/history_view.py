"""Runs of the past: a table, and below it curves, log and outcome of those that are chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.background import Task
from inspector.gui.pages.train.run_body import FollowedRun, RunBody, follow
from inspector.gui.pages.train.run_table import (
    RunTable,
    history_row,
    is_only_prepared,
    outcome_of,
    specifics,
)
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, button, column, label, row
from inspector.project.runs import RunRow, RunState
from inspector.project.work import TRAIN

_MOST_CURVES = 6


class HistoryView(QWidget):
    """Choosing one run shows it whole; choosing several lays their curves over each other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.model = RunTable(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(em(self, 1.7))
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.table.setStyleSheet(f"QTableView::item {{ padding: 0 {em(self, 0.2)}px; }}")
        header.setMinimumSectionSize(em(self, 2))
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.selectionModel().selectionChanged.connect(self._on_chosen)
        self.all_kinds = QCheckBox(self.tr("Also scoring and evaluation"))
        self.all_kinds.toggled.connect(self.refresh)
        self.outcome = label("", wrap=True, selectable=True)
        self.resume = button(self.tr("Resume"), "primary", "resume")
        self.resume.clicked.connect(self._on_resume)
        self.body = RunBody()
        self._hint = EmptyState(
            "history",
            self.tr("Choose a run"),
            self.tr("Choose several with Ctrl to compare their curves."),
        )
        self._assemble()
        session.runs_changed.connect(self.refresh)
        session.models_changed.connect(self.refresh)
        session.jobs.changed.connect(self.refresh)
        self.refresh()

    def _assemble(self) -> None:
        about = row(self.outcome, None, self.resume)
        self._detail = QStackedWidget()
        self._detail.addWidget(self._hint)
        self._detail.addWidget(column(about, self.body))
        self.outcome.setMinimumWidth(em(self, 18))
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.table)
        splitter.addWidget(self._detail)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 3)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(em(self, 0.5))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.4))
        layout.addWidget(row(None, self.all_kinds))
        layout.addWidget(splitter, 1)

    def refresh(self) -> None:
        """Reads the runs anew."""
        project = self._session.project
        runs = project.runs() if project else ()
        models = [*project.models(), *project.trashed_models()] if project else []
        names = {model.run_id: model.name for model in models}
        wanted = self.all_kinds.isChecked()
        self.model.set_rows(
            [
                history_row(run, names.get(run.run_id, "") if run.kind == TRAIN else "")
                for run in reversed(runs)
                if wanted or run.kind == TRAIN
            ]
        )
        self._on_chosen()

    @property
    def chosen(self) -> list[RunRow]:
        """The runs that are chosen, as the table has them from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.rows[place].run for place in rows]

    def choose(self, run_id: int) -> None:
        """Chooses one run."""
        for place, shown in enumerate(self.model.rows):
            if shown.run.run_id == run_id:
                self.table.selectRow(place)

    def _on_chosen(self) -> None:
        runs = self.chosen
        self._detail.setCurrentIndex(1 if runs else 0)
        if not runs:
            return
        self._tell(runs)
        shown = [followed.run for followed in self.body.runs]
        if shown != runs:
            self._replay(runs)

    def _tell(self, runs: list[RunRow]) -> None:
        self.resume.setVisible(False)
        if len(runs) > 1:
            text = self.tr("{count} runs, their curves over each other.")
            if len(runs) > _MOST_CURVES:
                text = self.tr("{count} runs; the curves of the first {most} are shown.")
            self.outcome.setText(text.format(count=len(runs), most=_MOST_CURVES))
            return
        run = runs[0]
        outcome = outcome_of(run)
        said = f"{outcome.message} {outcome.hint}".strip()
        number = self.tr("Run {number}.").format(number=run.run_id)
        if is_only_prepared(run):
            said = self.tr("It is prepared and has not begun yet. Resume begins it here.")
        elif run.state is RunState.LOST:
            said = said or self.tr(
                "The worker ended before it was done. It can go on from its last checkpoint."
            )
        self.outcome.setText(f"{number} {said or specifics(run)}")
        can_resume = run.kind == TRAIN and run.state in (RunState.LOST, RunState.FAILED)
        waits = any(
            job.run and job.run.run_id == run.run_id
            for job in self._session.jobs.jobs
            if not job.state.is_over
        )
        self.resume.setVisible(can_resume)
        self.resume.setEnabled(not waits)

    def _replay(self, runs: list[RunRow]) -> None:
        def work(task: Task) -> list[FollowedRun]:
            return [follow(run) for run in runs[:_MOST_CURVES]]

        def done(followed: list[FollowedRun]) -> None:
            self.body.show_runs(followed, is_live=False)

        self._session.background.run(work, done, key="train.history")

    def _on_resume(self) -> None:
        chosen = self.chosen
        if len(chosen) == 1:
            self._session.resume(chosen[0].run_id)
