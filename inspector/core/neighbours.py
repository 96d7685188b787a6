"""The normal image that looks most like another one, by cosine of their pooled descriptors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CANDIDATES = 10_000
"""Of more, evenly chosen ones are searched: the memory stays small, the look is found as well."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The nearest candidate: its row among the descriptors, and the cosine to it in [−1, 1]."""

    row: int
    similarity: float


class Neighbours:
    """Candidates to search, normalised once.

    Args:
        descriptors: (N, C) float16 or float32, memory-mapped or not.
        candidates: (M,) rows of `descriptors` that may be found, M ≥ 0.
    """

    def __init__(
        self,
        descriptors: NDArray[np.float16] | NDArray[np.float32],
        candidates: NDArray[np.int64],
    ) -> None:
        if len(candidates) > MOST_CANDIDATES:
            places = np.linspace(0, len(candidates) - 1, MOST_CANDIDATES).round().astype(np.intp)
            candidates = candidates[places]
        self._rows = np.sort(candidates)
        self._descriptors = descriptors
        self._units = _normalised(descriptors[self._rows])

    def nearest(self, row: int) -> Neighbour | None:
        """The candidate most like a row of the descriptors, other than itself; None without any.

        Of equals the first is taken.
        """
        similarity = self._units @ _normalised(self._descriptors[row : row + 1])[0]
        similarity[self._rows == row] = -np.inf
        if not similarity.size or not np.isfinite(best := similarity.max()):
            return None
        return Neighbour(int(self._rows[int(similarity.argmax())]), float(best))


def _normalised(
    descriptors: NDArray[np.float16] | NDArray[np.float32],
) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros, which has no direction, stays."""
    values = np.asarray(descriptors, np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    units: NDArray[np.float32] = values / np.maximum(lengths, np.float32(1e-12))
    return units


def most_alike(
    descriptors: NDArray[np.float16] | NDArray[np.float32], row: int, count: int
) -> NDArray[np.intp]:
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
