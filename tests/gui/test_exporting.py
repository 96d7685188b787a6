"""Exporting a model from the Models page: what is asked for, and what is said of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from inspector.gui.actions import ActionRegistry
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ExportRequest, prepare
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.session import Session
from inspector.jobs import extras
from inspector.jobs.spec import ExportJob, read_job


@pytest.fixture
def page(
    session: Session,
    tiny_project: Any,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ModelsPage]:
    """The page on a copy of the trained project; jobs wait and never start."""
    shutil.copytree(tiny_project.folder, tmp_path / "project")
    monkeypatch.setattr(session.jobs, "_start_next", lambda: None)
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    assert session.open_project(tmp_path / "project")
    window = QMainWindow()
    registry = ActionRegistry(window, session)
    made = ModelsPage(session, registry)
    window.setCentralWidget(made)
    qtbot.addWidget(window)
    window.show()
    registry.set_page("models")
    made.activate()
    qtbot.waitUntil(lambda: made.view.current is not None)
    made.main_focus().setFocus()
    yield made


def answer(monkeypatch: pytest.MonkeyPatch, chosen: Path | str, kind: str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), kind))


def export(page: ModelsPage, qtbot: QtBot) -> None:
    qtbot.keyClick(page.view, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)


def test_it_decides_as_the_window_does(
    page: ModelsPage,
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session.scale.model is not None and session.project is not None
    session.scale.set_variant("cada-q")
    session.scale.set_threshold(0.75)
    answer(monkeypatch, tmp_path / "line", "OpenVINO (*.xml)")
    export(page, qtbot)
    (job,) = session.jobs.jobs
    request = job.request
    assert isinstance(request, ExportRequest)
    assert (request.format, request.variant, request.threshold) == ("openvino", "cada-q", 0.75)
    spec = read_job(prepare(request, session.project).folder)
    assert isinstance(spec, ExportJob)
    assert spec.to == str(tmp_path / "line.xml")
    assert Path(spec.model) == session.scale.model.folder
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    assert "is in use by a job and stays" in session.notices.history[-1].text


def test_the_name_tells_the_format_and_no_name_means_no(
    page: ModelsPage,
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "", "")
    export(page, qtbot)
    assert session.jobs.jobs == []
    answer(monkeypatch, tmp_path / "line.onnx", "OpenVINO (*.xml)")
    export(page, qtbot)
    request = session.jobs.jobs[0].request
    assert isinstance(request, ExportRequest)
    assert session.scale.card is not None
    own = session.scale.card.thresholds["cada"].value
    assert (request.format, request.variant, request.threshold) == ("onnx", "cada", own)


def test_what_came_of_it_is_said(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    job = Job(None, "Exporting a", SimpleNamespace(kind="export", run_id=1), JobState.DONE)  # type: ignore[arg-type]
    proof = {"images": 12, "runtime": "ONNX Runtime 1.32.0"}
    job.results = {"file": str(tmp_path / "line.onnx"), "proof": proof}
    session.jobs.finished.emit(job)
    notice = session.notices.history[-1]
    assert notice.text == "Exported: line.onnx"
    assert (
        notice.hint == "Run on 12 images in ONNX Runtime 1.32.0, it gives the scores of the model."
    )
    notice.actions[0].run()
    assert opened == [QUrl.fromLocalFile(str(tmp_path))]
    job.state, job.message, job.hint = JobState.FAILED, "It cannot be exported.", "Do not."
    session.jobs.finished.emit(job)
    assert session.notices.history[-1].text == "It cannot be exported."
