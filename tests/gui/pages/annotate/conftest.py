"""The Annotate page on a project of small images."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.project.project import Project

from .hand import ready


@pytest.fixture
def folder(tmp_path: Path, tiny_parts: Path) -> Path:
    """A project of small images that nobody has trained on."""
    with Project.create(tmp_path / "project") as project:
        project.import_folder(tiny_parts)
    return tmp_path / "project"


@pytest.fixture
def page(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> AnnotatePage:
    assert session.open_project(folder)
    made = window.page("annotate")
    assert isinstance(made, AnnotatePage)
    ready(made, qtbot)
    made.parts.options.set_size(6)
    return made
