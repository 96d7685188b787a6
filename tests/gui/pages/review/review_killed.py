"""A process that gives verdicts through the Review page until it is killed.

Arguments: project folder, preferences file. Prints a line after each verdict that the page took.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from inspector.core.review_order import Band, Order
from inspector.gui.app import make_application
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.pages.review.review_queue import Criteria
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session


def main() -> int:
    """Shows the page and presses N, O, U in turn as fast as images appear."""
    app = make_application([])
    session = Session(Preferences(Path(sys.argv[2])))
    window = MainWindow(session)
    window.show()
    session.open_project(Path(sys.argv[1]))
    window.show_page("review")
    page = window.page("review")
    assert isinstance(page, ReviewPage)
    page.queue.criteria = Criteria(Order.LISTED, frozenset(Band), None, only_open=False)
    keys = (Qt.Key.Key_N, Qt.Key.Key_O, Qt.Key.Key_U)
    given = 0

    def press() -> None:
        nonlocal given
        if page.stage.shown_id is None:
            return
        before = page.desk.n_given
        QTest.keyClick(page.main_focus(), keys[given % 3])
        if page.desk.n_given == before:
            return
        given += 1
        sys.stdout.write(f"{given}\n")
        sys.stdout.flush()
        if page.queue.position == len(page.queue) - 1:
            page.queue.jump(0)

    timer = QTimer()
    timer.timeout.connect(press)
    timer.start(1)
    return app.exec()


sys.exit(main())
