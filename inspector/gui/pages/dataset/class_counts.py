"""How many images of what kind each class has, largest class first, and where the tail begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inspector.core.longtail import tail_limit
from inspector.core.samples import Truth
from inspector.project.columns import TRUTHS, ImageColumns
from inspector.project.splits import SplitFile


@dataclass(frozen=True, slots=True)
class ClassCount:
    """The usable images of one class, each in one number.

    Attributes:
        name: The class.
        train_good: Good ones to learn from.
        test_good: Other good ones.
        defective, unknown: Of that truth.
        is_tail: Whether it is one of the classes with few images.
        left_out: Good ones that the split in force keeps out of trainings.
    """

    name: str
    train_good: int
    test_good: int
    defective: int
    unknown: int
    is_tail: bool
    left_out: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        counted = self.train_good + self.test_good + self.defective + self.unknown
        return counted + self.left_out


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """All classes.

    Attributes:
        classes: By number of images to learn from (of all images where there are none of those).
        limit: A class with fewer belongs to the tail.
        by_training: Whether images to learn from were counted for order and tail.
        by_split: Whether a long-tailed split says which classes are head and tail.
    """

    classes: tuple[ClassCount, ...] = ()
    limit: int = 0
    by_training: bool = True
    by_split: bool = False

    @property
    def n_tail(self) -> int:
        """Number of classes in the tail."""
        return sum(each.is_tail for each in self.classes)


def count_classes(columns: ImageColumns) -> ClassCounts:
    """Counts the images without a problem."""
    n_classes = len(columns.class_names)
    good, unknown = TRUTHS.index(Truth.GOOD), TRUTHS.index(Truth.UNKNOWN)
    usable = ~columns.has_problem

    def counted(which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[int]:
        counts: list[int] = np.bincount(
            columns.classes[which & usable], minlength=n_classes
        ).tolist()
        return counts

    trained = counted(columns.is_training)
    tested = counted((columns.truths == good) & ~columns.is_training)
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


def counts_under(counts: ClassCounts, split: SplitFile) -> ClassCounts:
    """What a split makes of the classes: its head first, then its tail, and at the end classes
    without images to learn from, which it does not know."""
    known = {each.name: each for each in counts.classes}
    kept = [
        replace(
            known[name],
            train_good=number,
            left_out=known[name].train_good - number,
            is_tail=name in split.tail,
        )
        for name, number in split.counts.items()
        if name in known
    ]
    others = [
        replace(each, is_tail=True) for each in counts.classes if each.name not in split.counts
    ]
    return ClassCounts(tuple(kept + others), 0, by_split=True)


def counts_of(split: SplitFile) -> ClassCounts:
    """Only what a split was drawn from, for a look at it."""
    return ClassCounts(
        tuple(
            ClassCount(name, kept, 0, 0, 0, name in split.tail, split.available[name] - kept)
            for name, kept in split.counts.items()
        ),
        by_split=True,
    )
