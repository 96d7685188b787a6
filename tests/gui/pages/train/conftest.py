"""The Train page in a window, with sample parts to train on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMainWindow
from pytestqt.qtbot import QtBot

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.train.page import TrainPage
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.workers import WORKER_FILE, WorkerFile, is_worker_alive

Click = Callable[[QAbstractButton], None]


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> TrainPage:
    """The page in a window, without a project."""
    window = QMainWindow()
    actions = ActionRegistry(window, session)
    made = TrainPage(session, actions)
    window.setCentralWidget(made)
    made.window_of_test = window  # type: ignore[attr-defined]
    qtbot.addWidget(window)
    window.resize(1280, 800)
    actions.set_page("train")
    window.show()
    qtbot.waitExposed(window)
    return made


@pytest.fixture
def click(qtbot: QtBot) -> Click:
    return lambda target: qtbot.mouseClick(target, Qt.MouseButton.LeftButton)


@pytest.fixture
def project(
    session: Session,
    page: TrainPage,
    tmp_path: Path,
    tiny_parts: Path,
    qtbot: QtBot,
    monkeypatch: Any,
) -> Iterator[Project]:
    """Sample parts, open in the window; whatever still runs after the test is ended."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = tmp_path / "project"
    with Project.create(folder) as made:
        made.import_folder(tiny_parts)
    session.open_project(folder)
    assert session.project is not None
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    yield session.project
    for run in (folder / "runs").iterdir():
        if is_worker_alive(run):
            worker = msgspec.json.decode((run / WORKER_FILE).read_bytes(), type=WorkerFile)
            os.kill(worker.pid, signal.SIGKILL)
