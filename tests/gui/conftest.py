"""Lets Qt run without a screen; a session and a window for the tests.

The platform is set before anything imports Qt.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout
from pytestqt.qtbot import QtBot

import inspector.gui.main_window
from inspector.gui.actions import ActionRegistry
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.page import Page
from inspector.gui.pages.registry import PageEntry
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Ends the session's threads before pytest-qt deletes the widgets that wait for them."""
    made = getattr(item, "funcargs", {}).get("session")
    if isinstance(made, Session):
        made.background.wait()
    yield


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the dark theme at its usual size, before and after the test.

    The style sheet is never taken away, as in use: Qt 6 forgets then which of the widgets that it
    styled die, and crashes at the next sheet.
    """
    apply_theme(qapp, THEMES["dark"], 1.0)
    yield qapp
    apply_theme(qapp, THEMES["dark"], 1.0)


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    """Preferences in a file of the test's own; the operator is "Ada"."""
    made = Preferences(tmp_path / "preferences.ini")
    made.operator = "Ada"
    return made


@pytest.fixture(autouse=True)
def clear_screen(qapp: QApplication) -> None:
    """No window that an earlier test left lies under the pointer of this one."""
    for widget in qapp.topLevelWidgets():
        if widget.isVisible():
            widget.hide()


@pytest.fixture
def session(themed: QApplication, preferences: Preferences) -> Iterator[Session]:
    """A session without a project. Its threads have ended after the test."""
    made = Session(preferences)
    yield made
    made.close_project()
    made.background.wait()


@pytest.fixture
def folder(tmp_path: Path, tiny_project: Any) -> Path:
    """A copy of the small trained project."""
    copy = tmp_path / "project"
    shutil.copytree(tiny_project.folder, copy)
    return copy


class StubPage(Page):
    """A page that only says its name and keeps what it was asked to show."""

    def __init__(self, session: Session, actions: ActionRegistry, name: str) -> None:
        super().__init__(session, actions)
        self.name = name
        self.shown: list[int] = []
        QVBoxLayout(self).addWidget(QLabel(name))

    def show_images(self, image_ids: list[int]) -> None:
        self.shown = image_ids


@pytest.fixture
def stub_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that do nothing take the place of the real ones in the main window."""

    def make(entry: PageEntry, session: Session, actions: ActionRegistry) -> Page:
        return StubPage(session, actions, entry.name)

    monkeypatch.setattr(inspector.gui.main_window, "make_page", make)


@pytest.fixture
def window(session: Session, stub_pages: None, qtbot: QtBot) -> MainWindow:
    """The main window with stub pages, shown at 1280 × 800, without a project."""
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    return made
