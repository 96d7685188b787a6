"""The training job: features → detector → statistics → aligners → model folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.engine.detectors.base import Detector
from inspector.engine.device import make_repeatable
from inspector.engine.model_files import build_detector, save_model
from inspector.engine.pipeline import Pipeline
from inspector.engine.tiling import tile_rows
from inspector.jobs.catalogue import find_method, load_object
from inspector.jobs.model_card import read_model_card
from inspector.jobs.parameters import planned_steps
from inspector.jobs.processes import check_split
from inspector.jobs.spec import MODEL_FOLDER, TrainJob
from inspector.project.snapshots import (
    read_snapshot,
)
from training import distributed
from training.alignment import AlignmentData, Fitted, fit_aligners, stage_names
from training.cards import DEFAULT_ALIGNMENT, card_of
from training.fitting import Assignment
from training.normal_statistics import NormalStatistics, measure, put_together
from training.preparing import Training, method_parameters, normal_entries, prepare
from training.run import Run
from training.sampling import fold_of

_FEWEST_FOR_FOLDS = 6  # below, a held-out part would leave next to nothing to learn from
_VALIDATION_IMAGES = 16


def train(job: TrainJob, run: Run) -> dict[str, Any]:
    """Runs the job in its run folder. Several processes go through it together, as `distributed`
    tells; once the detectors are fitted, only the first goes on.

    Returns:
        What was made: the model folder's name within the run folder.

    Raises:
        InspectorError: No normal images, no weights, no such device.
    """
    check_split(method_parameters(job), distributed.size())
    folder = run.folder / MODEL_FOLDER
    if folder.exists():  # a resumed run that was killed right after saving
        run.checkpoints.clear()
        return {"model": MODEL_FOLDER, "steps": read_model_card(folder).steps["detector"]}
    snapshot = read_snapshot(Path(job.snapshot))
    entries = normal_entries(snapshot)
    folds = _folds(job, len(entries), run)
    n_folds = 0 if folds is None else int(folds.max()) + 1
    fold_stages = [f"fold-{fold + 1}" for fold in range(n_folds)] if _crosses(job) else []
    fit_stages = [stage.name for stage in find_method(job.method).stages]
    run.plan("features", *fit_stages, *fold_stages, "measure", *stage_names(n_folds), "save")

    make_repeatable(job.common.seed)
    training = prepare(job, run, snapshot, entries)
    entries = training.entries
    if folds is not None and len(entries) < len(folds):
        folds = _folds(job, len(entries), run)

    detector, steps = _fit_all(training)
    held_out = None
    if folds is not None and _crosses(job):
        held_out = _cross_fit(training, folds, steps, detector)
    if not distributed.part(run.check):
        return {}

    run.begin("measure", "Measuring normal images")
    scorer = training.scorer
    own = measure(detector, training.source, training.images, scorer, training.exact, run)
    data = AlignmentData(
        descriptors=own.descriptors,
        statistics=own.statistics if held_out is None else held_out,
        held_out=held_out is not None,
        class_names=[entry.class_name for entry in entries],
        folds=folds,
    )
    fitted = fit_aligners(
        data, scorer, job.alignment, job.common.target_false_positive_rate, run, job.common.seed
    )

    _say_if_too_few(fitted, run)

    run.begin("save", "Saving the model")
    pipeline = Pipeline(
        detector, fitted.aligners, DEFAULT_ALIGNMENT, scorer, training.source.tiling
    )
    card = card_of(training, fitted, steps, data)
    save_model(folder, pipeline, card)
    run.progress(1, 1, "models")
    run.checkpoints.clear()
    return {"model": MODEL_FOLDER, "steps": steps}


def _fit_all(training: Training) -> tuple[Detector, int]:
    """The detector of all images, and after how many steps it was done."""
    planned = planned_steps(training.parameters, len(training.entries))
    detector = _fit_detector(training, training.images, [], planned)
    steps = training.run.steps_done()
    if steps < planned:
        training.run.note(f"Stopped early after {steps} of {planned} steps.")
    return detector, steps


def _crosses(job: TrainJob) -> bool:
    """Whether detectors are fitted without a part of the images, to take statistics there."""
    return job.alignment.statistics == "cross-fitted"


def _folds(job: TrainJob, n_images: int, run: Run) -> NDArray[np.int64] | None:
    if n_images < _FEWEST_FOR_FOLDS:
        run.note(
            f"With only {n_images} normal images none could be held out: the alignment and the "
            "threshold come from the images that the detector learned on and are optimistic."
        )
        return None
    return fold_of(n_images, min(job.alignment.folds, n_images // 2), job.common.seed)


def _fit_detector(
    training: Training,
    images: Sequence[int],
    held_out: Sequence[int],
    steps: int,
    repeats: Detector | None = None,
) -> Detector:
    """A fresh detector fitted on some images, or on their tiles; the same seed for every fold,
    hence the same start.
    """
    job, tiling = training.job, training.source.tiling
    torch.manual_seed(job.common.seed)
    detector = build_detector(job.method, training.backbone)
    training.device.place(detector)
    some = list(held_out[:: max(1, len(held_out) // _VALIDATION_IMAGES)])
    if not distributed.is_first():
        some = []

    def validate(step: int) -> None:
        if some:
            found = measure(detector, training.source, some, training.scorer, training.exact)
            training.run.metric("validation_score", step, float(found.statistics.score.mean()))

    task = Assignment(
        source=training.source,
        rows=tile_rows(images, tiling),
        entries=[entry for entry in training.entries for _ in range(tiling.tiles)],
        parameters=training.parameters,
        device=training.device,
        seed=job.common.seed,
        steps=steps,
        validate=validate,
        painted=training.defects,
        muted=job.muted,
        repeats=repeats,
    )
    for stage in find_method(job.method).stages:
        if repeats is None:  # a fold is one stage
            training.run.begin(stage.name, stage.title)
        fit: Callable[[Detector, Assignment, Run], None] = load_object(stage.fit)
        fit(detector, task, training.run)
    return detector


def _cross_fit(
    training: Training, folds: NDArray[np.int64], steps: int, detector: Detector
) -> NormalStatistics | None:
    """Statistics of every image by a detector that was fitted without it.

    None where the user ended a fold early: then those of the fitted images must do.
    """
    n_folds = int(folds.max()) + 1
    parts: list[NormalStatistics] = []
    rows: list[int] = []
    run = training.run
    for fold in range(n_folds):
        run.begin(f"fold-{fold + 1}", f"Holding out part {fold + 1} of {n_folds}")
        others = np.flatnonzero(folds != fold).tolist()
        held_out = np.flatnonzero(folds == fold).tolist()
        fitted = _fit_detector(training, others, held_out, steps, repeats=detector)
        if run.ended_early():
            run.note(
                "Holding out was ended early: the alignment and the threshold come from the images "
                "that the detector learned on and are optimistic."
            )
            return None
        if not distributed.is_first():
            continue
        found = measure(fitted, training.source, held_out, training.scorer, training.exact)
        parts.append(found.statistics)
        rows += held_out
    return put_together(parts, rows) if parts else None


def _say_if_too_few(fitted: Fitted, run: Run) -> None:
    default = fitted.thresholds[DEFAULT_ALIGNMENT]
    if not default.supported:
        run.note(
            f"{len(default.calibration_scores)} normal images are too few to promise a "
            f"false-positive rate of {default.target_false_positive_rate:.1%}; the threshold is "
            "the highest score among them."
        )
