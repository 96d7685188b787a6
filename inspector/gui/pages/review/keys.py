"""Arrows go through the queue, but a slider that has the keyboard keeps them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSlider, QApplication

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


def keeps_arrows(event: QEvent) -> bool:
    """Whether an event asks to take an arrow from a slider; then it is refused."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.key() not in _ARROWS or not isinstance(QApplication.focusWidget(), QAbstractSlider):
        return False
    event.accept()
    return True
