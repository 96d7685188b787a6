"""Pictures for the canvas, what a hand does on it, and what is seen there."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from inspector.core.viewport import Viewport
from inspector.gui.canvas.image_view import ImageView


def image(height: int = 300, width: int = 400) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = 200
    pixels[: height // 2, : width // 2] = (0, 0, 250)
    return pixels


def hot_map(shape: tuple[int, int] = (30, 40)) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """0 everywhere but for a plateau of 2 in the rightmost quarter."""
    hot = np.zeros(shape, np.float32)
    hot[:, -shape[1] // 4 :] = 2.0
    return hot


def place_of(view: ImageView) -> Viewport:
    assert view.place is not None
    return view.place


def wheel(view: ImageView, at: QPointF, notches: float) -> None:
    target = view.viewport()
    event = QWheelEvent(
        at,
        QPointF(target.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def colour_at(view: ImageView, x: int, y: int) -> tuple[int, int, int]:
    found = view.viewport().grab().toImage().pixelColor(x, y)
    return found.red(), found.green(), found.blue()


def drag(view: ImageView, button: Qt.MouseButton, start: QPoint, end: QPoint) -> None:
    target = view.viewport()
    QTest.mousePress(target, button, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(target, (start + end) / 2)
    QTest.mouseMove(target, end)
    QTest.mouseRelease(target, button, Qt.KeyboardModifier.NoModifier, end)
