"""The training job: features → detector → statistics → aligners → model folder."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

import inspector
from inspector.core.longtail import head_and_tail
from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.backbones import Backbone, load_backbone
from inspector.engine.detectors.base import Detector
from inspector.engine.device import Device, make_repeatable, resolve_device
from inspector.engine.model_files import build_detector, save_model
from inspector.engine.pipeline import Pipeline
from inspector.engine.scorers import Scorer, build_scorer
from inspector.engine.tiling import tile_rows
from inspector.errors import InspectorError
from inspector.jobs.catalogue import find_method, load_object
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.parameters import planned_steps
from inspector.jobs.processes import check_split
from inspector.jobs.runtime_choice import runtime_version
from inspector.jobs.spec import MODEL_FOLDER, TrainJob
from inspector.project.snapshots import (
    Snapshot,
    SnapshotEntry,
    read_snapshot,
    require_normal_training,
)
from training import distributed
from training.alignment import AlignmentData, Fitted, fit_aligners, stage_names
from training.computing import choose_runtime, fitting_device
from training.features import (
    FeatureCache,
    FeatureSource,
    Filled,
    LiveFeatures,
    ObservedPixels,
    Pixels,
)
from training.fitting import Assignment
from training.normal_statistics import NormalStatistics, measure, put_together
from training.painted import PaintedImage, read_painted
from training.run import Run
from training.sampling import fold_of

DEFAULT_ALIGNMENT = "cada"
_FEWEST_FOR_FOLDS = 6  # below, a held-out part would leave next to nothing to learn from
_VALIDATION_IMAGES = 16


@dataclass(frozen=True, slots=True)
class _Training:
    """What all stages of one training share."""

    job: TrainJob
    run: Run
    snapshot: Snapshot
    entries: Sequence[SnapshotEntry]
    backbone: Backbone
    exact: Device  # for features and statistics: float32
    device: Device  # for the fits: may be bfloat16
    source: FeatureSource  # of the entries, then of the painted images
    scorer: Scorer  # what is fitted of it is so with the aligners
    painted: Sequence[SnapshotEntry]  # for a method that learns from defects
    defects: tuple[PaintedImage, ...]

    @property
    def images(self) -> range:
        return range(len(self.entries))

    @property
    def parameters(self) -> Any:
        """The method's own struct."""
        return _method_parameters(self.job)


def train(job: TrainJob, run: Run) -> dict[str, Any]:
    """Runs the job in its run folder. Several processes go through it together, as `distributed`
    tells; once the detectors are fitted, only the first goes on.

    Returns:
        What was made: the model folder's name within the run folder.

    Raises:
        InspectorError: No normal images, no weights, no such device.
    """
    check_split(_method_parameters(job), distributed.size())
    folder = run.folder / MODEL_FOLDER
    if folder.exists():  # a resumed run that was killed right after saving
        run.checkpoints.clear()
        return {"model": MODEL_FOLDER, "steps": read_model_card(folder).steps["detector"]}
    snapshot = read_snapshot(Path(job.snapshot))
    entries = _normal_entries(snapshot)
    folds = _folds(job, len(entries), run)
    n_folds = 0 if folds is None else int(folds.max()) + 1
    fold_stages = [f"fold-{fold + 1}" for fold in range(n_folds)] if _crosses(job) else []
    fit_stages = [stage.name for stage in find_method(job.method).stages]
    run.plan("features", *fit_stages, *fold_stages, "measure", *stage_names(n_folds), "save")

    make_repeatable(job.common.seed)
    training = _prepare(job, run, snapshot, entries)
    entries = training.entries
    if folds is not None and len(entries) < len(folds):
        folds = _folds(job, len(entries), run)

    planned = planned_steps(training.parameters, len(training.entries))
    detector = _fit_detector(training, training.images, [], planned)
    steps = run.steps_done()
    if steps < planned:
        run.note(f"Stopped early after {steps} of {planned} steps.")
    held_out = None
    if folds is not None and _crosses(job):
        held_out = _cross_fit(training, folds, steps, detector)
    if not distributed.is_first():
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

    run.begin("save", "Saving the model")
    pipeline = Pipeline(
        detector, fitted.aligners, DEFAULT_ALIGNMENT, scorer, training.source.tiling
    )
    card = _card(training, fitted, steps, data)
    save_model(folder, pipeline, card)
    run.progress(1, 1, "models")
    run.checkpoints.clear()
    return {"model": MODEL_FOLDER, "steps": steps}


def _method_parameters(job: TrainJob) -> Any:
    return msgspec.convert(job.method_parameters, find_method(job.method).parameters)


def _normal_entries(snapshot: Snapshot) -> Sequence[SnapshotEntry]:
    """The images to learn what is normal from: none on which somebody painted a defect."""
    entries = [e for e in require_normal_training(snapshot) if not e.annotations]
    if not entries:
        raise InspectorError(
            "A defect is painted on every image of good parts.",
            "Remove the masks of those that are good, or import more images of good parts.",
        )
    return entries


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


