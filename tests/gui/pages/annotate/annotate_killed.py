"""A process that paints through the Annotate page until it is killed in the middle of a stroke.

Arguments: project folder, preferences file. Prints a line after each finished stroke; then holds
the button of another one, which it says with a line "holding".
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from inspector.gui.app import make_application
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session

STROKES = 12


def main() -> int:
    """Paints dab after dab, one each time that the event loop comes round."""
    app = make_application([])
    session = Session(Preferences(Path(sys.argv[2])))
    window = MainWindow(session)
    window.show()
    session.open_project(Path(sys.argv[1]))
    page = window.page("annotate")
    assert isinstance(page, AnnotatePage)
    page.parts.options.set_size(5)
    done = 0

    def said(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def paint() -> None:
        nonlocal done
        if page.painting.image_id is None:
            return
        view = page.parts.view
        middle = view.viewport().rect().center()
        point = middle + QPoint(10 * (done - STROKES // 2), 0)
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        if done == STROKES:
            QTest.mouseMove(view.viewport(), middle + QPoint(0, 40))
            timer.stop()
            said("holding")
            return
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        done += 1
        said(str(page.painting.image_id))

    timer = QTimer()
    timer.timeout.connect(paint)
    timer.start(1)
    return app.exec()


sys.exit(main())
