"""The images of a project as numpy columns: so lists of 100 000 are filtered and sorted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.samples import Split, Truth
from inspector.project.database import Database
from inspector.project.stored_images import SPLITS, TRUTHS, StoredImages

__all__ = ["SPLITS", "TRUTHS", "ImageColumns", "image_columns", "load_columns"]


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """N images, one row each, in the order of their ids.

    Attributes:
        images: The images themselves, each made when it is asked for: to go through all of them
            takes long, what a column says is there at once.
        ids: (N,) int64, ascending.
        class_names: Names of the classes, in alphabetical order.
        classes: (N,) int32, positions in `class_names`.
        defect_kinds: The kinds of defect, "" among them, in alphabetical order.
        kinds: (N,) int32, positions in `defect_kinds`.
        splits: (N,) uint8, positions in `SPLITS`.
        truths: (N,) uint8, positions in `TRUTHS`.
        file_times: (N,) int64, when the file was changed, in nanoseconds; 0 where not known.
        has_problem: (N,) bool, whether the image cannot be used.
        is_deep: (N,) bool, whether the file has 16 bits a channel.
        is_training: (N,) bool, whether a training learns from it as normal.
        is_test: (N,) bool, whether an evaluation judges by it (as `Snapshot.test` says).
    """

    images: StoredImages
    ids: NDArray[np.int64]
    class_names: tuple[str, ...]
    classes: NDArray[np.int32]
    defect_kinds: tuple[str, ...]
    kinds: NDArray[np.int32]
    splits: NDArray[np.uint8]
    truths: NDArray[np.uint8]
    file_times: NDArray[np.int64]
    has_problem: NDArray[np.bool_]
    is_deep: NDArray[np.bool_]
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


def load_columns(database: Database) -> ImageColumns:
    """The columns of all images of the project."""
    return image_columns(StoredImages.load(database))


def image_columns(images: StoredImages) -> ImageColumns:
    """The columns of some images."""
    names, classes = images.class_names.in_order()
    defect_kinds, kinds = images.defect_kinds.in_order()
    splits = np.array(images.splits.codes, np.uint8)
    truths = np.array(images.truths.codes, np.uint8)
    problem = np.zeros(len(images), np.bool_)
    problem[[row for row, (what, _) in images.problems.items() if what is not None]] = True
    train, test = SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST)
    good, unknown = TRUTHS.index(Truth.GOOD), TRUTHS.index(Truth.UNKNOWN)
    unassigned = SPLITS.index(Split.UNASSIGNED)
    learns = ~problem & (truths == good) & ((splits == train) | (splits == unassigned))
    with_test = np.zeros(max(len(names), 1), np.bool_)
    with_test[classes[(splits == test) & ~problem]] = True
    of_test = np.where(with_test[classes], splits == test, (splits != train) & ~learns)
    return ImageColumns(
        images=images,
        ids=np.array(images.ids, np.int64),
        class_names=names,
        classes=classes,
        defect_kinds=defect_kinds,
        kinds=kinds,
        splits=splits,
        truths=truths,
        file_times=np.array(images.file_times, np.int64),
        has_problem=problem,
        is_deep=np.array(images.bit_depths, np.int64) == 16,
        is_training=learns,
        is_test=of_test & (truths != unknown) & ~problem,
    )
