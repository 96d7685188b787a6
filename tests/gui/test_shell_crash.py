"""Bugs end in a log and in one dialog, whatever thread they come from."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer, qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector import __version__
from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.shell.crash import LOG_FILE, CrashHandler, install_crash_handler


@pytest.fixture
def handler(window: MainWindow, tmp_path: Path) -> Iterator[CrashHandler]:
    made = install_crash_handler(window, tmp_path / "logs")
    yield made
    made.uninstall()


def fail(text: str = "broken") -> None:
    raise ValueError(text)


def log_text(handler: CrashHandler) -> str:
    return (handler.folder / LOG_FILE).read_text("utf-8")


def test_an_error_in_a_slot_opens_a_dialog_with_a_report(
    handler: CrashHandler, qtbot: QtBot
) -> None:
    QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: handler.dialog is not None)
    dialog = handler.dialog
    assert dialog is not None
    qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    report = QApplication.clipboard().text()
    for part in (f"Inspector {__version__}", "ValueError: broken", "in fail", "Python 3"):
        assert part in report
    assert "ValueError: broken" in log_text(handler)
    qtbot.keyClick(dialog.go_on, Qt.Key.Key_Return)
    assert handler.dialog is None


def test_errors_in_a_row_share_one_dialog(handler: CrashHandler, qtbot: QtBot) -> None:
    for number in range(20):
        QTimer.singleShot(0, lambda number=number: fail(f"number {number}"))
    qtbot.waitUntil(lambda: "number 19" in log_text(handler))
    dialog = handler.dialog
    assert dialog is not None
    assert "20 times" in dialog._title.text()
    assert "number 0" in dialog.report.toPlainText()
    assert "number 19" not in dialog.report.toPlainText()
    dialog.accept()


def test_an_error_in_a_thread_reaches_the_window(handler: CrashHandler, qtbot: QtBot) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: handler.dialog is not None)
    assert handler.dialog is not None
    handler.dialog.accept()


def test_an_error_in_the_dialog_itself_does_not_come_back(
    handler: CrashHandler, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show_badly(*arguments: object) -> str:
        sys.excepthook(KeyError, KeyError("inner"), None)
        return "report"

    monkeypatch.setattr("inspector.gui.shell.crash.report_of", show_badly)
    handler.on_exception(ValueError, ValueError("outer"), None)
    assert handler.dialog is not None
    assert handler.dialog.report.toPlainText() == "report"
    assert "inner" in log_text(handler)
    handler.dialog.accept()


def test_an_error_that_people_can_act_on_is_a_notice(
    handler: CrashHandler, window: MainWindow
) -> None:
    handler.on_exception(InspectorError, InspectorError("No space.", "Make some."), None)
    assert handler.dialog is None
    assert window.session.notices.history[-1].hint == "Make some."


def test_a_destructor_and_qt_are_only_logged(handler: CrashHandler) -> None:
    class Bad:
        def __del__(self) -> None:
            fail("in a destructor")

    Bad()
    qWarning("from Qt")
    text = log_text(handler)
    assert "in a destructor" in text
    assert "Qt: from Qt" in text
    assert handler.dialog is None


def test_quitting_leaves_the_worker_running(
    handler: CrashHandler, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(window.session.jobs, "leave_running", lambda: told.append("left"))
    monkeypatch.setattr(
        "inspector.gui.shell.crash_dialog.QCoreApplication.exit", lambda code: told.append(code)
    )
    handler.on_exception(ValueError, ValueError(), None)
    assert handler.dialog is not None
    qtbot.mouseClick(handler.dialog.quit, Qt.MouseButton.LeftButton)
    assert told == ["left", 70]
    handler.dialog.accept()


def test_a_log_that_cannot_be_written_is_no_second_error(
    window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    handler = install_crash_handler(window, tmp_path / "file")
    try:
        handler.on_exception(ValueError, ValueError("x"), None)
        assert handler.dialog is not None
        handler.dialog.accept()
    finally:
        handler.uninstall()
