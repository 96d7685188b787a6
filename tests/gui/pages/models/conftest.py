"""The Models page on a project of models that a training seems to have left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.session import Session
from inspector.jobs import events
from inspector.jobs.model_card import CARD_FILE, ModelCard, ThresholdCard
from inspector.jobs.spec import ScoreJob
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import REPORT_FILE, write_evaluation
from inspector.project.runs import RunState

Train = Callable[..., ModelRow]
CARD: dict[str, Any] = {
    "image_size": 224,
    "alignments": ["none", "cada"],
    "default_alignment": "cada",
    "thresholds": {
        "cada": ThresholdCard(
            value=0.5,
            target_false_positive_rate=0.02,
            supported=True,
            calibration_scores=[0.1] * 711,
            held_out=True,
        )
    },
    "class_names": ["bolt", "nut"],
    "versions": {"torch": "2.13"},
    "notes": ["The training was stopped early."],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project; closed by whoever opens it in the window."""
    return Project.create(tmp_path / "project")


@pytest.fixture
def train(project: Project, plain_card: Callable[..., ModelCard]) -> Train:
    """Put a model into the project as a training leaves it, with events; and its evaluation."""

    def make(
        name: str,
        *,
        auroc: float | None = None,
        seconds: float = 60,
        seed: int = 0,
        images: int = 4,
    ) -> ModelRow:
        run = project.new_run("train", "revdist", b"{}", None)
        folder = run.folder / "model"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        card = plain_card(
            seed=seed,
            training_images={"bolt": images, "nut": 3},
            parameters={"common": {"seed": seed, "image_size": 224}},
            **CARD,
        )
        (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
        lines: list[events.Event] = [
            events.Hello(time=100.0, pid=1, version="0"),
            *(
                events.Metric(time=101.0, stage="detector", name="loss", step=n, value=1 / (1 + n))
                for n in range(5)
            ),
            events.Done(time=100.0 + seconds, state="done"),
        ]
        (run.folder / events.EVENTS_FILE).write_bytes(b"".join(map(events.encode_event, lines)))
        model = project.add_model(run.run_id, folder)
        project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)
        model = project.rename_model(model.model_id, name)
        if auroc is not None:
            evaluate(project, model, auroc)
        return model

    return make


def evaluate(project: Project, model: ModelRow, auroc: float) -> None:
    def variant(name: str, value: float) -> VariantEvaluation:
        row = MetricRow(4, 4, value, 0.9, 0.8, None, None, None, None, 0.02, 0.75)
        return VariantEvaluation(name, 0.5, {"bolt": row, "nut": row}, row, row)

    job = ScoreJob(model=str(model.folder), snapshot="s", subset="test", evaluate=True)
    run = project.new_run("evaluate", "revdist", msgspec.json.encode(job), None)
    both = (variant("none", auroc - 0.1), variant("cada", auroc))
    write_evaluation(run.folder, Evaluation(both))
    (run.folder / REPORT_FILE).write_text("<html>")
    project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)


@pytest.fixture
def show(session: Session, project: Project, qtbot: QtBot) -> Iterator[Callable[[], ModelsPage]]:
    """Open the project and show the page, filled."""
    windows: list[QMainWindow] = []  # pytest-qt only holds weak references

    def opened() -> ModelsPage:
        folder = project.folder
        project.close()
        assert session.open_project(folder)
        window = QMainWindow()
        windows.append(window)
        registry = ActionRegistry(window, session)
        page = ModelsPage(session, registry)
        window.setCentralWidget(page)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        registry.set_page("models")
        page.activate()
        qtbot.waitUntil(lambda: page.stack.currentIndex() != 0)
        window.activateWindow()
        page.main_focus().setFocus()
        if page.view.isVisible():
            qtbot.waitUntil(page.view.hasFocus)
        return page

    yield opened
