"""The trash: models that can be restored or deleted for good."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.gui.pages.models import words
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, button, card, column, label, row
from inspector.project.models import ModelRow


class TrashView(QScrollArea):
    """One card for each model in the trash."""

    restore_wanted = Signal(object)  # ModelRow
    remove_wanted = Signal(object)  # ModelRow

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Trash"))
        self.entries: list[TrashEntry] = []

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows what is in the trash."""
        before = self.takeWidget()
        if before is not None:
            before.deleteLater()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, em(self, 0.3), 0)
        layout.setSpacing(em(self, 0.5))
        self.entries = [TrashEntry(facts) for facts in models]
        for entry in self.entries:
            entry.restore_wanted.connect(self.restore_wanted)
            entry.remove_wanted.connect(self.remove_wanted)
            layout.addWidget(entry)
        if not models:
            layout.addWidget(
                EmptyState(
                    "trash",
                    self.tr("The trash is empty"),
                    self.tr("Models that you delete wait here until you delete them for good."),
                )
            )
        else:
            layout.addStretch(1)
        self.setWidget(content)


class TrashEntry(QWidget):
    """One model in the trash. Deleting for good asks first, right here."""

    restore_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, facts: ModelFacts) -> None:
        super().__init__()
        model: ModelRow = facts.model
        self._name = model.name
        self.restore = button(self.tr("Restore"), icon_name="restore")
        self.restore.setAccessibleName(self.tr("Restore {name}").format(name=model.name))
        self.remove = button(self.tr("Delete for good…"), "danger", "trash")
        self.remove.setAccessibleName(self.tr("Delete {name} for good").format(name=model.name))
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(model))
        self.remove.clicked.connect(self._ask)
        day, time = words.moment(model.trashed or "")
        facts_line = self.tr("{method} · in the trash since {day} {time} · {size}").format(
            method=facts.method_title, day=day, time=time, size=words.size(facts.size)
        )
        name = label(model.name, "headline", wrap=True)
        texts = column(name, label(facts_line, "muted", wrap=True), spacing=0.15)
        self.question, self.confirm, self.keep = self._question(facts)
        self.confirm.clicked.connect(lambda: self._remove(model))
        self.keep.clicked.connect(self._never_mind)
        line = row(texts, self.restore, self.remove)
        box = line.layout()
        assert isinstance(box, QHBoxLayout)
        box.setStretch(0, 1)
        box.setAlignment(self.restore, Qt.AlignmentFlag.AlignTop)
        box.setAlignment(self.remove, Qt.AlignmentFlag.AlignTop)
        frame: QFrame = card(line, self.question)
        self.question.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frame)

    def _question(self, facts: ModelFacts) -> tuple[QWidget, QPushButton, QPushButton]:
        text = label(
            self.tr(
                "This deletes the model's folder ({size}) and its scores ({images}). "
                "It cannot be undone. Verdicts given with it stay."
            ).format(size=words.size(facts.size), images=words.images(facts.n_scored)),
            wrap=True,
        )
        confirm = button(self.tr("Delete for good"), "danger", "trash")
        keep = button(self.tr("Keep"))
        return column(text, row(None, keep, confirm)), confirm, keep

    def _ask(self) -> None:
        self.remove.hide()
        self.question.show()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)  # the harmless answer

    def _never_mind(self) -> None:
        self.question.hide()
        self.remove.show()
        self.remove.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, model: ModelRow) -> None:
        self.confirm.setEnabled(False)
        self.restore.setEnabled(False)
        self.remove_wanted.emit(model)
