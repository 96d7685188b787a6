"""The kinds of defect to choose from: a digit chooses, typing adds one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label

_SHOWN = 9


class KindChooser(QFrame):
    """A small popup; digits, Enter, Esc and the mouse all work."""

    chosen = Signal(str)  # the kind; empty for none

    def __init__(self, parent: QWidget, kinds: Sequence[str], present: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        self.kinds = list(kinds)
        self.field = QLineEdit(present)
        self.field.setPlaceholderText(self.tr("Another kind, then Enter"))
        self.field.setAccessibleName(self.tr("Kind of defect"))
        self.field.returnPressed.connect(lambda: self._choose(self.field.text().strip()))
        layout = QVBoxLayout(self)
        gap = em(self, 0.6)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.25))
        layout.addWidget(label(self.tr("Kind of defect"), "headline"))
        for index, kind in enumerate(self.kinds[:_SHOWN]):
            made = button(f"{index + 1}   {kind}", "plain")
            made.setStyleSheet("text-align: left;")
            made.clicked.connect(lambda checked=False, kind=kind: self._choose(kind))
            layout.addWidget(made)
        made = button(self.tr("0   No kind"), "plain")
        made.setStyleSheet("text-align: left;")
        made.clicked.connect(lambda: self._choose(""))
        layout.addWidget(made)
        layout.addWidget(self.field)
        self.setMinimumWidth(em(self, 14))

    def open_above(self, anchor: QWidget) -> None:
        """Shows it above a widget with the keyboard on it, so that digits choose."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(0, 0))
        self.move(corner.x(), max(corner.y() - self.height() - em(self, 0.2), 0))
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif text.isdecimal() and text.isascii() and int(text) <= min(len(self.kinds), _SHOWN):
            self._choose(self.kinds[int(text) - 1] if int(text) else "")
        elif text.strip() and text.isprintable():
            self.field.setFocus()
            self.field.setText(text)
        else:
            super().keyPressEvent(event)

    def _choose(self, kind: str) -> None:
        self.close()
        self.chosen.emit(kind)
