"""Painted defects of a snapshot, as patches to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from inspector.engine.annotating import Entries, PaintedDefect, entries_of_mask, together
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.project.snapshots import SnapshotEntry, read_annotation
from training.features import FeatureSource


@dataclass(frozen=True, slots=True)
class PaintedImage:
    """An image with painted defects: image number `image` of `source`, whose rows are its tiles."""

    source: FeatureSource
    image: int
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
        filtered: See `annotating.painted_entries`.

    Raises:
        InspectorError: A mask is empty.
    """
    found = [entries for image in images for entries in _entries(image, filtered=filtered)]
    return together(found, channels)


def _entries(image: PaintedImage, *, filtered: bool) -> list[Entries]:
    source = image.source
    first = image.image * source.tiling.tiles

    @cache
    def patches_of(tile: int) -> Tensor:
        return as_rows(patch_features(source.batch([first + tile])))[0]

    return [
        entries_of_mask(patches_of, defect, source.tiling, filtered=filtered)
        for defect in image.defects
    ]
