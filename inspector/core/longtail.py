"""Which classes have many images and which have few."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TAIL_SHARE = 0.25
"""A class belongs to the tail where it has less than this share of the largest class's images."""


def tail_limit(counts: NDArray[np.int64]) -> int:
    """The number of images below which a class belongs to the tail; 0 where there are no classes.

    Args:
        counts: (K,) number of images of each class, >= 0.
    """
    return math.ceil(TAIL_SHARE * int(counts.max(initial=0)))


def is_tail(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which classes belong to the tail: (K,) counts -> (K,) bool."""
    return np.asarray(counts < tail_limit(counts))
