"""The Annotate page's other tools: polygon, rectangle, fill, heat map, snapping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.core import brushes
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.project.project import Project

from .hand import assert_stored, drag, mask_of, message, press

Key, Button = Qt.Key, Qt.MouseButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_polygon(page: AnnotatePage, folder: Path, window: MainWindow) -> None:
    press(page, Key.Key_P)
    corners = [drag(page, point)[0] for point in ((10, 10), (50, 12), (30, 50), (60, 60))]
    press(page, Key.Key_Backspace)
    assert page.polygon_tool.corners == corners[:3]
    press(page, Key.Key_Return)
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_polygon(wanted, corners[:3], True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert not page.polygon_tool.is_busy
    drag(page, (1, 1))
    press(page, Key.Key_Escape)
    assert not page.polygon_tool.is_busy
    for point in ((10, 10), (50, 12), (30, 50)):
        drag(page, point, button=Button.RightButton)
    drag(page, (10, 10))  # closed on its first corner
    assert not mask_of(page).any()
    assert_stored(page, folder)


def test_a_polygon_with_two_points_paints_nothing_and_says_so(
    page: AnnotatePage, window: MainWindow, folder: Path
) -> None:
    press(page, Key.Key_P)
    drag(page, (10, 10))
    drag(page, (50, 50))
    press(page, Key.Key_Return)
    assert "at least three points" in message(window)
    assert "at least three points" in page.parts.options.hint.text()
    assert not mask_of(page).any()
    assert page.painting.image_id is not None
    with Project.open(folder) as project:
        assert project.stroke_counts(page.painting.image_id) == (0, 0)
    drag(page, (10, 50))  # it can still be finished
    press(page, Key.Key_Return)
    assert mask_of(page).any()


def test_rectangle_and_fill(page: AnnotatePage, folder: Path) -> None:
    press(page, Key.Key_R)
    corners = drag(page, (40, 30), (12, 20))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_rectangle(wanted, corners[0], corners[1], True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    press(page, Key.Key_F)
    page.parts.options.tolerance.setValue(30)
    (seed,) = drag(page, (32, 32))
    pixels = page.easel.pixels
    assert pixels is not None
    box, region = brushes.flood_region(pixels, seed, 30)
    brushes.paint_region(wanted, box, region, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)


def test_invert_and_clear_can_be_undone(page: AnnotatePage, folder: Path) -> None:
    drag(page, (20, 20), (40, 40))
    before = mask_of(page)
    press(page, Key.Key_I)
    np.testing.assert_array_equal(mask_of(page), ~before)
    press(page, Key.Key_Delete)
    assert not mask_of(page).any()
    assert_stored(page, folder)
    press(page, Key.Key_Z, CONTROL)
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), before)
    assert_stored(page, folder)


def hot_map() -> NDArray[np.float32]:
    y, x = np.mgrid[0:16, 0:16].astype(np.float32)
    heat: NDArray[np.float32] = np.exp(-((x - 4) ** 2 + (y - 10) ** 2) / 8).astype(np.float32)
    return heat


def test_growing_from_the_heat_map(page: AnnotatePage, folder: Path) -> None:
    look = page.easel.look
    assert look is not None
    page.stage._show(replace(look, anomaly_map=hot_map()))
    press(page, Key.Key_H)
    page.parts.options.share.setValue(20)
    small = mask_of(page)
    page.parts.options.share.setValue(70)
    large = mask_of(page)
    assert small[42, 18]
    assert large[small].all()
    assert large.sum() > small.sum()
    with Project.open(folder) as project:
        assert project.annotated_image_ids() == frozenset()  # it is only shown so far
    press(page, Key.Key_Return)
    assert_stored(page, folder)
    drag(page, (18, 42))
    press(page, Key.Key_Escape)
    np.testing.assert_array_equal(mask_of(page), large)
    press(page, Key.Key_Z, CONTROL)
    assert not mask_of(page).any()
    press(page, Key.Key_B)
    press(page, Key.Key_H)
    assert mask_of(page).any()
    press(page, Key.Key_B)  # it was only proposed: going on does not paint it
    assert not mask_of(page).any()
    press(page, Key.Key_H)
    page.parts.options.share.setValue(40)
    grown = mask_of(page)
    press(page, Key.Key_B)  # it was wanted: what is seen is kept
    np.testing.assert_array_equal(mask_of(page), grown)
    assert grown.any()
    assert_stored(page, folder)


def test_without_a_score_the_heat_tool_says_why(page: AnnotatePage, window: MainWindow) -> None:
    press(page, Key.Key_H)
    assert "no heat map" in page.parts.options.hint.text()
    assert not page.parts.options.share.isEnabled()
    assert not page.painting.drafts


def test_snapping_changes_the_mask_in_the_background(
    page: AnnotatePage, folder: Path, qtbot: QtBot
) -> None:
    press(page, Key.Key_G)
    assert "nothing to snap" in page.parts.options.hint.text()
    page.parts.options.set_size(20)
    drag(page, (30, 30), (40, 34))
    rough = mask_of(page)
    with qtbot.waitSignal(page.snapper.ended):
        press(page, Key.Key_G)
        assert page.parts.options.stop.isVisible()
    assert page.window().width() == 1280
    assert not page.parts.options.stop.isVisible()
    assert (mask_of(page) != rough).any()
    assert_stored(page, folder)
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), rough)


def test_snapping_can_be_cancelled_and_gives_way_to_a_stroke(
    page: AnnotatePage, session: Session, folder: Path, qtbot: QtBot
) -> None:
    page.parts.options.set_size(20)
    drag(page, (30, 30), (40, 34))
    rough = mask_of(page)
    press(page, Key.Key_G)
    assert page.snapper.is_busy
    press(page, Key.Key_Escape)
    assert not page.snapper.is_busy
    press(page, Key.Key_G)
    points = drag(page, (5, 5))
    assert not page.snapper.is_busy
    qtbot.waitUntil(lambda: not session.background._alive)
    wanted = rough.copy()
    brushes.paint_stroke(wanted, points, 10.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)
