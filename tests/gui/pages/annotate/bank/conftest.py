"""The Annotate page on a project with painted masks and a model that learned from some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.jobs.fresh_file import FreshBank, FreshMask, encode_fresh, write_fresh
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .painted import WIDTH, Painted, tensors

Open = Callable[[], AnnotatePage]
AddModel = Callable[..., ModelRow]


@pytest.fixture
def painted(folder: Path, add_model: AddModel) -> Painted:
    """Four masks and a model that learned from the first two."""
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made))
    return made


@pytest.fixture
def learned_at_once(folder: Path, painted: Painted) -> None:
    with Project.open(folder) as project:
        model = project.find_model().folder
    features = np.full((1, WIDTH), -4, np.float16)
    sources = np.array([[painted.images[3], 5, 5, painted.ids[3]]], np.int32)
    known = FreshMask(painted.ids[3], painted.images[3], "", "", "stain")
    write_fresh(model, encode_fresh(FreshBank(features, sources, (known,), "")))


@pytest.fixture
def opened(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> Open:
    """Opens the project on the Annotate page, once it is as the test wants it."""

    def run() -> AnnotatePage:
        assert session.open_project(folder)
        page = window.page("annotate")
        assert isinstance(page, AnnotatePage)
        qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
        return page

    return run


@pytest.fixture
def page(painted: Painted, opened: Open) -> AnnotatePage:
    return opened()
