"""The order of training images, and the folds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.sampling import batch_rows, fold_of

SEEDS = st.integers(0, 2**31 - 1)


@settings(derandomize=True, max_examples=60)
@given(n=st.integers(1, 30), batch_size=st.integers(1, 70), seed=SEEDS)
def test_every_epoch_is_a_permutation_of_the_rows(n: int, batch_size: int, seed: int) -> None:
    rows = [3 + 7 * i for i in range(n)]
    n_steps = -(-3 * n // batch_size)
    drawn = [row for step in range(n_steps) for row in batch_rows(rows, batch_size, step, seed)]
    assert len(drawn) == n_steps * batch_size
    for epoch in range(3):
        assert sorted(drawn[epoch * n : (epoch + 1) * n]) == rows


@settings(derandomize=True, max_examples=30)
@given(
    n=st.integers(1, 30),
    batch_size=st.integers(1, 20),
    seed=SEEDS,
    steps=st.permutations(range(8)),
)
def test_a_step_depends_on_nothing_but_its_number(
    n: int, batch_size: int, seed: int, steps: list[int]
) -> None:
    rows = range(n)
    in_order = {step: batch_rows(rows, batch_size, step, seed) for step in range(8)}
    np.random.seed(steps[0])  # the global generator must not matter
    assert {step: batch_rows(rows, batch_size, step, seed) for step in steps} == in_order


def test_the_order_is_the_same_whatever_the_batch_size() -> None:
    one_by_one = [batch_rows(range(10), 1, step, 5)[0] for step in range(30)]
    in_sixes = [row for step in range(5) for row in batch_rows(range(10), 6, step, 5)]
    assert in_sixes == one_by_one


def test_epochs_and_seeds_differ() -> None:
    epochs = [tuple(batch_rows(range(50), 50, step, 0)) for step in range(6)]
    seeds = [tuple(batch_rows(range(50), 50, 0, seed)) for seed in range(6)]
    assert len(set(epochs)) == 6
    assert len(set(seeds)) == 6


@settings(derandomize=True, max_examples=80)
@given(n=st.integers(1, 200), folds=st.integers(2, 10), seed=SEEDS)
def test_folds_are_balanced(n: int, folds: int, seed: int) -> None:
    found = fold_of(n, folds, seed)
    sizes = np.bincount(found, minlength=folds)
    assert len(found) == n
    assert len(sizes) == folds
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(found, fold_of(n, folds, seed))


@pytest.mark.parametrize("seed", range(5))
def test_folds_cut_across_the_order_of_the_images(seed: int) -> None:
    """Images come sorted by class: no fold may hold out a whole one of three classes of 20."""
    folds = fold_of(60, 3, seed)
    for first, last in pairwise(range(0, 61, 20)):
        assert len(set(folds[first:last])) == 3
    assert not np.array_equal(folds, np.arange(60) % 3)
