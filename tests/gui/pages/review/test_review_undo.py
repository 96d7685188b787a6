"""Undo and redo on the Review page, back and forth over any number of verdicts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict

from .hand import ALL, opened, press, shown, stored

Key = Qt.Key


def test_undo_and_redo_go_back_and_forth_over_any_number(
    page: ReviewPage, folder: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(3)
    keys = (Key.Key_O, Key.Key_N, Key.Key_U)
    states, order = [stored(folder)], []
    for choice in rng.integers(0, 3, 9):
        order.append(shown(page, qtbot))
        press(page, keys[choice])
        states.append(stored(folder))
    for step in range(8, -1, -1):
        press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert page.queue.current == order[step]
        assert stored(folder) == states[step]
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(folder) == {}
    for step in range(9):
        press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert stored(folder) == states[step + 1]
        assert page.queue.current == order[step]


def test_undo_shows_an_image_that_the_queue_lacks(page: ReviewPage, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    page._set_criteria(replace(ALL, only_open=True))
    assert image_id not in page.queue.ids
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.queue.current == image_id
    assert shown(page, qtbot) == image_id


def test_another_project_begins_anew(
    page: ReviewPage, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    shown(page, qtbot)
    press(page, Key.Key_N)
    copy = tmp_path / "other"
    shutil.copytree(tiny_project.folder, copy)
    assert session.open_project(copy)
    assert page.stage.shown_id is None
    assert page.queue.current is None
    assert page.desk.n_given == 0
    qtbot.waitUntil(lambda: len(session.library.images) > 0 and not page._is_stale)
    assert page.parts.empty is not None


def test_undo_stops_before_what_was_said_in_an_earlier_session(
    window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        ids = project.image_columns().ids.tolist()
        for image_id in ids[:2]:
            project.add_verdict(image_id, Verdict.NG, "Grace", Trace())
    page = opened(window, session, folder, qtbot)
    page._set_criteria(ALL)
    shown(page, qtbot)
    undo = page.actions_table.action("review.undo")
    assert [keys.toString() for keys in undo.shortcuts()] == ["Ctrl+Z"]
    page.queue.jump(3)
    mine = shown(page, qtbot)
    press(page, Key.Key_O)
    undo.trigger()
    assert stored(folder) == dict.fromkeys(ids[:2], Verdict.NG)
    for left in (1, 0):
        before = len(session.notices.history)
        undo.trigger()
        qtbot.waitUntil(lambda before=before: len(session.notices.history) > before)
        notice = session.notices.history[-1]
        assert "Grace" in notice.hint
        assert set(stored(folder)) == set(ids[: left + 1])  # nothing yet
        notice.actions[0].run()
        assert set(stored(folder)) == set(ids[:left])
    notice.actions[0].run()  # once more hits nothing
    assert stored(folder) == {}
    for _ in range(3):
        page.actions_table.action("review.redo").trigger()
    assert set(stored(folder)) == {*ids[:2], mine}


def test_the_pace_counts_verdicts_not_notes_and_redo(page: ReviewPage, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    shown(page, qtbot)
    press(page, Key.Key_O)
    page._say_of(image_id, "scratch", "")
    assert page.desk.n_given == 2
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 2  # the kind was taken back
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 1
    press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 2 and page.desk.pace is not None
