"""Which images a step sees: a pure function of seed and step, so that resuming needs no state."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def batch_rows(rows: Sequence[int], batch_size: int, step: int, seed: int) -> list[int]:
    """The rows of one step: epochs of shuffled rows, laid end to end.

    Args:
        rows: What may be drawn; must not be empty.
        batch_size: How many per step; may exceed the number of rows.
        step: Step number from 0.
        seed: Seed of the order.
    """
    n = len(rows)
    first = step * batch_size
    return [
        rows[_epoch_order(n, seed, position // n)[position % n]]
        for position in range(first, first + batch_size)
    ]


def fold_of(n: int, folds: int, seed: int) -> NDArray[np.int64]:
    """A fold in [0, folds) for each of n images, shuffled, sizes differing by one at most."""
    numbers = np.arange(n) % folds
    shuffled: NDArray[np.int64] = np.random.default_rng([seed, 0xF01D]).permutation(numbers)
    return shuffled


@lru_cache(maxsize=4)
def _epoch_order(n: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(n)
