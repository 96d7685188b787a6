"""What a mask looks like on the screen, at any zoom, and that a dab repaints only its own place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.brushes import Box, paint_rectangle, paint_stroke
from inspector.gui.canvas.image_view import ImageView
from inspector.gui.canvas.mask_layer import (
    CASING,
    FILL,
    OUTLINE,
    PATTERN,
    MaskLayer,
    colour_codes,
    is_bright,
    pattern_tile,
)
from inspector.gui.canvas.pictures import pixels_of
from inspector.project.defect_types import COLOURS, PATTERNS

Mask = NDArray[np.bool_]
exact = settings(derandomize=True, deadline=None, max_examples=40)


def layer(mask: Mask, pattern: str = "solid") -> MaskLayer:
    made = MaskLayer("#d55e00", pattern, 0.6)
    made.set_mask(mask)
    return made


def seen(made: MaskLayer, area: Box, scale: float, offset: tuple[float, float] = (0, 0)) -> Mask:
    """Which pixels of an area of the screen are painted; the casing is not."""
    part, codes = made.codes(area, scale, offset)
    shown = np.zeros((area.bottom - area.top, area.right - area.left), np.bool_)
    place = Box(
        part.left - area.left,
        part.top - area.top,
        part.right - area.left,
        part.bottom - area.top,
    )
    shown[place.slices] = (codes > 0) & (codes != CASING)
    return shown


@exact
@given(st.integers(0, 99), st.integers(1, 6), st.integers(-9, 9), st.integers(-9, 9))
def test_enlarged_every_pixel_of_the_screen_shows_the_one_below(
    seed: int, scale: int, x: int, y: int
) -> None:
    mask = np.random.default_rng(seed).random((13, 17)) < 0.4
    area = Box(-3, 2, 60, 50)
    shown = seen(layer(mask), area, float(scale), (x, y))
    for row in range(area.top, area.bottom):
        for column in range(area.left, area.right):
            across, down = (column - x) // scale, (row - y) // scale
            inside = 0 <= across < 17 and 0 <= down < 13
            wanted = bool(inside and mask[down, across])
            assert shown[row - area.top, column - area.left] == wanted


@pytest.mark.parametrize("scale", [0.9, 0.5, 0.31, 0.07])
@pytest.mark.parametrize("side", [257, 400])
def test_shown_small_a_thin_scratch_does_not_vanish(scale: float, side: int) -> None:
    for at in range(0, side, 37):
        mask = np.zeros((side, side), np.bool_)
        mask[:, at] = True
        size = int(side * scale)
        shown = seen(layer(mask), Box(0, 0, size, size), scale)
        assert shown.any(axis=1).all()
        mask = np.zeros((side, side), np.bool_)
        mask[at, at] = True
        assert seen(layer(mask), Box(0, 0, size + 1, size + 1), scale).any()


@exact
@given(
    st.lists(st.tuples(st.integers(-20, 120), st.integers(-20, 120)), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([0.1, 0.4, 1.0, 3.0]),
)
def test_after_dabs_it_is_as_if_it_were_made_anew(
    points: list[tuple[int, int]], erase: bool, scale: float
) -> None:
    mask = np.zeros((90, 101), np.bool_)
    mask[::7] = erase
    kept = layer(mask)
    for x, y in points:
        kept.touched(paint_stroke(mask, [(x, y)], 9.3, not erase))
    area = Box(0, 0, int(101 * scale), int(90 * scale))
    np.testing.assert_array_equal(seen(kept, area, scale), seen(layer(mask), area, scale))


def test_outline_inside_casing_outside_and_a_part_is_as_in_the_whole() -> None:
    mask = np.zeros((40, 40), np.bool_)
    paint_rectangle(mask, (10, 10), (30, 30), True)
    made = layer(mask, "cross")
    part, codes = made.codes(Box(0, 0, 40, 40), 1.0, (0, 0))
    whole = np.zeros((40, 40), np.uint8)
    whole[part.slices] = codes
    assert (whole[10:12, 10:30] == OUTLINE).all()
    assert (whole[9, 9:31] == CASING).all()
    assert set(np.unique(whole[12:28, 12:28])) == {FILL, PATTERN}
    assert not whole[:9].any()
    part, codes = made.codes(Box(5, 8, 23, 21), 1.0, (0, 0))
    again = np.zeros((40, 40), np.uint8)
    again[part.slices] = codes
    np.testing.assert_array_equal(again[8:21, 5:23], whole[8:21, 5:23])


def test_patterns_differ_and_outlines_stay_when_nothing_covers() -> None:
    tiles = {pattern: pattern_tile(pattern, 12).tobytes() for pattern in PATTERNS}
    assert len(set(tiles.values())) == len(PATTERNS)
    for colour in COLOURS:
        for pattern in PATTERNS:
            table = colour_codes(colour, pattern, 0.0)
            alphas = (table >> 24).tolist()
            assert alphas[FILL] == alphas[PATTERN] == 0
            assert alphas[OUTLINE] == 255
            assert alphas[CASING] > 150
    assert is_bright(QColor("#f0e442"))
    assert not is_bright(QColor("#0072b2"))


def test_on_the_canvas_a_dab_repaints_its_own_place_only(
    qtbot: QtBot, themed: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(404, 304)
    view.show()
    qtbot.waitExposed(view)
    view.set_image(np.full((600, 800, 3), 128, np.uint8))
    mask = np.zeros((600, 800), np.bool_)
    made = MaskLayer("#d55e00", "solid", 1.0)
    view.add_layer(made, 4)
    made.set_mask(mask)
    painted: list[Box] = []
    codes = MaskLayer.codes

    def watched(self: MaskLayer, area: Box, *more: object) -> object:
        painted.append(area)
        return codes(self, area, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(MaskLayer, "codes", watched)
    box = paint_stroke(mask, [(400.0, 300.0)], 20.0, True)

    def is_small() -> bool:
        """Whether nothing but the dab was painted; what was due before it may come in between."""
        if painted and all(max(a.right - a.left, a.bottom - a.top) <= 40 for a in painted):
            return True
        painted.clear()
        made.touched(box)
        return False

    qtbot.waitUntil(is_small)
    picture = pixels_of(view.viewport().grab().toImage())
    assert tuple(picture[150, 200]) != (128, 128, 128)
    assert tuple(picture[100, 100]) == (128, 128, 128)


def test_its_bounds_hold_the_whole_image() -> None:
    made = layer(np.zeros((30, 50), np.bool_))
    assert made.boundingRect().contains(QRectF(0, 0, 50, 30))
    assert made.codes(Box(0, 0, 50, 30), 1.0, (0, 0))[0].is_empty
