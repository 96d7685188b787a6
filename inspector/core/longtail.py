"""Which classes have many images and which have few, and how to make a data set so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TAIL_SHARE = 0.25
"""A class belongs to the tail where it has less than this share of the largest class's images."""

Kind = Literal["exp", "step"]
"""How the numbers of images fall from class to class: geometrically, or in one step."""


def tail_limit(counts: NDArray[np.int64]) -> int:
    """The number of images below which a class belongs to the tail; 0 where there are no classes.

    Args:
        counts: (K,) number of images of each class, >= 0.
    """
    return math.ceil(TAIL_SHARE * int(counts.max(initial=0)))


def is_tail(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which classes belong to the tail: (K,) counts -> (K,) bool."""
    return np.asarray(counts < tail_limit(counts))


@dataclass(frozen=True, slots=True)
class HeadAndTail:
    """The names of the classes with many and with few images, each by number of images."""

    head: tuple[str, ...]
    tail: tuple[str, ...]


def head_and_tail(counts: Mapping[str, int]) -> HeadAndTail | None:
    """Head and tail of a data set as it is: see `is_tail`. None where no class is in the tail."""
    order = sorted(counts, key=lambda name: (-counts[name], name))
    few = is_tail(np.array([counts[name] for name in order], np.int64))
    if not few.any():
        return None
    n_head = int(np.sum(~few))
    return HeadAndTail(tuple(order[:n_head]), tuple(order[n_head:]))


def by_popularity(counts: Mapping[str, int], seed: int) -> list[str]:
    """The class names, the most popular first; the seed decides between equals."""
    names = sorted(counts)
    lots = np.random.default_rng([seed, 0x107]).permutation(len(names))
    return [names[n] for n in sorted(range(len(names)), key=lambda n: (-counts[names[n]], lots[n]))]


def long_tailed_counts(
    counts: Mapping[str, int], kind: Kind, beta: float, seed: int
) -> dict[str, int]:
    """How many images each class keeps in a long-tailed split (METHODS section 4).

    With N the largest number of images and K classes by popularity, "exp" keeps
    N·β^(−rank/(K−1)) of a class, "step" keeps N of the head half (the smaller half where K is odd)
    and N/β of the others; never more than there are, and never fewer than one.

    Args:
        counts: Number of images of each class, each >= 1.
        kind: "exp" or "step".
        beta: Largest number of images divided by the smallest, >= 1.
        seed: Decides which of equally popular classes comes first.

    Returns:
        The numbers by class name, the most popular class first.

    Raises:
        ValueError: β is below 1, or a class has no image.
    """
    if not (math.isfinite(beta) and beta >= 1):
        raise ValueError(f"beta must be at least 1, not {beta}")
    if counts and min(counts.values()) < 1:
        raise ValueError("a class without an image has no place in a split")
    order = by_popularity(counts, seed)
    most = max(counts.values(), default=0)
    kept = {}
    for rank, name in enumerate(order):
        if kind == "exp":
            wanted = most * beta ** (-rank / max(1, len(order) - 1))
        else:
            wanted = most if rank < n_head(len(order)) else most / beta
        kept[name] = min(counts[name], max(1, round(wanted)))
    return kept


def n_head(n_classes: int) -> int:
    """How many of the classes of a long-tailed split are its head: half of them, rounded down."""
    return max(1, n_classes // 2)
