"""The metrics of both sides, as `inspector evaluate` computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.core.distributions import DEFECTIVE, UNKNOWN, ScoreSet, Side, Tally
from inspector.core.metrics import auroc, average_precision, f1_max


@dataclass(frozen=True, slots=True)
class SideNumbers:
    """Metrics of one side; None where undefined.

    Attributes:
        auroc, ap, f1: All classes together, under one threshold.
        class_average: Mean AUROC of the classes that define it.
        per_class: AUROC of each class.
    """

    auroc: float | None = None
    ap: float | None = None
    f1: float | None = None
    class_average: float | None = None
    per_class: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Metrics of both sides."""

    raw: SideNumbers
    aligned: SideNumbers


def numbers_of(score_set: ScoreSet) -> Numbers:
    """Both sides' metrics; imports scikit-learn, so not for the GUI thread."""
    return Numbers(side_numbers(score_set, "raw"), side_numbers(score_set, "aligned"))


def side_numbers(score_set: ScoreSet, side: Side) -> SideNumbers:
    """One side's metrics; images of unknown truth are left out."""
    known = score_set.labels != UNKNOWN
    labels = score_set.labels[known] == DEFECTIVE
    scores = score_set.scores(side)[known]
    classes = score_set.class_index[known]
    per_class = tuple(
        auroc(labels[classes == index], scores[classes == index])
        for index in range(score_set.n_classes)
    )
    defined = [value for value in per_class if value is not None]
    return SideNumbers(
        auroc=auroc(labels, scores),
        ap=average_precision(labels, scores),
        f1=f1_max(labels, scores),
        class_average=float(np.mean(defined)) if defined else None,
        per_class=per_class,
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """How differently one threshold treats the classes: the lowest and the highest share."""

    low: float
    high: float
    low_class: int
    high_class: int


def spread_of(tally: Tally, kind: int) -> Spread | None:
    """Spread of the share flagged among a kind (0 normal, 1 defective); None without any class."""
    totals = tally.totals[:, kind]
    there = np.flatnonzero(totals)
    if there.size == 0:
        return None
    shares = tally.flagged[there, kind] / totals[there]
    low, high = int(shares.argmin()), int(shares.argmax())
    return Spread(float(shares[low]), float(shares[high]), int(there[low]), int(there[high]))
