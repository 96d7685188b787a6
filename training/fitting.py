"""What a method's fit is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.engine.detectors.base import Detector
from inspector.engine.device import Device
from inspector.project.snapshots import SnapshotEntry
from training.features import FeatureSource
from training.painted import PaintedImage


@dataclass(frozen=True, slots=True)
class Assignment:
    """One fit: of the detector itself, or of one that repeats it without some of the images.

    Attributes:
        source: Features of the normal images, by row: an image, or a tile of one.
        rows: The rows to learn from.
        entries: The image of each row of `source`.
        parameters: The method's own struct.
        device: Of the fit; may be bfloat16.
        seed: Of every random choice.
        steps: How many steps to do: fewer than scheduled where the fit it repeats was ended early.
        validate: To be called with the step a few times on the way, in eval mode.
        painted: Images with painted defects; empty for methods that do not learn from them.
        muted: Painted patches to leave out: (annotation id, row, column on the patch grid).
        repeats: The detector that this fit repeats for held-out images; None for itself.
    """

    source: FeatureSource
    rows: Sequence[int]
    entries: Sequence[SnapshotEntry]
    parameters: Any
    device: Device
    seed: int
    steps: int
    validate: Callable[[int], None]
    painted: Sequence[PaintedImage] = ()
    muted: Collection[tuple[int, int, int]] = ()
    repeats: Detector | None = None
