"""The Alignment page on a model that was really trained, its metrics computed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.session import Session


@pytest.fixture(scope="session")
def evaluated(score_copy: Callable[..., Path], scored: Path) -> Path:
    """The small project with all images scored, then its test images evaluated; to be copied."""
    return score_copy(scored, evaluate=True)


@pytest.fixture
def folder(tmp_path: Path, evaluated: Path) -> Path:
    """A copy of the evaluated project."""
    copy = tmp_path / "project"
    shutil.copytree(evaluated, copy)
    return copy


@pytest.fixture
def page(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> AlignmentPage:
    """The page on the evaluated project, its metrics computed."""
    assert session.open_project(folder)
    made = window.page("alignment")
    assert isinstance(made, AlignmentPage)
    qtbot.waitUntil(lambda: made.numbers is not None, timeout=20_000)
    return made
