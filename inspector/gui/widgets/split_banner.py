"""Says that a long-tailed split is in force, and takes it off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from inspector.gui.theme import em
from inspector.gui.training_split import TrainingSplit, kept_text, split_title
from inspector.gui.widgets.basics import IconLabel, button, label, row


class SplitBanner(QFrame):
    """Hidden while new trainings learn from all normal images."""

    def __init__(self, in_force: TrainingSplit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._in_force = in_force
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Long-tailed split"))
        self._icon = IconLabel("long-tail", "accent", 1.1)
        self.text = label("", wrap=True)
        self.problem = label("", "error", wrap=True)
        self.off = button(self.tr("Take off"))
        self.off.setToolTip(self.tr("New trainings learn from all normal images again"))
        self.off.clicked.connect(in_force.take_off)
        title = row(self._icon, label(self.tr("Long-tailed split"), "section"), None, spacing=0.35)
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.2))
        for widget in (title, self.text, self.problem):
            layout.addWidget(widget)
        layout.addWidget(self.off, 0, Qt.AlignmentFlag.AlignLeft)
        in_force.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        in_force = self._in_force
        split = in_force.split
        self.text.setText(f"{split_title(split)}\n{kept_text(split)}" if split is not None else "")
        self.text.setVisible(split is not None)
        self.problem.setText(in_force.problem)
        self.problem.setVisible(bool(in_force.problem))
        self._icon.set_icon(
            "warning" if in_force.problem else "long-tail",
            "unsure" if in_force.problem else "accent",
        )
        self.setVisible(bool(in_force.name))
