"""Renaming in place: an input on the model's row, what is wrong with the name right below it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label


class RenameField(QFrame):
    """Floats over a table. Return keeps the name, Esc the old one.

    Args:
        parent: What it floats over.
        name: The present name.
        keep: Gives the new name; raises InspectorError where it is not valid.
    """

    ended = Signal()

    def __init__(self, parent: QWidget, name: str, keep: Callable[[str], object]) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("role", "card")
        self._keep = keep
        self._before = name
        self._is_over = False
        self.input = QLineEdit(name)
        self.input.setAccessibleName(self.tr("New name of the model"))
        self.input.installEventFilter(self)
        self.message = label("", "error", wrap=True)
        self.message.hide()
        layout = QVBoxLayout(self)
        gap = em(self, 0.25)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        layout.addWidget(self.input)
        layout.addWidget(self.message)

    def open(self, row: QRect) -> None:
        """Shows itself over a rectangle of the parent, the name chosen."""
        self._place = row
        self._fit()
        self.show()
        self.raise_()
        self.input.selectAll()
        self.input.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        match event:
            case QKeyEvent() if event.key() in _KEYS:
                if event.type() is QEvent.Type.ShortcutOverride:
                    event.accept()  # these keys are for the input, not for the page's actions
                elif event.type() is QEvent.Type.KeyPress:
                    if event.key() == Qt.Key.Key_Escape:
                        self._end()
                    else:
                        self._finish()
                    return True
            case _ if event.type() is QEvent.Type.FocusOut and self.isVisible():
                self._finish(stay=False)
        return False

    def _finish(self, *, stay: bool = True) -> None:
        """Keeps the name; where it is not valid says so, or gives up if it cannot stay open."""
        name = self.input.text().strip()
        if self._is_over or name == self._before:
            self._end()
            return
        try:
            self._keep(name)
        except InspectorError as error:
            if stay:
                self._say(f"{error.message} {error.hint}")
            else:
                self._end()
            return
        self._end()

    def _say(self, text: str) -> None:
        self.input.setProperty("invalid", "true")
        self.input.style().unpolish(self.input)
        self.input.style().polish(self.input)
        self.message.setText(text)
        self.message.show()
        self._fit()

    def _fit(self) -> None:
        width = max(self._place.width(), em(self, 18))
        layout = self.layout()
        assert layout is not None
        height = max(layout.totalHeightForWidth(width), layout.sizeHint().height())
        top = min(self._place.y(), self._over.height() - height)
        self.setGeometry(self._place.x(), max(top, 0), width, height)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self.hide()
            self.ended.emit()
            self.deleteLater()


_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
