"""A mark as icon and word, as a line in a panel or as a plate on the image."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout

from inspector.gui.pages.review.words import Mark
from inspector.gui.theme import em, theme_of
from inspector.gui.widgets.basics import IconLabel, label


class Badge(QFrame):
    """Shows a mark; `note` follows in plain text.

    Args:
        size: Of the icon, in em.
        plate: Whether it has a ground of its own, to be read on any image.
    """

    def __init__(self, size: float = 1.0, *, plate: bool = False) -> None:
        super().__init__()
        self._colour = "text"
        self._icon = IconLabel("check", "text", size)
        self.word = label("", "headline")
        self.note = label("", "muted")
        layout = QHBoxLayout(self)
        gap = em(self, 0.35)
        layout.setContentsMargins(*((gap, gap // 2, gap, gap // 2) if plate else (0, 0, 0, 0)))
        layout.setSpacing(gap)
        for widget in (self._icon, self.word, self.note):
            layout.addWidget(widget)
        layout.addStretch(1)
        if plate:
            self.setProperty("role", "card")
        self.note.hide()

    def show_mark(self, mark: Mark, note: str = "") -> None:
        """Shows another mark."""
        self._colour = mark.colour
        self._icon.set_icon(mark.icon, mark.colour)
        self.word.setText(mark.word)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.setAccessibleName(f"{mark.word} {note}".strip())
        self._paint_word()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_word()

    def _paint_word(self) -> None:
        self.word.ensurePolished()  # else the style sheet takes the colour back later
        theme = theme_of()
        palette = QPalette(self.word.palette())
        palette.setColor(QPalette.ColorRole.WindowText, QColor(getattr(theme, self._colour)))
        self.word.setPalette(palette)
