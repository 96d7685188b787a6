"""The export of a model that looks at images tile by tile, in both runtimes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from inspector.core.images import read_for_model
from inspector.engine.device import Device
from inspector.engine.export.exported_files import load_file
from inspector.engine.model_files import load_model
from inspector.jobs.export_formats import EXPORT_FORMATS, ExportFormat
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ExportJob, TrainJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_export, prepare_training
from training.export_job import export
from training.run import Run
from training.train_job import train

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnx", "onnxruntime", "openvino")),
    reason="the extra 'export' is not installed",
)

CANVAS = 160  # three tiles of 64 pixels, a quarter shared
PARAMETERS: dict[str, Any] = {
    "image_size": 64,
    "tiles": 3,
    "patchcore.coreset": 0.05,
    "alignment.iterations": 5,
    "alignment.batch_size": 4,
    "alignment.statistics": "fitted",
}


@dataclass(frozen=True)
class Tiled:
    """A project with a model of nine tiles; its images are not square."""

    folder: Path
    model: ModelRow
    images: list[Path]


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path) -> Tiled:
    folder = tmp_path_factory.mktemp("tiled-export")
    for number, class_name in enumerate(sorted(p.name for p in tiny_parts.iterdir())[:2]):
        place = folder / "parts" / class_name / "train" / "good"
        place.mkdir(parents=True)
        for file in sorted((tiny_parts / class_name / "train" / "good").glob("*.png"))[:4]:
            with Image.open(file) as image:
                image.resize(((150, 90), (70, 200))[number]).save(place / file.name)
    with Project.create(folder / "project") as project:
        project.import_folder(folder / "parts")
        computing = Computing("cpu", "float32")
        row = prepare_training(project, "patchcore", "quick", PARAMETERS, computing)
        job = read_job(row.folder)
        assert isinstance(job, TrainJob)
        results = train(job, Run(row.folder, lambda event: None))
        settle(project, row, JobOutcome(state=DONE, results=results))
        model = project.find_model()
    return Tiled(folder / "project", model, sorted((folder / "parts").rglob("*.png")))


def exported(tiled: Tiled, format_: ExportFormat, to: Path, run: Any) -> tuple[Path, Any]:
    """Exports as the window and the command line do; the file, and what lies beside it."""
    with Project.open(tiled.folder) as project:
        row = prepare_export(project, tiled.model, format_.name, to)
    job = read_job(row.folder)
    assert isinstance(job, ExportJob)
    made = export(job, run)
    file = Path(made["file"])
    return file, json.loads(file.with_name(file.name + ".json").read_bytes())


def as_described(image: Path, description: dict[str, Any]) -> NDArray[np.float32]:
    """An image as the file's description asks for it, (3, S, S)."""
    return read_for_model(image, description["input_size"]).transpose(2, 0, 1)


@pytest.mark.parametrize("format_", EXPORT_FORMATS.values(), ids=EXPORT_FORMATS)
def test_it_scores_whole_images_as_the_model(
    tiled: Tiled, format_: ExportFormat, tmp_path: Path, new_run: Callable[..., Any]
) -> None:
    file, described = exported(tiled, format_, tmp_path / "tiled", new_run())
    assert described["proof"]["images"] == len(tiled.images) == 8
    assert described["input_size"] == CANVAS
    assert described["input"].startswith(f"images: float32 (batch, 3, {CANVAS}, {CANVAS})")
    assert (described["tiles"], described["tile_size"], described["tile_overlap"]) == (3, 64, 16)
    assert f"to {CANVAS} x {CANVAS} pixels" in described["preprocessing"]
    assert "do not cut images yourself" in described["preprocessing"]

    pipeline, card = load_model(tiled.model.folder)
    pipeline.to(Device("cpu"))
    share_of_tile = (64 / CANVAS) ** 2
    assert described["score_percent"] == pytest.approx(card.score_percent * share_of_tile)
    name = card.default_alignment
    loaded = load_file(format_, file)
    read = [as_described(image, described) for image in tiled.images]
    for images in (np.stack(read[:1]), np.stack(read[2:5]), np.stack(read)):
        scored = pipeline.score(
            torch.from_numpy(images), [""] * len(images), Device("cpu"), (name,)
        )
        maps = pipeline.aligners[name].apply_to(scored.smoothed, scored.statistics[name])
        found = loaded.run(images)
        assert found.anomaly_map.shape == (len(images), CANVAS, CANVAS)
        np.testing.assert_allclose(found.score, scored.scores[name], atol=1e-4, rtol=0)
        np.testing.assert_allclose(found.anomaly_map, maps, atol=1e-4, rtol=1e-4)
        assert (found.flagged == (found.score > described["threshold"])).all()
