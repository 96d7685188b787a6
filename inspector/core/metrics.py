"""Image-level metrics over a set of scored images (METHODS section 5): AUROC, AP, F1-max.

Labels are booleans, true for defective; scores are finite, higher for more anomalous. Where only
one label exists, a metric is undefined and therefore None, never 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class BestF1:
    """The largest F1 score that any threshold reaches.

    Attributes:
        f1: F1 of the defective label, in [0, 1].
        threshold: Largest score still called OK when it is reached: `score > threshold` is NG.
    """

    f1: float
    threshold: float


def auroc(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Area under the ROC curve: how often a random defective image outscores a random good one.

    Args:
        labels: (N,) bool, true for defective.
        scores: (N,) float, finite.

    Returns:
        The area in [0, 1], ties counted half; None where only one label exists.

    Raises:
        ValueError: Shapes differ, or a score is not finite.
    """
    truth, values = _checked(labels, scores)
    if not _both_labels(truth):
        return None
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, values))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """Average precision, the step-wise area under the precision-recall curve.

    Arguments, undefined case and errors as for `auroc`.
    """
    truth, values = _checked(labels, scores)
    if not _both_labels(truth):
        return None
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, values))


def f1_max(labels: ArrayLike, scores: ArrayLike) -> float | None:
    """The largest F1 over all thresholds. Arguments, undefined case and errors as for `auroc`."""
    best = best_f1(labels, scores)
    return None if best is None else best.f1


def best_f1(labels: ArrayLike, scores: ArrayLike) -> BestF1 | None:
    """The largest F1 together with the lowest threshold that reaches it.

    Arguments, undefined case and errors as for `auroc`.
    """
    truth, values = _checked(labels, scores)
    if not _both_labels(truth):
        return None
    from sklearn.metrics import precision_recall_curve

    # Each threshold here means `score >= threshold`; the last point (recall 0) has none.
    precision, recall, thresholds = precision_recall_curve(truth, values)
    total = precision[:-1] + recall[:-1]
    f1 = 2 * precision[:-1] * recall[:-1] / np.where(total > 0, total, 1)
    best = int(np.argmax(f1))
    below = thresholds[best - 1] if best > 0 else np.nextafter(thresholds[0], -np.inf)
    return BestF1(float(f1[best]), float(below))


def _checked(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    truth = np.asarray(labels, dtype=np.bool_)
    values = np.asarray(scores, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != values.shape:
        raise ValueError(f"labels {truth.shape} and scores {values.shape} must be (N,) alike")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return truth, values


def _both_labels(truth: NDArray[np.bool_]) -> bool:
    return bool(truth.any()) and not bool(truth.all())
