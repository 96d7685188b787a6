"""Long-tailed numbers of images, and which classes are head and tail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.longtail import (
    by_popularity,
    head_and_tail,
    is_tail,
    long_tailed_counts,
    n_head,
)

COUNTS = st.dictionaries(st.text(min_size=1, max_size=6), st.integers(1, 500), max_size=20)
BETA = st.floats(1, 500, allow_nan=False)


@settings(derandomize=True, deadline=None)
@given(COUNTS, st.sampled_from(("exp", "step")), BETA, st.integers(0, 9))
def test_a_split_falls_from_the_popular_to_the_rare(
    counts: dict[str, int], kind: str, beta: float, seed: int
) -> None:
    kept = long_tailed_counts(counts, kind, beta, seed)  # type: ignore[arg-type]
    assert set(kept) == set(counts)
    assert list(kept) == by_popularity(counts, seed)
    values = list(kept.values())
    assert values == sorted(values, reverse=True)
    assert all(1 <= kept[name] <= counts[name] for name in counts)
    if counts:
        assert values[0] == max(counts.values())
    assert kept == long_tailed_counts(counts, kind, beta, seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["exp", "step"])
def test_beta_is_the_largest_over_the_smallest_where_images_suffice(kind: str) -> None:
    counts = dict.fromkeys("abcdefghijklmno", 40_000)
    kept = list(long_tailed_counts(counts, kind, 100, 0).values())  # type: ignore[arg-type]
    assert (kept[0], kept[-1]) == (40_000, 400)
    if kind == "step":  # as published for MVTec AD: 7 head and 8 tail classes
        assert kept == [40_000] * 7 + [400] * 8
    else:  # every class has the same share of the one before
        ratios = np.array(kept[1:]) / np.array(kept[:-1])
        np.testing.assert_allclose(ratios, 100 ** (-1 / 14), atol=0.01)


def test_the_seed_decides_between_equally_popular_classes_only() -> None:
    orders = {tuple(by_popularity({"a": 5, "b": 9, "c": 5, "d": 5}, seed)) for seed in range(60)}
    assert {order[0] for order in orders} == {"b"}
    assert len(orders) == 6


@pytest.mark.parametrize("beta", [0.5, 0, -3, float("nan"), float("inf")])
def test_no_beta_below_one(beta: float) -> None:
    with pytest.raises(ValueError, match="beta"):
        long_tailed_counts({"a": 3, "b": 2}, "exp", beta, 0)


def test_a_class_without_images_is_refused() -> None:
    with pytest.raises(ValueError, match="without an image"):
        long_tailed_counts({"a": 3, "b": 0}, "step", 10, 0)


def test_half_of_the_classes_rounded_down_are_head() -> None:
    assert [n_head(n) for n in (1, 2, 3, 10, 15)] == [1, 1, 1, 5, 7]


@settings(derandomize=True, deadline=None)
@given(COUNTS)
def test_head_and_tail_are_those_of_the_class_chart(counts: dict[str, int]) -> None:
    found = head_and_tail(counts)
    names = list(counts)
    few = is_tail(np.array([counts[name] for name in names], np.int64))
    tail = {name for name, rare in zip(names, few, strict=True) if rare}
    if found is None:
        assert not tail
        return
    assert set(found.tail) == tail
    assert set(found.head) == set(names) - tail
    order = [counts[name] for name in (*found.head, *found.tail)]
    assert order == sorted(order, reverse=True)
