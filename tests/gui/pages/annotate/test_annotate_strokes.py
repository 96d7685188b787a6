"""Strokes on the Annotate page under a real mouse: exact pixels, the brush and its size, undo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core import brushes
from inspector.gui.pages.annotate.page import AnnotatePage

from .hand import assert_stored, at, drag, mask_of, press, ready

Key, Button = Qt.Key, Qt.MouseButton
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def test_a_stroke_is_exact_and_on_the_disk_at_once(page: AnnotatePage, folder: Path) -> None:
    points = drag(page, (10, 10), (30, 14), (31, 40))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_stroke(wanted, points, 3.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)
    assert [one.name for one in page.painting.types] == ["Defect"]
    assert page.parts.painted.area.text().startswith(str(int(wanted.sum())))


@pytest.mark.parametrize("zoom", [1.0, 5.0, 23.0])
def test_a_stroke_is_exact_at_any_zoom(page: AnnotatePage, zoom: float) -> None:
    page.parts.view.zoom_to(zoom)
    points = drag(page, (30.2, 31), (33.7, 32.1))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_stroke(wanted, points, 3.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)


def test_eraser_right_button_and_alt(page: AnnotatePage, folder: Path) -> None:
    drag(page, (10, 30), (50, 30))
    full = mask_of(page)
    press(page, Key.Key_E)
    erased = drag(page, (30, 25), (30, 35))
    wanted = full.copy()
    brushes.paint_stroke(wanted, erased, 3.0, False)
    np.testing.assert_array_equal(mask_of(page), wanted)
    drag(page, (30, 25), (30, 35), button=Button.RightButton)  # inverted, the eraser paints
    assert mask_of(page)[30, 30]
    press(page, Key.Key_B)
    drag(page, (20, 30), button=Button.RightButton)
    assert not mask_of(page)[30, 20]
    drag(page, (40, 30), held=Qt.KeyboardModifier.AltModifier)
    assert not mask_of(page)[30, 40]
    assert_stored(page, folder)


def test_undo_and_redo_go_through_every_stroke_and_across_images(
    page: AnnotatePage, folder: Path, qtbot: QtBot
) -> None:
    first = ready(page, qtbot)
    states = []
    for x in (10, 20, 30):
        drag(page, (x, x), (x + 8, x))
        states.append(mask_of(page))
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[1])
    press(page, Key.Key_Right)
    assert ready(page, qtbot) != first
    press(page, Key.Key_Left)
    assert ready(page, qtbot) == first
    np.testing.assert_array_equal(mask_of(page), states[1])
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[0])
    press(page, Key.Key_Y, CONTROL)
    press(page, Key.Key_Y, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[2])
    for _ in range(4):
        press(page, Key.Key_Z, CONTROL)
    assert not mask_of(page).any()
    assert "no stroke to undo" in page.parts.options.hint.text()
    assert_stored(page, folder)


def test_escape_takes_back_a_stroke_under_way(page: AnnotatePage, folder: Path) -> None:
    drag(page, (10, 10))
    before = mask_of(page)
    drag(page, (30, 30), (50, 50), release=False)
    assert mask_of(page).sum() > before.sum()
    press(page, Key.Key_Escape)
    QTest.mouseRelease(page.parts.view.viewport(), Button.LeftButton, NONE, at(page, 50, 50))
    np.testing.assert_array_equal(mask_of(page), before)
    assert_stored(page, folder)


def test_size_by_keys_and_wheel_and_the_smallest_brush_paints_one_pixel(
    page: AnnotatePage,
) -> None:
    press(page, Key.Key_BracketRight)
    assert page.parts.options.pixels.value() == 7
    press(page, Key.Key_BracketLeft)
    press(page, Key.Key_BracketLeft)
    assert page.parts.options.pixels.value() == 5
    scale = page.parts.view.place
    turn(page, -1)
    assert page.parts.options.pixels.value() == 4
    assert page.parts.view.place == scale
    for _ in range(9):
        turn(page, -1)
    assert page.parts.options.pixels.value() == 1
    drag(page, (20.9, 20.9))
    assert mask_of(page).sum() == 1
    assert mask_of(page)[20, 20]


def turn(page: AnnotatePage, steps: int) -> None:
    view = page.parts.view
    position = QPointF(at(page, 30, 30))
    event = QWheelEvent(
        position,
        QPointF(view.viewport().mapToGlobal(position)),
        QPoint(),
        QPoint(0, 120 * steps),
        Button.NoButton,
        CONTROL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_the_circle_lies_where_and_as_large_as_the_brush_paints(page: AnnotatePage) -> None:
    view = page.parts.view
    spot = at(page, 33, 21)
    # Not by the pointer of the platform: a window that another test left may lie over this one.
    place = QPointF(spot)
    over = view.viewport().mapToGlobal(place)
    kind = QEvent.Type.MouseMove
    event = QMouseEvent(kind, place, over, Button.NoButton, Button.NoButton, NONE)
    QApplication.sendEvent(view.viewport(), event)
    assert view._circle.isVisible()
    x, y = view.to_image(QPointF(spot))
    assert (view._circle.pos().x(), view._circle.pos().y()) == (x, y)
    assert view._circle._diameter == 6
    press(page, Key.Key_R)
    assert not view._circle.isVisible()
