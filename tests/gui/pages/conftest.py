"""The main window with its real pages, and what several of them are tested on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.pages.review import patience
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.jobs.model_card import CARD_FILE, WEIGHTS_FILE, ModelCard
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunState
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_scoring

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def window(session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    """The main window, shown at 1280 × 800; its pages' threads have ended after the test."""
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    for page in made._pages.values():
        match page:
            case AnnotatePage() | ReviewPage():
                page.stage.prefetch.wait()
                page.thumbnails.wait()
            case AlignmentPage():
                page._thumbnails.wait()
            case ModelsPage():
                page.replacing.thumbnails.wait()


@pytest.fixture(autouse=True)
def quick_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, no verdict is taken for one that hung."""
    monkeypatch.setattr(patience, "LONG_S", 1e9)


@pytest.fixture
def held_jobs(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait and never start."""
    monkeypatch.setattr(session.jobs, "_start_next", lambda: None)


@pytest.fixture(scope="session")
def score_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Copies a project and scores all images of the copy, or evaluates its test images."""
    from training.run import Run
    from training.score_job import score

    def make(project_folder: Path, *, evaluate: bool) -> Path:
        folder = tmp_path_factory.mktemp("scored") / "project"
        shutil.copytree(project_folder, folder)
        with Project.open(folder) as project:
            row = prepare_scoring(
                project, project.find_model(), Computing("cpu", "float32"), evaluate=evaluate
            )
            job = read_job(row.folder)
            assert isinstance(job, ScoreJob)
            results = score(job, Run(row.folder, lambda event: None))
            settle(project, row, JobOutcome(state=DONE, results=results))
        return folder

    return make


@pytest.fixture(scope="session")
def scored(score_copy: Callable[..., Path], tiny_project: Any) -> Path:
    """The small project with every image scored; to be copied."""
    return score_copy(tiny_project.folder, evaluate=False)


@pytest.fixture
def add_second_model(tmp_path: Path) -> Callable[[Project], ModelRow]:
    """Adds a copy of the project's model, which has scored every image ten times as high."""

    def add(project: Project) -> ModelRow:
        model = project.find_model()
        shutil.copytree(model.folder, tmp_path / "copy")
        made = project.add_model(model.run_id, tmp_path / "copy")
        columns = "snapshot_id, image_id, variant, raw_score, u, gamma, run_id, map_row"
        with project._database.transaction():
            project._database.run(
                f"INSERT INTO score (model_id, {columns}, score) "
                f"SELECT ?, {columns}, 10 * score FROM score WHERE model_id = ?",
                (made.model_id, model.model_id),
            )
        return made

    return add


@pytest.fixture
def plain_card() -> Callable[..., ModelCard]:
    """Makes the card of a quick model of 64 pixels, with what is named instead."""
    card = ModelCard(
        method="revdist",
        preset="quick",
        backbone="lite0",
        backbone_sha256="",
        image_size=64,
        score_percent=1.0,
        alignments=["none"],
        default_alignment="none",
        alignment_statistics="",
        thresholds={},
        class_names=[],
        training_images={},
        windows={},
        parameters={},
        snapshot_id=1,
        snapshot_digest="abc",
        seed=0,
        device="CPU",
        precision="float32",
        steps={"detector": 5},
        created="2026-01-02T03:04:05+00:00",
        versions={},
        notes=[],
    )
    return lambda **changes: msgspec.structs.replace(card, **changes)


@pytest.fixture
def add_model(plain_card: Callable[..., ModelCard]) -> Callable[..., ModelRow]:
    """Adds a model with these tensors to a project, as a training leaves it, and a plain card."""

    def add(
        project: Project, method: str, content: dict[str, NDArray[Any]], **card: Any
    ) -> ModelRow:
        run = project.new_run("train", method, b"{}", None)
        made = run.folder / "model"
        made.mkdir()
        save_file(content, made / WEIGHTS_FILE)
        (made / CARD_FILE).write_bytes(msgspec.json.encode(plain_card(method=method, **card)))
        model = project.add_model(run.run_id, made)
        project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)
        return model

    return add


@pytest.fixture
def kill_when(tmp_path: Path) -> Callable[[Path, Path, Callable[[str], bool]], list[str]]:
    """Runs a script on a project and kills it at a certain line; gives all lines that it said."""

    def run(script: Path, folder: Path, is_time: Callable[[str], bool]) -> list[str]:
        process = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(tmp_path / "preferences.ini")],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line.strip())
            if is_time(said[-1]):
                break
        process.kill()
        said += process.stdout.read().split()
        process.wait()
        return said

    return run
