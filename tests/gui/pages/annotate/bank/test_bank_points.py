"""The bank's map: its points under the mouse and the keys, and how they are laid out."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.pages.annotate.page import AnnotatePage

from .hand import choose, click_point, enter, point
from .painted import Painted

Key, Button = Qt.Key, Qt.MouseButton


def test_a_click_on_the_map_chooses_the_patch_in_list_tiles_and_card(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    choose(room, 2)
    click_point(room, "annotated", 5)
    mask_now = room.view.masks.current
    assert mask_now is not None
    assert mask_now.annotation.annotation_id == painted.ids[1]
    assert [patch.place for patch in room.view.tiles.chosen_patches] == [(painted.ids[1], 4, 2)]
    shown = room.view.card.shown
    assert shown is not None
    assert shown.pictures[0] == ("Painted", (painted.images[1], 4, 2))
    assert shown.pictures[1] == ("Nearest normal", (painted.normal, 1, 4))
    assert "0.25 ×" in shown.lines[0]
    found = room.view.map.points
    assert found is not None
    assert room.view.map.current == found.find("annotated", 5)


def test_a_click_on_a_normal_point_shows_its_patch(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    click_point(room, "normal", 11)
    shown = room.view.card.shown
    assert shown is not None
    assert shown.title == "Normal"
    assert shown.pictures == (("Normal", (painted.normal, 1, 3)),)
    assert room.view.card.frames[0].isVisible()
    click_point(room, "outliers", 4)
    assert room.view.card.shown is not None
    assert room.view.card.shown.title == "Outlier"


def test_what_lies_under_the_mouse_is_said(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    canvas = room.view.map.plot.viewport()

    def is_said() -> bool:
        # The plot looks at a moving mouse a hundred times a second at most.
        QTest.mouseMove(canvas, QPoint(1, 1))
        QTest.qWait(20)
        QTest.mouseMove(canvas, point(room, "annotated", 0))
        return room.view.map.readout.isVisible()

    qtbot.waitUntil(is_said)
    assert room.view.map.readout.text().startswith("Painted\n")


def test_arrow_keys_go_from_point_to_point(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    click_point(room, "normal", 6)
    before = room.view.map.current
    places = room.view.map.points.places  # type: ignore[union-attr]
    plot = room.view.map.plot
    plot.setFocus()
    moved = []
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Up, Key.Key_Down):
        QTest.keyClick(plot, key)
        moved.append(room.view.map.current)
    assert len({before, *moved}) > 1
    assert all(np.isfinite(places[at]).all() for at in moved)


def test_t_sne_is_laid_out_when_asked_for_and_pca_is_kept(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    first = room.view.map.points
    QTest.mouseClick(room.view.method.button_of("tsne"), Button.LeftButton)
    qtbot.waitUntil(lambda: room.view.map.points not in (None, first), timeout=30_000)
    QTest.mouseClick(room.view.method.button_of("pca"), Button.LeftButton)
    assert room.view.map.points is first


def test_leaving_gives_up_what_is_under_way(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    before = room.view.map.points
    QTest.mouseClick(room.view.method.button_of("tsne"), Button.LeftButton)
    QTest.keyClick(room.view.masks, Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.session.background._alive, timeout=30_000)
    assert room.view.map.points is not before
    assert room._maps.keys() == {"pca"}
