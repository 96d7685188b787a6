"""What will happen, for a project in which nothing was trained yet."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, card, column, label, row


class FirstSteps(QWidget):
    """Three short steps."""

    def __init__(self) -> None:
        super().__init__()
        steps = (
            (
                "image",
                self.tr("1. Look"),
                self.tr(
                    "A ready-made network looks at every normal training image once. "
                    "What it sees is kept for later trainings."
                ),
            ),
            (
                "train",
                self.tr("2. Learn"),
                self.tr(
                    "The model learns what normal parts look like. Some normal images are held "
                    "out in turn, so that its scores are judged on images it has never seen."
                ),
            ),
            (
                "alignment",
                self.tr("3. Align"),
                self.tr(
                    "The scores of all classes are brought onto one scale with one threshold. "
                    "Then all images are scored, and you can review them."
                ),
            ),
        )
        layout = QVBoxLayout(self)
        layout.setSpacing(em(self, 0.7))
        layout.addStretch(2)
        layout.addWidget(label(self.tr("What a training does"), "title"))
        for icon, title, text in steps:
            picture = IconLabel(icon, "accent", 1.8)
            words = column(label(title, "headline"), label(text, "muted", wrap=True), spacing=0.15)
            line = row(picture, words, spacing=0.9)
            inner = line.layout()
            assert inner is not None
            inner.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(card(line))
        layout.addWidget(
            label(
                self.tr("You can watch it here, stop it early, or let it run and work elsewhere."),
                "muted",
                wrap=True,
            )
        )
        layout.addStretch(3)
