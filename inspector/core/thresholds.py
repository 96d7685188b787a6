"""The one threshold: chosen from normal images alone, and what it does to labelled ones.

The rule everywhere: an image is NG where `score > threshold`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

# Keeps (n + 1)(1 - target) = 18.000000000000004 from asking for one score more than it means.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and the evidence behind it.

    Attributes:
        value: The threshold; a higher score is NG.
        target: False-positive rate asked for, in [0, 1).
        n_scores: Number of normal scores it was chosen from.
        attained: Share of those same scores above `value`, in [0, 1].
        supported: Whether `n_scores` is large enough to promise `target`. Where it is not, `value`
            is the highest normal score seen, and the rate on new images may exceed the target.
    """

    value: float
    target: float
    n_scores: int
    attained: float
    supported: bool

    @property
    def needed(self) -> int | None:
        """Fewest normal scores that support `target`; None where no number does (target 0)."""
        if self.target == 0:
            return None
        return math.ceil((1 - self.target) / self.target - _ROUNDING)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of decisions against truth, and the rates that follow (None where undefined)."""

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def true_positive_rate(self) -> float | None:
        """Share of the defective images that are caught (recall)."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the good images that are flagged."""
        return _ratio(self.fp, self.fp + self.tn)

    @property
    def precision(self) -> float | None:
        """Share of the flagged images that are defective."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def accuracy(self) -> float | None:
        """Share of all images that are decided rightly."""
        return _ratio(self.tp + self.tn, self.tp + self.fp + self.tn + self.fn)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def threshold_for_false_positive_rate(normal_scores: ArrayLike, target: float) -> Threshold:
    """The conformal quantile: on average at most `target` of new normal images score above it.

    It is the k-th smallest of the n scores, k = ceil((n + 1)(1 - target)). This holds for any score
    distribution, provided that the scores come from images that the model was not fitted on.
    With k > n the scores are too few for the target: the largest is taken and `supported` is false.

    Args:
        normal_scores: (N,) float, finite, N ≥ 1; scores of good images.
        target: False-positive rate wanted, 0 ≤ target < 1.

    Raises:
        ValueError: No scores, a score that is not finite, or a target out of range.
    """
    scores = np.sort(np.asarray(normal_scores, dtype=np.float64).ravel())
    n = scores.size
    if n == 0:
        raise ValueError("a threshold needs at least one normal score")
    if not np.isfinite(scores).all():
        raise ValueError("normal scores must be finite")
    if not 0 <= target < 1:
        raise ValueError(f"target false-positive rate {target} is not in [0, 1)")
    k = max(1, math.ceil((n + 1) * (1 - target) - _ROUNDING))
    value = float(scores[min(k, n) - 1])
    return Threshold(value, target, n, float(np.mean(scores > value)), supported=k <= n)


def confusion(labels: ArrayLike, scores: ArrayLike, threshold: float) -> Confusion:
    """Decide `score > threshold` for each image and count against the labels.

    Args:
        labels: (N,) bool, true for defective.
        scores: (N,) float.
        threshold: The decision threshold.

    Raises:
        ValueError: Shapes differ.
    """
    truth = np.asarray(labels, dtype=np.bool_)
    values = np.asarray(scores, dtype=np.float64)
    if truth.shape != values.shape:
        raise ValueError(f"labels {truth.shape} and scores {values.shape} must be alike")
    flagged = values > threshold
    return Confusion(
        tp=int(np.sum(flagged & truth)),
        fp=int(np.sum(flagged & ~truth)),
        tn=int(np.sum(~flagged & ~truth)),
        fn=int(np.sum(~flagged & truth)),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
