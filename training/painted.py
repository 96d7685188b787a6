"""Painted defects of a snapshot, as patches to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.engine.annotating import Entries, PaintedDefect, painted_entries, together
from inspector.project.snapshots import SnapshotEntry, read_annotation
from training.features import FeatureSource


@dataclass(frozen=True, slots=True)
class PaintedImage:
    """An image with painted defects; its features are row `row` of `source`."""

    source: FeatureSource
    row: int
    defects: tuple[PaintedDefect, ...]


def read_painted(entry: SnapshotEntry) -> tuple[PaintedDefect, ...]:
    """The painted masks of an image.

    Raises:
        InspectorError: A mask is missing, damaged or not the one of the snapshot.
    """
    return tuple(
        PaintedDefect(annotation.annotation_id, entry.image_id, read_annotation(annotation))
        for annotation in entry.annotations
    )


def all_painted_entries(
    images: Sequence[PaintedImage], channels: int, *, filtered: bool = True
) -> Entries:
    """The patches of all painted masks, in order of the images.

    Args:
        images: Whose masks count.
        channels: C of a patch.
        filtered: See `painted_entries`.

    Raises:
        InspectorError: A mask is empty.
    """
    found = []
    for image in images:
        features = image.source.batch([image.row])
        found += [
            painted_entries(features, defect, image.source.size, filtered=filtered)
            for defect in image.defects
        ]
    return together(found, channels)
