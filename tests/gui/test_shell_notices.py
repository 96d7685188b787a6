"""Notices come, stay or go by their level, never take the keyboard, and are kept in a list."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.notify import NoticeAction
from inspector.gui.shell.notices_list import NoticesList


def shown_texts(window: MainWindow) -> list[str]:
    return [toast.notice.text for toast in window.toasts.shown]


def test_what_informs_goes_and_what_went_wrong_stays(window: MainWindow, qtbot: QtBot) -> None:
    notices = window.session.notices
    notices.info("Info")
    notices.success("Success")
    notices.warning("Warning")
    notices.error(InspectorError("Error", "Hint"))
    assert [toast.is_timing for toast in window.toasts.shown] == [True, True, False, False]
    window.toasts.shown[0]._timer.setInterval(1)
    qtbot.waitUntil(lambda: shown_texts(window) == ["Success", "Warning", "Error"])


def test_one_that_is_looked_at_waits(window: MainWindow, qtbot: QtBot) -> None:
    window.session.notices.info("Info")
    (toast,) = window.toasts.shown
    here = QPointF(5, 5)
    QApplication.sendEvent(toast, QEnterEvent(here, here, here))
    assert not toast.is_timing
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert toast.is_timing


def test_at_most_four_and_errors_outlast_news(window: MainWindow) -> None:
    notices = window.session.notices
    notices.error(InspectorError("Error", ""))
    for number in range(6):
        notices.info(f"Info {number}")
    assert shown_texts(window) == ["Error", "Info 3", "Info 4", "Info 5"]
    assert len(notices.history) == 7
    notices.info("Info 4")
    assert shown_texts(window) == ["Error", "Info 3", "Info 5", "Info 4"]


def test_they_lie_in_the_corner_and_leave_the_keyboard_alone(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.setFocus()
    before = QApplication.focusWidget()
    window.session.notices.warning("Long " * 40, "Hint " * 30)
    assert QApplication.focusWidget() is before
    for width, height in ((1280, 800), (1000, 700)):
        window.resize(width, height)
        stack = window.toasts._stack.geometry()
        assert 0 < window.width() - stack.right() < 40
        assert 0 < window.height() - stack.bottom() < 80
    (toast,) = window.toasts.shown
    for label in toast.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width())


def test_its_buttons_act_and_close_it(window: MainWindow, qtbot: QtBot) -> None:
    done: list[str] = []
    action = NoticeAction("Resume", lambda: done.append("resumed"))
    window.session.notices.warning("Lost", "", action)
    (toast,) = window.toasts.shown
    qtbot.mouseClick(toast.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert done == ["resumed"]
    assert window.toasts.shown == []
    window.session.notices.warning("Lost", "", action)
    close = window.toasts.shown[0].findChild(QToolButton)
    assert close.accessibleName() == "Dismiss"
    close.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(close, Qt.Key.Key_Space)
    assert window.toasts.shown == []
    assert done == ["resumed"]


@pytest.mark.parametrize("count", [0, 3])
def test_all_are_kept_in_the_list(window: MainWindow, qtbot: QtBot, count: int) -> None:
    for number in range(count):
        window.session.notices.info(f"Notice {number}")
    qtbot.keyClick(
        window,
        Qt.Key.Key_N,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    dialog = window.findChild(NoticesList)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert [text for text in texts if text.startswith("Notice ")] == [
        f"Notice {number}" for number in reversed(range(count))
    ]
    assert ("No notices yet" in texts) == (count == 0)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
