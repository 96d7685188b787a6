"""The way into the bank and out of it, what it says where there is none, and its size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.bank.facts import State
from inspector.gui.pages.annotate.bank.room import BankRoom
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .hand import enter, rows
from .painted import Painted, mask, tensors

Key, Button = Qt.Key, Qt.MouseButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
Open = Callable[[], AnnotatePage]
AddModel = Callable[..., ModelRow]


def test_the_key_the_switch_and_escape_lead_in_and_out(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    assert page.parts.modes.currentWidget() is room.view
    assert room.view.masks.hasFocus()
    assert page.actions_table.action("annotate.bank").isChecked()
    assert not page.actions_table.action("annotate.brush").isEnabled()
    QTest.keyClick(room.view.masks, Key.Key_Escape)
    assert page.parts.modes.currentIndex() == 0
    assert page.parts.view.hasFocus()
    assert page.actions_table.action("annotate.brush").isEnabled()
    assert not page.actions_table.action("annotate.mute").isEnabled()
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current)
    QTest.mouseClick(page.bank.switch.button_of("bank"), Button.LeftButton)
    assert page.bank.is_on
    QTest.mouseClick(room.view.switch.button_of("paint"), Button.LeftButton)
    assert not page.bank.is_on
    assert page.bank.switch.value == "paint"


def test_another_page_and_back_leaves_the_bank_open(
    page: AnnotatePage, window: MainWindow, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    window.show_page("dataset")
    assert not page.actions_table.action("annotate.mute").isEnabled()
    window.show_page("annotate")
    assert page.actions_table.action("annotate.mute").isEnabled()
    assert not page.actions_table.action("annotate.brush").isEnabled()
    assert room.view.masks.hasFocus()


def no_bank(page: AnnotatePage, qtbot: QtBot) -> BankRoom:
    QTest.keyClick(page.parts.view, Key.Key_B, SHIFT)
    room = page.bank.room
    assert room is not None
    qtbot.waitUntil(lambda: room.view.empty is not None and said(room) != "Reading the bank…")
    return room


def said(room: BankRoom) -> str:
    assert room.view.empty is not None
    return room.view.empty._title.text()


def test_without_a_model_it_says_how_to_get_one(
    opened: Open, session: Session, qtbot: QtBot
) -> None:
    room = no_bank(opened(), qtbot)
    assert said(room) == "No bank yet"
    assert room.view.empty is not None
    with qtbot.waitSignal(session.page_wanted) as wanted:
        QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert wanted.args == ["train"]


def test_a_model_without_a_bank_offers_one_that_has_it(
    folder: Path,
    painted: Painted,
    opened: Open,
    add_model: AddModel,
    qtbot: QtBot,
) -> None:
    with Project.open(folder) as project:
        other = add_model(project, "revdist", {"x": np.zeros(1, np.float32)})
        project.set_setting("active_model", other.model_id)
    page = opened()
    room = no_bank(page, qtbot)
    assert room.view.empty is not None
    QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert page.session.scale.model is not None
    assert page.session.scale.model.method == "dmad"
    qtbot.waitUntil(lambda: room.view.empty is None)


def test_where_nothing_is_painted_it_leads_to_painting(
    folder: Path, opened: Open, add_model: AddModel, qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made, learned=False))
        for image, type_id in zip(made.images, [made.types[0]] * 3 + [made.types[1]], strict=True):
            project.set_mask(image, type_id, mask(0, 0, 0, 0), "clear", "Ada")
    page = opened()
    room = no_bank(page, qtbot)
    assert said(room) == "Nothing is painted yet"
    assert room.view.empty is not None
    QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert not page.bank.is_on


def test_a_model_from_before_the_painting_is_shown_with_a_word(
    folder: Path, opened: Open, add_model: AddModel, qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made, learned=False))
    room = enter(opened(), qtbot)
    assert {row.mask.state for row in rows(room)} == {State.WAITING}
    assert room.view.untaught.isVisible()
    assert "before anything was painted" in room.view.untaught.text.text()


def test_damaged_weights_are_said_in_the_view(
    folder: Path, painted: Painted, opened: Open, qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        (project.find_model().folder / WEIGHTS_FILE).write_bytes(b"no weights")
    room = no_bank(opened(), qtbot)
    assert said(room) == "The bank cannot be shown"


def test_nothing_is_cut_off_at_125_percent(
    page: AnnotatePage, qtbot: QtBot, qapp: QApplication
) -> None:
    from inspector.gui.theme import THEMES, apply_theme

    apply_theme(qapp, THEMES["light"], 1.25)
    room = enter(page, qtbot)
    view = room.view
    assert view.window().width() <= 1280
    for made in (view.mute, view.remove, view.go, view.undo, view.switch, view.method):
        assert made.width() >= made.minimumSizeHint().width()
    assert view.map.height() > 200
