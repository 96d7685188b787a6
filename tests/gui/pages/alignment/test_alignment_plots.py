"""The Alignment page's plots under real drags, keys and clicks: thresholds, brushing, the morph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import RAW
from inspector.gui.pages.alignment import heat_tiles
from inspector.gui.pages.alignment.drawer import CLASSES, IMAGES
from inspector.gui.pages.alignment.header import MORPH, PAIR
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.session import Session

from .hand import brush_all, drag, line_of, mark_of

LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key


def test_dragging_counts_live_and_letting_go_keeps(page: AlignmentPage, session: Session) -> None:
    scale = session.scale
    before = scale.threshold_of(RAW), scale.threshold_of("cada")
    panel = page.plots.pair.raw
    start = line_of(panel)
    end = QPointF(panel.plot_layout().left + 2, start.y())
    drag(panel, start, end, release=False)
    low = panel.threshold()
    assert low is not None and low < before[0]
    assert page.strip.cells["caught"].texts()[0] == "100 %"
    table = page.drawer.table.content
    n_good = table.index(table.rowCount() - 1, 1).data()
    assert str(table.index(table.rowCount() - 1, 4).data()).startswith(f"{n_good} / {n_good} →")
    assert "Raw: 100" in page.header.headline.text()
    assert scale.threshold_of(RAW) == before[0]
    QTest.mouseRelease(panel.viewport(), LEFT, pos=end.toPoint())
    assert scale.threshold_of(RAW) == low
    assert scale.threshold_of("cada") == before[1]


def test_t_puts_both_thresholds_back(page: AlignmentPage, session: Session, qtbot: QtBot) -> None:
    scale, pair = session.scale, page.plots.pair
    for panel in (pair.raw, pair.aligned):
        drag(panel, line_of(panel), line_of(panel) + QPointF(-30, 0))
    assert scale.threshold_of(RAW) != scale.default_threshold(RAW)
    qtbot.keyClick(page.plots.pair.raw, Key.Key_T)
    for variant, panel in ((RAW, pair.raw), ("cada", pair.aligned)):
        assert scale.threshold_of(variant) == scale.default_threshold(variant)
        assert panel.threshold() == scale.default_threshold(variant)


def test_brushed_images_come_with_heat_maps_and_open_in_review(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    ids = brush_all(page)
    assert page.comparison is not None
    assert set(ids) == set(page.comparison.score_set.image_ids.tolist())
    assert page.drawer.is_open and page.drawer.tab == IMAGES
    images = page.drawer.images
    qtbot.waitUntil(lambda: set(images.tiles.heat) == set(ids))
    aligned = [chosen.aligned for chosen in images.tiles.images]
    assert aligned == sorted(aligned, reverse=True)
    wanted: list[tuple[str, list[int]]] = []
    session.images_wanted.disconnect()
    session.page_wanted.disconnect()
    session.images_wanted.connect(lambda name, chosen: wanted.append((name, chosen)))
    images.setFocus()
    qtbot.keyClick(images, Key.Key_Right)
    second = images.image_ids()[1]
    qtbot.keyClick(images, Key.Key_Return)
    assert wanted[0][0] == "review"
    assert wanted[0][1][0] == second and set(wanted[0][1]) == set(ids)
    third = images.visualRect(images.tiles.index(2, 0)).center()
    qtbot.mouseClick(images.viewport(), LEFT, pos=third)
    qtbot.mouseDClick(images.viewport(), LEFT, pos=third)
    assert wanted[1][1][0] == images.image_ids()[2]


def test_a_click_on_a_mark_shows_its_image_and_esc_forgets_it(
    page: AlignmentPage, qtbot: QtBot
) -> None:
    assert page.comparison is not None
    panel = page.plots.pair.raw
    # The mark that stands farthest from all others.
    ids = page.comparison.score_set.image_ids.tolist()
    places = np.array([[p.x(), p.y()] for p in (mark_of(panel, i) for i in ids)])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    loneliest = int(apart.min(axis=1).argmax())
    qtbot.mouseClick(panel.viewport(), LEFT, pos=mark_of(panel, ids[loneliest]).toPoint())
    assert page.drawer.images.image_ids() == [ids[loneliest]]
    qtbot.keyClick(panel, Key.Key_Escape)
    assert not page.drawer.has_images and page.drawer.tab == CLASSES


def test_a_class_of_the_table_shows_its_images(page: AlignmentPage, qtbot: QtBot) -> None:
    table = page.drawer.table
    page.room.splitter.setSizes([100, 400])
    table.setCurrentIndex(table.content.index(0, 0))
    name = table.content.index(0, 0).data()
    qtbot.keyClick(table, Key.Key_Return)
    shown = page.drawer.images.tiles.images
    assert shown and {chosen.class_name for chosen in shown} == {name}
    qtbot.mouseClick(page.drawer.clear, LEFT)
    assert not page.drawer.has_images


def test_a_heat_map_has_the_colours_that_it_has_on_review(
    page: AlignmentPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[float, float]] = []
    paint = heat_tiles.heat_picture

    def watched(shown: Any, low: float, high: float) -> QImage:
        ends.append((low, high))
        return paint(shown, low, high)

    monkeypatch.setattr(heat_tiles, "heat_picture", watched)
    scores = session.library.scores
    higher = {name: 3 * values for name, values in scores.aligned.items()}
    session.library.scores = replace(scores, aligned=higher)
    page.choosing.choose(brush_all(page)[:1])
    qtbot.waitUntil(lambda: bool(ends))
    material = Material(session, ReviewWords())
    material.refresh()
    assert set(ends) == {material.scale}


def test_space_plays_and_stops(page: AlignmentPage, qtbot: QtBot) -> None:
    assert page.plots.view == PAIR
    with qtbot.waitSignal(page.plots.morph.morphed):
        qtbot.keyClick(page.plots.pair.raw, Key.Key_Space)
    assert page.plots.view == MORPH and page.plots.morph.playing()
    qtbot.keyClick(page.plots.controls.slider, Key.Key_Space)
    assert not page.plots.morph.playing()


def test_a_button_keeps_its_space(page: AlignmentPage, qtbot: QtBot) -> None:
    morph = page.header.view.button_of(MORPH)
    morph.setFocus()
    qtbot.waitUntil(morph.hasFocus)
    qtbot.keyClick(morph, Key.Key_Space)
    assert page.plots.view == MORPH and not page.plots.morph.playing()


def test_the_slider_moves_from_raw_to_aligned(page: AlignmentPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.header.view.button_of(MORPH), LEFT)
    slider = page.plots.controls.slider
    qtbot.keyClick(slider, Key.Key_End)
    assert page.plots.morph.morph() == 1.0 and page.plots.morph.side() == "aligned"
    qtbot.keyClick(slider, Key.Key_Left)
    assert 0.9 < page.plots.morph.morph() < 1.0
    qtbot.mouseClick(page.plots.controls.raw, LEFT)
    assert page.plots.morph.morph() == 0.0 and slider.value() == 0


def test_a_threshold_moved_in_the_morph_is_kept_for_its_side(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    page.set_view(MORPH)
    page.plots.morph.set_morph(1.0)
    before = session.scale.threshold_of("cada")
    qtbot.keyClick(page.plots.morph, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    kept = session.scale.threshold_of("cada")
    assert kept > before
    page.set_view(PAIR)
    assert page.plots.pair.aligned.threshold() == kept
