"""The Dataset page in a window of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.dataset.page import DatasetPage
from inspector.gui.session import Session


@contextmanager
def shown_page(session: Session, qtbot: QtBot) -> Iterator[DatasetPage]:
    """The page with its actions; its pictures are waited for in the end."""
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = ActionRegistry(window, session)
    page = DatasetPage(session, registry)
    window.setCentralWidget(page)
    window.resize(1280, 800)
    registry.set_page("dataset")
    page.activate()
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield page
    page._thumbnails.wait()
