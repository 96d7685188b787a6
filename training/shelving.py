"""Scoring that also lays down what learning at once will ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.device import Device
from inspector.engine.pipeline import Pipeline, Scored
from inspector.engine.rescoring import Rescorer
from inspector.jobs.spec import ScoreJob
from inspector.project.snapshots import SnapshotEntry
from training.shelf import Shelf, shelf_key

Score = Callable[[Sequence[SnapshotEntry], Tensor], Scored]
"""Scores images (B, 3, canvas, canvas), given with their entries."""


@contextmanager
def scoring_by(
    job: ScoreJob, pipeline: Pipeline, tiling: Tiling, variants: Sequence[str], device: Device
) -> Iterator[Score]:
    """How the images of a job are scored.

    A DMAD that has learned nothing at once yet says all that its shelf is to hold; one that has was
    asked before.
    """

    def plain(entries: Sequence[SnapshotEntry], images: Tensor) -> Scored:
        return pipeline.score(images, [entry.class_name for entry in entries], device, variants)

    detector = pipeline.detector
    is_shelved = isinstance(detector, Dmad) and len(detector.normal) and not len(detector.fresh)
    if not (is_shelved and job.cache):
        yield plain
        return
    with Shelf(Path(job.cache), Path(job.model), device) as shelf:
        rescorer = Rescorer(pipeline, device, tiling, 0, shelf)

        def shelving(entries: Sequence[SnapshotEntry], images: Tensor) -> Scored:
            keys = [shelf_key(entry) for entry in entries]
            names = [entry.class_name for entry in entries]
            scored = rescorer.score(keys, images, names)[0]
            # The shelf holds all variants; the job may want some.
            return replace(
                scored,
                statistics={name: scored.statistics[name] for name in variants},
                scores={name: scored.scores[name] for name in variants},
            )

        yield shelving
