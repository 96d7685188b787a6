"""Which classes a fit knows, and which images of them a step sees."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.tails import Classes, cluster, draw

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=6)


def classes_of(sizes: list[int]) -> Classes:
    ends = np.cumsum([0, *sizes])
    rows = tuple(tuple(range(a, b)) for a, b in pairwise(ends.tolist()))
    return Classes(tuple(f"c{n}" for n in range(len(sizes))), rows)


@settings(derandomize=True, deadline=None)
@given(SIZES, st.integers(1, 20), st.integers(0, 50), st.integers(0, 5))
def test_a_step_is_a_function_of_seed_and_step(
    sizes: list[int], batch: int, step: int, seed: int
) -> None:
    classes = classes_of(sizes)
    shares = classes.real_shares(0.3)
    drawn = draw(classes, shares, batch, step, seed)
    again = draw(classes, shares, batch, step, seed)
    assert (drawn.rows, drawn.classes) == (again.rows, again.classes)
    assert np.array_equal(drawn.synthetic, again.synthetic)
    assert drawn.classes == classes.of(drawn.rows)
    assert len(drawn.rows) == len(drawn.synthetic) == batch


def test_rare_classes_come_as_often_and_are_made_up_more_often() -> None:
    classes = classes_of([100, 50, 4])
    shares = classes.real_shares(0.2)
    np.testing.assert_allclose(shares, [1.0, 0.5, 0.2])
    seen = [draw(classes, shares, 32, step, 0) for step in range(300)]
    labels = np.concatenate([d.classes for d in seen])
    made = np.concatenate([d.synthetic for d in seen])
    np.testing.assert_allclose(np.bincount(labels) / len(labels), 1 / 3, atol=0.02)
    found = [float(made[labels == c].mean()) for c in range(3)]
    np.testing.assert_allclose(found, [0.0, 0.5, 0.8], atol=0.03)
    assert {row for d in seen for row in d.rows} == set(range(154))


@settings(derandomize=True, deadline=None)
@given(SIZES, st.integers(0, 5))
def test_held_out_images_are_a_tenth_and_leave_no_class_empty(sizes: list[int], seed: int) -> None:
    classes = classes_of(sizes)
    kept, held = classes.without_held_out(seed)
    assert kept.names == classes.names
    rows = [row for members in kept.rows for row in members]
    assert sorted([*rows, *held]) == list(range(sum(sizes)))
    assert all(kept.rows)
    expected = [size // 10 for size in sizes]
    largest = int(np.argmax(sizes))
    if sizes[largest] > 1:
        expected[largest] = max(1, expected[largest])
    assert [a - len(b) for a, b in zip(sizes, kept.rows, strict=True)] == expected


def blobs(seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    centres = 10 * rng.standard_normal((4, 12))
    truth = np.repeat(np.arange(4), [40, 25, 12, 6])
    return centres[truth] + rng.standard_normal((len(truth), 12)), truth


@pytest.mark.parametrize("count", [0, 4])
def test_clusters_are_found_without_labels(count: int) -> None:
    from sklearn.metrics import adjusted_rand_score

    looks, truth = blobs()
    found = cluster(looks, count, seed=0)
    assert adjusted_rand_score(truth, found) == 1.0
    assert np.bincount(found).tolist() == [40, 25, 12, 6]  # the largest is the first
    assert np.array_equal(found, cluster(looks, count, seed=0))


def test_as_many_clusters_as_asked_for() -> None:
    looks, _ = blobs()
    assert len(np.unique(cluster(looks, 7, seed=1))) == 7
    assert cluster(looks[:1], 0, seed=0).tolist() == [0]
    assert len(cluster(looks[:3], 9, seed=0)) == 3
