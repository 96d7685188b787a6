"""Space plays the morph, but a button that has the keyboard keeps it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox


def keeps_space(event: QEvent) -> bool:
    """Whether an event asks to take Space from a button that it would press; then it is refused."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    focused = QApplication.focusWidget()
    if event.key() != Qt.Key.Key_Space or not isinstance(focused, QAbstractButton | QComboBox):
        return False
    event.accept()
    return True
