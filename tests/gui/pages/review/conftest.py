"""The Review page on a project with every image scored."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session

from .hand import ALL, opened, shown


@pytest.fixture
def folder(tmp_path: Path, scored: Path) -> Path:
    """A copy of the scored project."""
    copy = tmp_path / "project"
    shutil.copytree(scored, copy)
    return copy


@pytest.fixture
def page(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> ReviewPage:
    """The page on the scored project, with all images in the queue as they are listed."""
    made = opened(window, session, folder, qtbot)
    made._set_criteria(ALL)
    shown(made, qtbot)
    return made
