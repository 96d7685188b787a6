"""Tasks run in threads, report to the GUI thread, and the latest of a key wins."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.notify import Level
from inspector.gui.session import Session


def test_the_work_is_done_elsewhere_and_its_result_comes_back(
    session: Session, qtbot: QtBot
) -> None:
    results: list[tuple[Any, QThread]] = []
    here = QThread.currentThread()
    session.background.run(
        lambda task: QThread.currentThread() is here,
        lambda value: results.append((value, QThread.currentThread())),
    )
    qtbot.waitUntil(lambda: bool(results))
    (was_here, thread) = results[0]
    assert not was_here
    assert thread is here


def test_progress_arrives(session: Session, qtbot: QtBot) -> None:
    steps: list[tuple[int, int]] = []

    def work(task: Task) -> str:
        for done in range(3):
            task.report(done, 3)
        return "done"

    results: list[str] = []
    session.background.run(
        work, results.append, progress=lambda done, total: steps.append((done, total))
    )
    qtbot.waitUntil(lambda: results == ["done"])
    assert steps == [(0, 3), (1, 3), (2, 3)]


def test_the_latest_of_a_key_wins(session: Session, qtbot: QtBot) -> None:
    gate = threading.Event()
    results: list[int] = []

    def slow(task: Task) -> int:
        gate.wait(10)
        return 1

    session.background.run(slow, results.append, key="same")
    session.background.run(lambda task: 2, results.append, key="same")
    qtbot.waitUntil(lambda: results == [2])
    gate.set()
    session.background.wait()
    ended: list[int] = []
    session.background.run(lambda task: 3, ended.append)
    qtbot.waitUntil(lambda: ended == [3])
    assert results == [2]


def test_a_cancelled_task_ends_at_its_next_report(session: Session, qtbot: QtBot) -> None:
    started, ended = threading.Event(), threading.Event()

    def work(task: Task) -> None:
        try:
            while True:
                started.set()
                task.report(0, 1)
        finally:
            ended.set()

    task = session.background.run(work, lambda value: pytest.fail("it was cancelled"))
    assert started.wait(10)
    task.cancel()
    assert ended.wait(10)
    session.background.wait()


def test_an_error_for_the_user_becomes_a_notice(session: Session, qtbot: QtBot) -> None:
    def work(task: Task) -> None:
        raise InspectorError("The disk is full.", "Free some space.")

    with qtbot.waitSignal(session.notices.posted) as posted:
        session.background.run(work, lambda value: pytest.fail("it failed"))
    (notice,) = posted.args
    assert (notice.level, notice.text, notice.hint) == (
        Level.ERROR,
        "The disk is full.",
        "Free some space.",
    )


def test_a_bug_goes_to_the_crash_handler(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(error))

    def work(task: Task) -> None:
        raise RuntimeError("a bug")

    session.background.run(work, lambda value: None)
    qtbot.waitUntil(lambda: bool(raised))
    assert str(raised[0]) == "a bug"


def test_after_a_bug_nobody_waits_for_ever(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: None)

    def work(task: Task) -> None:
        raise ZeroDivisionError

    told: list[InspectorError] = []
    session.background.run(work, lambda value: pytest.fail("it failed"), failed=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert "ZeroDivisionError" in told[0].message
