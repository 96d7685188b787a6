"""What lies over an image on the canvas: heat map, regions, mask, and the score that is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.regions import find_regions
from inspector.gui.canvas.image_view import ImageView
from inspector.gui.canvas.pictures import pixels_of

from .hand import colour_at, hot_map, image


def test_the_pointer_tells_image_position_and_score(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.pointer_moved) as moved:
        QTest.mouseMove(view.viewport(), QPoint(390, 200))
    assert moved.args is not None
    assert moved.args[:2] == pytest.approx([390, 200]) and math.isnan(moved.args[2])
    view.set_heat_map(hot_map(), 0.0, 2.0)
    for x, score in ((392, 2.0), (20, 0.0), (300, 1.0)):
        with qtbot.waitSignal(view.pointer_moved) as moved:
            QTest.mouseMove(view.viewport(), QPoint(x, 100))
        assert moved.args is not None and moved.args[2] == pytest.approx(score)
    view.resize(604, 304)
    with qtbot.waitSignal(view.pointer_left):
        QTest.mouseMove(view.viewport(), QPoint(20, 100))


def test_the_heat_map_is_on_one_fixed_scale(view: ImageView) -> None:
    plain, ground = colour_at(view, 390, 150), colour_at(view, 20, 250)
    view.set_heat_opacity(1.0)
    view.set_heat_map(hot_map(), 0.0, 2.0)
    hot = colour_at(view, 390, 150)
    assert hot != plain and colour_at(view, 20, 250) == ground
    # A louder value elsewhere changes no colour here.
    louder = hot_map()
    louder[0, 0] = 50
    view.set_heat_map(louder, 0.0, 2.0)
    assert colour_at(view, 390, 150) == hot
    view.set_heat_visible(False)
    assert colour_at(view, 390, 150) == plain
    view.set_heat_visible(True)
    view.set_heat_opacity(0.0)
    assert colour_at(view, 390, 150) == plain
    with pytest.raises(ValueError, match="low < high"):
        view.set_heat_map(hot_map(), 1.0, 1.0)


def test_regions_are_outlined_and_labelled_under_the_pointer(view: ImageView) -> None:
    view.set_regions(find_regions(hot_map(), 1.0, (300, 400)))
    line = [colour_at(view, x, 150) for x in range(292, 308)]
    assert max(min(colour) for colour in line) > 200  # nearly white
    assert min(max(colour) for colour in line) < 30  # the casing
    assert view.labels() == []
    QTest.mouseMove(view.viewport(), QPoint(380, 150))
    assert [label.text for label in view.labels()] == ["area 25.0 % · peak 2.00"]
    QTest.mouseMove(view.viewport(), QPoint(30, 150))
    assert view.labels() == []
    view.zoom_to(1.5)
    assert len(view.labels()) == 1
    view.set_contours_visible(False)
    view.fit()
    assert [colour_at(view, x, 150) for x in range(292, 308)] == [(200, 0, 0)] * 16


def test_the_true_mask_is_dashed_and_must_be_as_large_as_the_image(view: ImageView) -> None:
    mask = np.zeros((300, 400), np.bool_)
    mask[50:250, 250:350] = True
    view.set_mask(mask)
    picture = view.viewport().grab().toImage()
    edge = [picture.pixelColor(250, y) for y in range(60, 240)]
    drawn = [colour.green() > 150 for colour in edge]
    assert 0.2 < sum(drawn) / len(drawn) < 0.9  # neither absent nor a full line
    view.set_mask(None)
    assert colour_at(view, 250, 100) == (200, 0, 0)
    with pytest.raises(ValueError, match="alike"):
        view.set_mask(mask[:-1])


def test_what_belongs_to_an_image_goes_with_it(view: ImageView) -> None:
    view.set_heat_map(hot_map(), 0.0, 1.0)
    view.set_regions(find_regions(hot_map(), 1.0, (300, 400)))
    view.set_mask(np.ones((300, 400), np.bool_))
    view.set_image(image())
    bare = [colour_at(view, x, 280) for x in (1, 200, 299, 300, 390)]
    assert bare == [(200, 0, 0)] * 5
    view.zoom_to(2)
    assert view.labels() == []


def test_partial_repaints_leave_no_seams(view: ImageView) -> None:
    """What a later brush relies on: a small dirty rectangle paints as the whole view does."""
    rng = np.random.default_rng(5)
    view.set_image(rng.integers(0, 255, (300, 400, 3), np.uint8))
    view.set_heat_map(rng.random((9, 7)).astype(np.float32), 0.0, 1.0)
    for scale in (1.0, 1.7, 3.3, 6.1):
        view.zoom_to(scale)
        whole = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        part = QRect(61, 47, 33, 29)
        alone = view.viewport().grab(part).toImage().convertToFormat(QImage.Format.Format_RGB32)
        expected = pixels_of(whole.copy(part)).astype(int)
        assert np.abs(pixels_of(alone).astype(int) - expected).max() <= 3
