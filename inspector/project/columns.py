"""The images of a project as numpy columns: so lists of 100 000 are filtered and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.samples import Split, Truth
from inspector.project.records import StoredImage

SPLITS: tuple[Split, ...] = tuple(Split)
TRUTHS: tuple[Truth, ...] = tuple(Truth)


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """N images, one row each, in the order of their ids.

    Attributes:
        images: The images themselves.
        ids: (N,) int64, ascending.
        class_names: Names of the classes, in alphabetical order.
        classes: (N,) int32, positions in `class_names`.
        splits: (N,) uint8, positions in `SPLITS`.
        truths: (N,) uint8, positions in `TRUTHS`.
        has_problem: (N,) bool, whether the image cannot be used.
        is_training: (N,) bool, whether a training learns from it as normal.
        is_test: (N,) bool, whether an evaluation judges by it (as `Snapshot.test` says).
    """

    images: tuple[StoredImage, ...]
    ids: NDArray[np.int64]
    class_names: tuple[str, ...]
    classes: NDArray[np.int32]
    splits: NDArray[np.uint8]
    truths: NDArray[np.uint8]
    has_problem: NDArray[np.bool_]
    is_training: NDArray[np.bool_]
    is_test: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    def rows_of(self, image_ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Row of each id; −1 where there is no such image. Shapes (M,) -> (M,)."""
        if len(self.ids) == 0:
            return np.full(len(image_ids), -1, np.intp)
        found = np.searchsorted(self.ids, image_ids)
        rows = np.minimum(found, len(self.ids) - 1)
        return np.where(self.ids[rows] == image_ids, rows, -1)


def image_columns(images: Sequence[StoredImage]) -> ImageColumns:
    """The columns of some images, which must come in the order of their ids."""
    records = [image.record for image in images]
    names = tuple(sorted({record.class_name for record in records}))
    codes = {name: code for code, name in enumerate(names)}
    count = len(records)
    classes = np.fromiter((codes[r.class_name] for r in records), np.int32, count)
    splits = np.fromiter((SPLITS.index(r.split) for r in records), np.uint8, count)
    truths = np.fromiter((TRUTHS.index(r.truth) for r in records), np.uint8, count)
    problem = np.fromiter((r.problem is not None for r in records), np.bool_, count)
    train, test = SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST)
    good, unknown = TRUTHS.index(Truth.GOOD), TRUTHS.index(Truth.UNKNOWN)
    unassigned = SPLITS.index(Split.UNASSIGNED)
    learns = ~problem & (truths == good) & ((splits == train) | (splits == unassigned))
    with_test = np.zeros(max(len(names), 1), np.bool_)
    with_test[classes[(splits == test) & ~problem]] = True
    of_test = np.where(with_test[classes], splits == test, (splits != train) & ~learns)
    return ImageColumns(
        images=tuple(images),
        ids=np.fromiter((image.image_id for image in images), np.int64, count),
        class_names=names,
        classes=classes,
        splits=splits,
        truths=truths,
        has_problem=problem,
        is_training=learns,
        is_test=of_test & (truths != unknown) & ~problem,
    )
