"""How long a training will take, judged by this project's earlier runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from inspector.jobs.catalogue import TrainingParameters
from inspector.jobs.events import Event, Hello, Progress, Stage, replay
from inspector.jobs.parameters import planned_steps
from inspector.jobs.spec import TrainJob
from inspector.project.project import Project
from inspector.project.work import TRAIN

_FEWEST_STEPS = 3
"""Below so many steps a rate is mostly warming up."""


class Basis(StrEnum):
    """What an estimate rests on."""

    SAME = "same"  # a run with the same backbone, image size, tiles and batch
    SIMILAR = "similar"  # one with the same backbone, scaled by pixels, tiles and images a step
    NONE = "none"  # no run that can be compared


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that a training will take; None where nothing is known.

    Attributes:
        seconds: In all.
        basis: What it rests on.
        run_id: The run that it was judged by, 0 if none.
    """

    seconds: float | None
    basis: Basis
    run_id: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A training that somebody thinks of starting; device and precision as in `TrainJob`."""

    method: str
    parameters: TrainingParameters
    n_images: int
    device: str = "auto"
    precision: str = "auto"


@dataclass(slots=True)
class Pace:
    """How fast a run was.

    Attributes:
        job: What it was asked to do.
        run_id: Its number.
        n_images: Images that it computed features of, or found computed.
        start_seconds: From the process's start to its first stage.
        seconds, units: By kind of work ("features", "names", "detector", "measure", "cada"): time
            spent and what was done in it.
    """

    job: TrainJob
    run_id: int
    n_images: int = 0
    start_seconds: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    def per_unit(self, stage: str) -> float | None:
        """Seconds a step or an image; None where the run says too little."""
        units = self.units.get(stage, 0)
        fewest = _FEWEST_STEPS if stage in ("names", "detector", "cada") else 1
        return self.seconds[stage] / units if units >= fewest else None


def paces(project: Project) -> list[Pace]:
    """The paces of the project's trainings, the newest first. Reads files: not for a GUI thread."""
    found = []
    for run in reversed(project.runs()):
        if run.kind != TRAIN:
            continue
        try:
            job = msgspec.json.decode(run.spec_json, type=TrainJob)
        except msgspec.MsgspecError:
            continue  # of an older Inspector
        found.append(measure_pace(Pace(job, run.run_id), replay(run.folder)))
    return found


def measure_pace(pace: Pace, events: Iterable[Event]) -> Pace:
    """Fills in how fast a run was from what it said."""
    stage, last, hello = "", None, None
    for event in events:
        match event:
            case Hello():
                stage, last, hello = "", None, event
            case Stage():
                if hello is not None:
                    pace.start_seconds, hello = event.time - hello.time, None
                stage, last = _kind_of(event.name), None
            case Progress(unit="steps" | "images" | "naming steps"):
                if stage == "features":
                    pace.n_images = max(pace.n_images, event.total)
                if last is not None and event.unit == last.unit and event.done > last.done:
                    # A fold learns names and then what is normal, in one stage.
                    work = "names" if event.unit == "naming steps" else stage
                    spent = pace.seconds.get(work, 0.0) + event.time - last.time
                    pace.seconds[work] = spent
                    pace.units[work] = pace.units.get(work, 0) + event.done - last.done
                last = event
    return pace


def estimate(asked: Asked, known: Iterable[Pace]) -> Estimate:
    """The time that a training will take, from the best comparable run (`known`: newest first)."""
    comparable = [
        pace
        for pace in known
        if pace.job.method == asked.method
        and pace.job.common.backbone == asked.parameters.common.backbone
        and (pace.job.device, pace.job.precision) == (asked.device, asked.precision)
        and pace.per_unit("detector") is not None
    ]
    if not comparable:
        return Estimate(None, Basis.NONE)
    best = min(comparable, key=lambda pace: _difference(asked, pace))
    tiling = asked.parameters.common.tiling
    cached = max((p.n_images for p in comparable if p.job.common.tiling == tiling), default=0)
    seconds = _seconds(asked, best, max(asked.n_images - cached, 0))
    is_same = _difference(asked, best) == 0
    return Estimate(seconds, Basis.SAME if is_same else Basis.SIMILAR, best.run_id)


def _seconds(asked: Asked, pace: Pace, n_new_images: int) -> float:
    """Start, features of new images, then detector, folds, measuring and aligners."""
    wanted, n_images = asked.parameters, asked.n_images
    pixels = (wanted.common.image_size / pace.job.common.image_size) ** 2
    batch = _batch(wanted.method) / _batch(pace.job.method_parameters)
    steps = planned_steps(wanted.method, n_images)
    step = (pace.per_unit("detector") or 0.0) * pixels * batch
    fit = steps * step + _naming_seconds(wanted.method, pace, pixels)
    aligner_batch = wanted.alignment.batch_size / pace.job.alignment.batch_size
    align = (pace.per_unit("cada") or 0.0) * aligner_batch
    held_out = min(wanted.alignment.folds, n_images // 2)
    parts = held_out if n_images >= 6 else 0
    folds = parts if wanted.alignment.statistics == "cross-fitted" else 0
    tiles = wanted.common.tiling.tiles / pace.job.common.tiling.tiles
    per_image = (pace.per_unit("features") or 0.0) * pixels * tiles
    measure = (pace.per_unit("measure") or 0.0) * pixels * tiles
    return (
        pace.start_seconds
        + n_new_images * per_image
        + (1 + folds) * fit
        + (2 if folds else 1) * n_images * measure
        + (1 + parts) * wanted.alignment.iterations * align  # the last one may be shorter
    )


def _naming_seconds(method: Any, pace: Pace, pixels: float) -> float:
    """What LTAD spends on names before each fit; 0 for the others."""
    if not hasattr(method, "name_iterations"):
        return 0.0
    batch = method.name_batch_size / int(pace.job.method_parameters["name_batch_size"])
    return float(method.name_iterations * (pace.per_unit("names") or 0.0) * pixels * batch)


def _difference(asked: Asked, pace: Pace) -> float:
    """0 where image size, tiles and batch are the same; grows with what has to be scaled."""
    tiles = abs(asked.parameters.common.tiles - pace.job.common.tiles)
    size = abs(asked.parameters.common.image_size - pace.job.common.image_size)
    batch = abs(_batch(asked.parameters.method) - _batch(pace.job.method_parameters))
    return size + tiles + batch


def _batch(method: Any) -> int:
    """Images a step; 1 for a method that does not learn in batches."""
    if isinstance(method, dict):
        return int(method.get("batch_size", 1))
    return int(getattr(method, "batch_size", 1))


def _kind_of(stage: str) -> str:
    """Folds repeat the detector's fit, calibrations the aligner's."""
    if stage.startswith("fold-"):
        return "detector"
    return "cada" if stage.startswith("calibration-") else stage
