"""What a training writes on its model's card: what made it."""

from __future__ import annotations

import platform
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

import inspector
from inspector.core.longtail import head_and_tail
from inspector.jobs.model_card import ModelCard
from inspector.jobs.runtime_choice import runtime_version
from training.alignment import AlignmentData, Fitted
from training.preparing import Training

DEFAULT_ALIGNMENT = "cada"


def card_of(training: Training, fitted: Fitted, steps: int, data: AlignmentData) -> ModelCard:
    """The card of a model that a training has just made.

    Args:
        training: What its stages shared.
        fitted: Aligners and thresholds.
        steps: How many steps the detector was fitted for.
        data: What the aligners were fitted on.
    """
    job, snapshot, backbone = training.job, training.snapshot, training.backbone
    counts = Counter(entry.class_name for entry in training.entries)
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
        alignments=list(fitted.thresholds),
        default_alignment=DEFAULT_ALIGNMENT,
        alignment_statistics=_statistics(data),
        thresholds=fitted.thresholds,
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
        versions=_versions(backbone.computed_by),
        notes=list(training.run.notes),
        long_tail=snapshot.long_tail.classes if snapshot.long_tail else head_and_tail(counts),
        split=job.split,
        processes=training.processes,
        annotated_images=sorted({entry.sha256 for entry in training.painted}),
        parent=job.parent,
    )


def _statistics(data: AlignmentData) -> str:
    """Where the aligners' statistics come from."""
    if data.held_out and data.folds is not None:
        n_folds = int(data.folds.max()) + 1
        return f"on held-out normal images, cross-fitted in {n_folds} folds"
    return "on the images the detector was fitted on (the paper's way)"


def _versions(runtime: str) -> dict[str, str]:
    """Of what computed: libraries, and the runtime of the features where it is not torch."""
    return {
        "inspector": inspector.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "timm", "numpy")},
        **({runtime: runtime_version(runtime)} if runtime else {}),
    }
