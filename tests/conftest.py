"""A project with sample parts and a small trained model, made once for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from inspector.core.images import read_mask
from inspector.core.sampleparts import SamplePlan, write_sample_parts
from inspector.jobs.catalogue import Parameters
from inspector.jobs.events import Event
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ScoreJob, TrainJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_scoring, prepare_training

# Two tests run at a time: with all cores for each of them both would wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Whatever was measured on a developer's machine; tests of other runtimes choose for themselves.
os.environ["INSPECTOR_RUNTIME"] = "torch"

TINY_DMAD: Parameters = {
    "image_size": 64,
    "dmad.epochs": 1,
    "dmad.batch_size": 6,
    "dmad.patches": 16,
    "dmad.coreset": 0.05,
    "dmad.outlier_images": 3,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
    "alignment.statistics": "fitted",
}

TINY_PARAMETERS: Parameters = {
    "image_size": 64,
    "revdist.iterations": 4,
    "revdist.batch_size": 4,
    "alignment.iterations": 8,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}

TINY_TRANSFORMER = "test_vit.r160_in1k"


@dataclass(frozen=True, slots=True)
class TinyProject:
    """A trained project; who changes anything in `folder` must copy it first.

    Attributes:
        folder: The project folder.
        parts: The imported folder of sample parts, beside the project.
        model: The one trained model, registered in the project.
        events: What its training said, in order.
    """

    folder: Path
    parts: Path
    model: ModelRow
    events: tuple[Event, ...]


@pytest.fixture(scope="session")
def transformer_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's data folder whose weights are made-up ones of `TINY_TRANSFORMER`."""
    from safetensors.torch import save_file

    from inspector.engine.backbones import random_backbone
    from inspector.engine.transformers import PatchTransformer

    body = random_backbone(TINY_TRANSFORMER).body
    assert isinstance(body, PatchTransformer)
    home = tmp_path_factory.mktemp("home")
    (home / "weights").mkdir()
    save_file(body.network.state_dict(), home / "weights" / f"{TINY_TRANSFORMER}.safetensors")
    return home


@pytest.fixture(scope="session")
def tiny_parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three types of sample parts, ten images of 64 pixels each, in MVTec AD's layout."""
    folder = tmp_path_factory.mktemp("tiny") / "parts"
    write_sample_parts(folder, SamplePlan.tiny())
    return folder


@pytest.fixture(scope="session")
def tiny_project(tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path) -> TinyProject:
    """The sample parts imported and a model trained on them, in this process, on the CPU."""
    # Here, so that tests below the engine never wait for torch.
    from training.run import Run
    from training.train_job import train

    events: list[Event] = []
    with Project.create(tmp_path_factory.mktemp("tiny") / "project") as project:
        project.import_folder(tiny_parts)
        row = prepare_training(
            project, "revdist", "quick", TINY_PARAMETERS, Computing("cpu", "float32")
        )
        job = read_job(row.folder)
        assert isinstance(job, TrainJob)
        results = train(job, Run(row.folder, events.append))
        settle(project, row, JobOutcome(state=DONE, results=results))
        return TinyProject(project.folder, tiny_parts, project.find_model(), tuple(events))


@pytest.fixture(scope="session")
def tiny_dmad(tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path) -> TinyProject:
    """Likewise with a DMAD that nobody has painted anything for; it has scored all images."""
    from training.run import Run
    from training.score_job import score
    from training.train_job import train

    events: list[Event] = []
    with Project.create(tmp_path_factory.mktemp("tiny") / "dmad") as project:
        project.import_folder(tiny_parts)
        computing = Computing("cpu", "float32")
        row = prepare_training(project, "dmad", "quick", TINY_DMAD, computing)
        job = read_job(row.folder)
        assert isinstance(job, TrainJob)
        results = train(job, Run(row.folder, events.append))
        settle(project, row, JobOutcome(state=DONE, results=results))
        row = prepare_scoring(project, project.find_model(), computing)
        scoring = read_job(row.folder)
        assert isinstance(scoring, ScoreJob)
        results = score(scoring, Run(row.folder, events.append))
        settle(project, row, JobOutcome(state=DONE, results=results))
        return TinyProject(project.folder, tiny_parts, project.find_model(), tuple(events))


@pytest.fixture(scope="session")
def largest_defect() -> Callable[[Project], tuple[int, tuple[int, int, int, int]]]:
    """Finds an image of sample parts that others look like, and where it is defective.

    Gives the image id, and the top, left, bottom and right of its mask.
    """

    def find(project: Project) -> tuple[int, tuple[int, int, int, int]]:
        defective = [entry for entry in project.take_snapshot().test() if entry.masks]
        masks = [read_mask([Path(file) for file in entry.masks]) for entry in defective]
        largest = int(np.argmax([mask.sum() for mask in masks]))
        rows, columns = np.nonzero(masks[largest])
        box = (int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max()))
        return defective[largest].image_id, box

    return find
