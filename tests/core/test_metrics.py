"""Image-level metrics against scikit-learn and against brute force over all thresholds."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import metrics

# Few distinct scores, so that ties across labels are common.
_images = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=1, max_size=40)


@settings(derandomize=True, deadline=None)
@given(_images)
def test_agrees_with_references(images: list[tuple[bool, int]]) -> None:
    labels = np.array([label for label, _ in images])
    scores = np.array([score / 3 for _, score in images])
    if labels.all() or not labels.any():
        assert metrics.auroc(labels, scores) is None
        assert metrics.average_precision(labels, scores) is None
        assert metrics.f1_max(labels, scores) is None
        assert metrics.best_f1(labels, scores) is None
        return
    pairs = scores[labels][:, None] - scores[~labels][None]
    assert metrics.auroc(labels, scores) == pytest.approx((np.sign(pairs) / 2 + 0.5).mean())
    assert metrics.average_precision(labels, scores) == pytest.approx(
        sklearn.metrics.average_precision_score(labels, scores)
    )
    brute = max(sklearn.metrics.f1_score(labels, scores >= t) for t in scores)
    assert metrics.f1_max(labels, scores) == pytest.approx(brute)


@settings(derandomize=True, deadline=None)
@given(_images)
def test_best_f1_threshold_reaches_it_under_the_rule(images: list[tuple[bool, int]]) -> None:
    labels = np.array([label for label, _ in images])
    scores = np.array([score / 3 for _, score in images])
    best = metrics.best_f1(labels, scores)
    if best is not None:
        assert sklearn.metrics.f1_score(labels, scores > best.threshold) == pytest.approx(best.f1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_must_be_finite(bad: float) -> None:
    for function in (metrics.auroc, metrics.average_precision, metrics.f1_max, metrics.best_f1):
        with pytest.raises(ValueError, match="finite"):
            function([True, False], [bad, 0.0])


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="alike"):
        metrics.auroc([True, False], [1.0])


def test_nothing_at_all_is_undefined() -> None:
    assert metrics.auroc([], []) is None
    assert metrics.f1_max([], []) is None