def _prepare(
    job: TrainJob, run: Run, snapshot: Snapshot, entries: Sequence[SnapshotEntry]
) -> _Training:
    run.begin("features", "Computing features")
    with distributed.first_before_others(run.check):  # one fetches the weights for all
        backbone = load_backbone(
            job.common.backbone,
            lambda done, all_: run.progress(done, all_, "B"),
            kinds=find_method(job.method).kinds,
        )
    # Features and statistics are exact, as scoring is; only the fit may take a shorter format.
    exact = resolve_device(job.device, "float32")
    exact.place(backbone)
    with distributed.first_before_others(run.check):  # one makes the graph for all
        choose_runtime(job, run, backbone, exact)
    painted = snapshot.annotated() if find_method(job.method).learns_from_defects else ()
    source, rows, problems = _features(job, run, backbone, [*entries, *painted], exact)
    for problem in problems:
        run.note(f"Left out of training: {problem}")
    readable = [entries[row] for row in rows if row < len(entries)]
    if not readable:
        raise InspectorError(
            "None of the normal images can be read any more.", "Import their folder again."
        )
    with_defects = [painted[row - len(entries)] for row in rows if row >= len(entries)]
    defects = tuple(
        PaintedImage(source, image, read_painted(entry))
        for image, entry in enumerate(with_defects, len(readable))
    )
    with distributed.first_before_others(run.check):  # one measures for all
        device = fitting_device(job, run, backbone, source)
    percent = source.tiling.percent_of_canvas(job.common.score_percent)
    scorer = build_scorer(job.common.image_scorer, percent, VARIANTS)
    exact.place(scorer)
    return _Training(
        job, run, snapshot, readable, backbone, exact, device, source, scorer, with_defects, defects
    )


def _features(
    job: TrainJob,
    run: Run,
    backbone: Backbone,
    entries: Sequence[SnapshotEntry],
    exact: Device,
) -> Filled:
    tiling = job.common.tiling
    detector: type[Detector] = load_object(find_method(job.method).detector)
    extractor = Pixels() if detector.needs_images else backbone
    cache = FeatureCache(Path(job.cache), extractor, tiling, exact)
    if distributed.exchange(cache.fits(entries))[0]:
        found = cache.fill(entries, run.progress)
    else:
        run.note("The feature cache would not fit the disk; features are computed in every step.")
        found = LiveFeatures.of_readable(extractor, entries, tiling, exact, run.progress)
    if detector.needs_images:
        return found._replace(source=ObservedPixels(found.source, backbone))
    return found


def _fit_detector(
    training: _Training,
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
    training: _Training, folds: NDArray[np.int64], steps: int, detector: Detector
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


def _card(
    training: _Training,
    fitted: Fitted,
    steps: int,
    data: AlignmentData,
) -> ModelCard:
    job, snapshot, backbone = training.job, training.snapshot, training.backbone
    counts = Counter(entry.class_name for entry in training.entries)
    thresholds = fitted.thresholds
    default = thresholds[DEFAULT_ALIGNMENT]
    if not default.supported:
        training.run.note(
            f"{len(default.calibration_scores)} normal images are too few to promise a "
            f"false-positive rate of {default.target_false_positive_rate:.1%}; the threshold is "
            "the highest score among them."
        )
    statistics = "on the images the detector was fitted on (the paper's way)"
    if data.held_out and data.folds is not None:
        n_folds = int(data.folds.max()) + 1
        statistics = f"on held-out normal images, cross-fitted in {n_folds} folds"
    assert backbone.weights is not None
    return ModelCard(
        method=job.method,
        preset=job.preset,
        backbone=backbone.name,
        backbone_sha256=backbone.weights.sha256,
        image_size=job.common.image_size,
        tiles=training.source.tiling.count,
        tile_overlap=training.source.tiling.overlap,
        score_percent=job.common.score_percent,
        image_scorer=job.common.image_scorer,
        alignments=list(thresholds),
        default_alignment=DEFAULT_ALIGNMENT,
        alignment_statistics=statistics,
        thresholds=thresholds,
        class_names=sorted(counts),
        training_images=dict(sorted(counts.items())),
        windows={e.class_name: e.window for e in training.entries if e.window is not None},
        parameters={
            "common": msgspec.to_builtins(job.common),
            "alignment": msgspec.to_builtins(job.alignment),
            job.method: job.method_parameters,
        },
        snapshot_id=snapshot.snapshot_id,
        snapshot_digest=snapshot.digest,
        seed=job.common.seed,
        device=training.device.name,
        precision=training.device.precision,
        steps={"detector": steps, **fitted.steps},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={
            "inspector": inspector.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "timm", "numpy")},
            **{name: runtime_version(name) for name in (backbone.computed_by,) if name},
        },
        notes=list(training.run.notes),
        long_tail=snapshot.long_tail.classes if snapshot.long_tail else head_and_tail(counts),
        split=job.split,
        processes=distributed.size(),
        annotated_images=sorted({entry.sha256 for entry in training.painted}),
        parent=job.parent,
    )
