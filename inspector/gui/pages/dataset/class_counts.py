"""How many images of what kind each class has, largest class first, and where the tail begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.core.longtail import tail_limit
from inspector.core.samples import Split, Truth
from inspector.project.columns import SPLITS, TRUTHS, ImageColumns


@dataclass(frozen=True, slots=True)
class ClassCount:
    """The usable images of one class; unknown ones are in no other number."""

    name: str
    train_good: int
    test_good: int
    defective: int
    unknown: int
    is_tail: bool

    @property
    def total(self) -> int:
        """All of them."""
        return self.train_good + self.test_good + self.defective + self.unknown


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """All classes.

    Attributes:
        classes: By number of images to learn from (of all images where there are none of those).
        limit: A class with fewer belongs to the tail.
        by_training: Whether images to learn from were counted for order and tail.
    """

    classes: tuple[ClassCount, ...] = ()
    limit: int = 0
    by_training: bool = True

    @property
    def n_tail(self) -> int:
        """Number of classes in the tail."""
        return sum(each.is_tail for each in self.classes)


def count_classes(columns: ImageColumns) -> ClassCounts:
    """Counts the images without a problem."""
    n_classes = len(columns.class_names)
    good, unknown = TRUTHS.index(Truth.GOOD), TRUTHS.index(Truth.UNKNOWN)
    usable = ~columns.has_problem
    is_test = columns.splits == SPLITS.index(Split.TEST)

    def counted(which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[int]:
        counts: list[int] = np.bincount(
            columns.classes[which & usable], minlength=n_classes
        ).tolist()
        return counts

    trained = counted((columns.truths == good) & ~is_test)
    tested = counted((columns.truths == good) & is_test)
    bad = counted(columns.truths == TRUTHS.index(Truth.DEFECTIVE))
    open_ = counted(columns.truths == unknown)
    by_training = any(trained)
    all_of = [sum(parts) for parts in zip(trained, tested, bad, open_, strict=True)]
    weights = trained if by_training else all_of
    limit = tail_limit(np.array(weights, np.int64)) if n_classes > 1 else 0
    order = sorted(range(n_classes), key=lambda c: (-weights[c], -all_of[c]))
    return ClassCounts(
        tuple(
            ClassCount(
                columns.class_names[c], trained[c], tested[c], bad[c], open_[c], weights[c] < limit
            )
            for c in order
        ),
        limit,
        by_training,
    )
