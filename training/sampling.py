"""Which images a step sees: a pure function of seed and step, so that resuming needs no state."""

from __future__ import annotations

import math
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
    """A fold in [0, folds) for each of n images, sizes differing by one at most.

    Of any `folds` neighbours (counted in blocks) each is in another fold. Images of one class stand
    together in a snapshot, so every class is spread over the folds without its name being read.
    """
    generator = np.random.default_rng([seed, 0xF01D])
    blocks = [generator.permutation(folds) for _ in range(-(-n // folds))]
    numbers: NDArray[np.int64] = np.concatenate(blocks)[:n].astype(np.int64)
    return numbers


def one_cycle(step: int, total: int) -> float:
    """Share of the learning rate: up in the first twentieth of the steps, then down to 0 as a
    cosine does."""
    warm_up = max(1, total // 20)
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, total - warm_up)))


@lru_cache(maxsize=4)
def _epoch_order(n: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(n)
