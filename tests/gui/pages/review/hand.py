"""What a hand does on the Review page, and what is on the disk of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.review_order import Band, Order
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.pages.review.review_queue import Criteria
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.verdicts import Verdict

Key = Qt.Key
ALL = Criteria(Order.LISTED, frozenset(Band), None, only_open=False)


def opened(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> ReviewPage:
    assert session.open_project(folder)
    made = window.page("review")
    assert isinstance(made, ReviewPage)
    qtbot.waitUntil(lambda: session.library.scores.n_scored > 0)
    qtbot.waitUntil(lambda: not made._is_stale)
    return made


def shown(page: ReviewPage, qtbot: QtBot) -> int:
    """Waits until the queue's image is on the canvas; its id."""
    qtbot.waitUntil(lambda: page.stage.shown_id == page.queue.current is not None)
    assert page.stage.shown_id is not None
    return page.stage.shown_id


def press(page: ReviewPage, key: Key, held: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(page.main_focus(), key, held or Qt.KeyboardModifier.NoModifier)


def stored(folder: Path) -> dict[int, Verdict]:
    """What another reader finds on the disk now."""
    with Project.open(folder) as project:
        return {key: row.verdict for key, row in project.latest_verdicts().items()}
