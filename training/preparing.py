"""What all stages of one training share, made ready: images, features, devices, scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.backbones import Backbone, load_backbone
from inspector.engine.detectors.base import Detector
from inspector.engine.device import Device, resolve_device
from inspector.engine.scorers import Scorer, build_scorer
from inspector.errors import InspectorError
from inspector.jobs.catalogue import find_method, load_object
from inspector.jobs.spec import TrainJob
from inspector.project.snapshots import Snapshot, SnapshotEntry, require_normal_training
from training import distributed
from training.computing import choose_runtime, fitting_device
from training.features import (
    FeatureCache,
    FeatureSource,
    Filled,
    LiveFeatures,
    ObservedPixels,
    Pixels,
)
from training.painted import PaintedImage, read_painted
from training.run import Run


@dataclass(frozen=True, slots=True)
class Training:
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
    processes: int  # that learn together

    @property
    def images(self) -> range:
        return range(len(self.entries))

    @property
    def parameters(self) -> Any:
        """The method's own struct."""
        return method_parameters(self.job)


def method_parameters(job: TrainJob) -> Any:
    return msgspec.convert(job.method_parameters, find_method(job.method).parameters)


def normal_entries(snapshot: Snapshot) -> Sequence[SnapshotEntry]:
    """The images to learn what is normal from: none on which somebody painted a defect."""
    entries = [e for e in require_normal_training(snapshot) if not e.annotations]
    if not entries:
        raise InspectorError(
            "A defect is painted on every image of good parts.",
            "Remove the masks of those that are good, or import more images of good parts.",
        )
    return entries


def prepare(
    job: TrainJob, run: Run, snapshot: Snapshot, entries: Sequence[SnapshotEntry]
) -> Training:
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
    return Training(
        job=job,
        run=run,
        snapshot=snapshot,
        entries=readable,
        backbone=backbone,
        exact=exact,
        device=device,
        source=source,
        scorer=scorer,
        painted=with_defects,
        defects=defects,
        processes=distributed.size(),
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
