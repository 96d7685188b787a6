"""No verdict that was not meant: for another image, by another person, or in another project."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review import patience
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.project.verdicts import Verdict

from .hand import ALL, Key, press, shown

LEFT = Qt.MouseButton.LeftButton


def test_scores_that_arrive_leave_the_image_on_the_canvas(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    """One goes back to correct a verdict; meanwhile a scoring ends."""
    page._set_criteria(replace(ALL, only_open=True))
    judged = shown(page, qtbot)
    press(page, Key.Key_O)
    shown(page, qtbot)
    page.queue.step(-1)
    assert shown(page, qtbot) == judged
    with qtbot.waitSignal(session.library.scores_changed):
        session.library.reload_scores()
    qtbot.waitUntil(lambda: not page._is_stale)
    assert shown(page, qtbot) == judged
    press(page, Key.Key_N)
    assert session.project is not None
    latest = session.project.latest_verdict(judged)
    assert latest is not None
    assert latest.verdict is Verdict.NG


def test_a_name_that_is_still_being_typed_counts(
    page: ReviewPage, session: Session, window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    image_id = shown(page, qtbot)
    field = page.parts.operator
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    QTest.keyClicks(field, "Anna")
    QTest.mouseClick(page.parts.verdicts.buttons[Verdict.NG], LEFT)
    assert session.project is not None
    latest = session.project.latest_verdict(image_id)
    assert latest is not None
    assert latest.operator == "Anna"


def test_a_double_click_judges_one_image(page: ReviewPage, session: Session, qtbot: QtBot) -> None:
    first = shown(page, qtbot)
    button = page.parts.verdicts.buttons[Verdict.NG]
    QTest.mouseClick(button, LEFT)
    shown(page, qtbot)
    QTest.mouseDClick(button, LEFT)
    QTest.mouseRelease(button, LEFT)
    assert session.project is not None
    assert set(session.project.latest_verdicts()) == {first}


def test_keys_typed_while_the_window_hung_judge_nothing(
    page: ReviewPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.project is not None
    first = shown(page, qtbot)
    with monkeypatch.context() as patch:
        patch.setattr(patience, "LONG_S", -1.0)  # every write counts as one that hung
        press(page, Key.Key_N)
    second = page.queue.current
    page.give(Verdict.NG)
    assert set(session.project.latest_verdicts()) == {first}
    qtbot.waitUntil(lambda: not page._patience.is_deaf)
    assert shown(page, qtbot) == second
    press(page, Key.Key_N)
    assert set(session.project.latest_verdicts()) == {first, second}
