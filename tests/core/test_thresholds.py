"""The conformal threshold keeps its promise; decisions follow the rule `score > threshold`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.thresholds import Threshold, confusion, threshold_for_false_positive_rate


def test_takes_the_conformal_quantile() -> None:
    scores = np.arange(1.0, 20.0)  # n = 19, (n + 1)(1 - 0.1) = 18 although it computes as 18.0…
    assert threshold_for_false_positive_rate(scores, 0.1) == Threshold(18.0, 0.1, 19, 1 / 19, True)
    assert threshold_for_false_positive_rate(scores[::-1], 0.05).value == 19.0
    assert threshold_for_false_positive_rate(scores, 0.05).supported


def test_too_few_scores_take_the_largest_and_say_so() -> None:
    threshold = threshold_for_false_positive_rate(np.arange(1.0, 19.0), 0.05)
    assert threshold == Threshold(18.0, 0.05, 18, 0.0, supported=False)
    assert threshold.needed == 19
    assert not threshold_for_false_positive_rate([1.0, 2.0], 0.0).supported
    assert threshold_for_false_positive_rate([1.0, 2.0], 0.0).needed is None


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.floats(0, 0.99))
def test_never_flags_more_than_the_target_of_its_own_scores(
    scores: list[int], target: float
) -> None:
    threshold = threshold_for_false_positive_rate(scores, target)
    assert threshold.attained == np.mean(np.array(scores) > threshold.value) <= target + 1e-9
    assert threshold.value in scores
    assert threshold.supported == (threshold.needed is not None and len(scores) >= threshold.needed)


def test_holds_on_new_scores_on_average() -> None:
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(400):
        draws = rng.exponential(size=199)
        threshold = threshold_for_false_positive_rate(draws[:99], 0.1)
        rates.append(np.mean(draws[99:] > threshold.value))
    # The exact expectation is 10 of 100; the standard error of this mean is below 0.003.
    assert np.mean(rates) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("scores", "target", "words"),
    [([], 0.1, "at least one"), ([np.nan], 0.1, "finite"), ([1.0], 1.0, "target")],
)
def test_refuses_what_gives_no_threshold(scores: list[float], target: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        threshold_for_false_positive_rate(scores, target)


def test_confusion_counts_and_rates() -> None:
    labels = [True, True, True, False, False]
    found = confusion(labels, [0.9, 0.5, 0.1, 0.5, 0.6], 0.5)
    assert (found.tp, found.fp, found.tn, found.fn) == (1, 1, 1, 2)
    assert found.true_positive_rate == pytest.approx(1 / 3)
    assert found.false_positive_rate == found.precision == 0.5
    assert found.accuracy == found.f1 == pytest.approx(0.4)


def test_undefined_rates_are_none() -> None:
    only_good = confusion([False], [0.0], 1.0)
    assert only_good.true_positive_rate is None
    assert only_good.precision is None
    assert only_good.false_positive_rate == 0.0
    assert confusion([], [], 1.0).accuracy is None
    with pytest.raises(ValueError, match="alike"):
        confusion([True], [], 1.0)
