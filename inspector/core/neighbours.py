"""The normal image that looks most like another one, by cosine of their pooled descriptors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CANDIDATES = 10_000
"""Of more, evenly chosen ones are searched: the memory stays small, the look is found as well."""


Vectors = NDArray[np.float16] | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The nearest candidate: which one, and the cosine to it in [−1, 1]."""

    id: int
    similarity: float


class Neighbours:
    """Candidates to search, normalised once.

    Args:
        descriptors: (M, C) float16 or float32, M ≥ 0.
        ids: (M,) what `nearest` calls them, each once.
    """

    def __init__(self, descriptors: Vectors, ids: NDArray[np.int64]) -> None:
        self._ids = ids
        self._units = _normalised(descriptors)

    def nearest(self, descriptor: Vectors, other_than: int) -> Neighbour | None:
        """The candidate most like a descriptor (C,); of equals the first, None without any.

        Args:
            other_than: The id whose descriptor it is: an image is not compared with itself.
        """
        if not len(self._ids):
            return None
        similarity = self._units @ _normalised(descriptor[None])[0]
        similarity[self._ids == other_than] = -np.inf
        best = int(similarity.argmax())
        if not np.isfinite(similarity[best]):
            return None
        return Neighbour(int(self._ids[best]), float(similarity[best]))


def spread_out(candidates: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those to search: all of them, or `MOST_CANDIDATES` evenly chosen ones."""
    if len(candidates) <= MOST_CANDIDATES:
        return candidates
    return candidates[np.linspace(0, len(candidates) - 1, MOST_CANDIDATES).round().astype(np.intp)]


def _normalised(descriptors: Vectors) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros, which has no direction, stays."""
    values = np.asarray(descriptors, np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    units: NDArray[np.float32] = values / np.maximum(lengths, np.float32(1e-12))
    return units


def most_alike(descriptors: Vectors, row: int, count: int) -> NDArray[np.intp]:
    """The rows that look most like one of them, the most alike first; itself is left out.

    Args:
        descriptors: (N, C).
        row: Which one.
        count: How many at most.
    """
    units = _normalised(descriptors)
    similarity = units @ units[row]
    similarity[row] = -np.inf
    return np.argsort(-similarity, kind="stable")[: min(count, len(units) - 1)]
