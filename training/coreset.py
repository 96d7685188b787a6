"""A small subset of points that covers all: greedy k-centre, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.checkpoints import Saved

_BLOCK = 1 << 18
"""Points looked at at once: bounds the copy of some of them (2¹⁸ × 128 float32 are 128 MiB)."""

_FEW = 0.2
"""Below this share of a block, picking points out is cheaper than looking at all of them."""


class Projection:
    """A Gaussian random projection, which keeps distances nearly as they are (PatchCore).

    Args:
        channels: Width of what is projected.
        width: Width of the result. None, or one that would be no narrower, keeps the points.
        seed: Of the projection.
    """

    def __init__(
        self, channels: int, width: int | None, seed: int, device: torch.device | None = None
    ) -> None:
        self._matrix: Tensor | None = None
        self.width = channels
        if width is not None and width < channels:
            values = np.random.default_rng([seed, 0xC0DE]).standard_normal((channels, width))
            self._matrix = torch.from_numpy((values / width**0.5).astype(np.float32)).to(device)
            self.width = width

    def __call__(self, points: Tensor) -> Tensor:
        """Points (N, C) to (N, width)."""
        return points if self._matrix is None else points @ self._matrix


class GreedyCover:
    """Picks points one after the other, always the one that is farthest from all picked so far.

    The greedy 2-approximation of the k-centre problem (Gonzalez). Exact, but most points need no
    look: where the new centre is at least twice as far from a point's centre as that point is, it
    cannot be nearer to the point (triangle inequality).

    Args:
        points: (N, D) float32, with a mean near 0, as products are rounded.
        first: The row of the first centre.

    Attributes:
        distance: (N,) float32, from each point to its nearest centre.
        chosen: Rows of the centres so far, in their order.
    """

    def __init__(self, points: Tensor, first: int) -> None:
        self._points = points
        self._first = first
        self.distance = torch.full((len(points),), torch.inf, device=points.device)
        self._squares = torch.cat([p.square().sum(dim=1) for p in torch.split(points, _BLOCK)])
        self._owner = torch.zeros(len(points), dtype=torch.int64, device=points.device)
        self._centres = points.new_zeros(0, points.shape[1])
        self.chosen: list[int] = []

    @property
    def radius(self) -> float:
        """How far the farthest point is from its nearest centre."""
        return float(self.distance.max())

    def pick(self) -> None:
        """Adds one centre, of equally far points the first; none where all points are centres."""
        row = int(self.distance.argmax()) if self.chosen else self._first
        if self.distance[row] == 0:
            return
        centre = self._points[row]
        count = len(self.chosen)
        apart = (self._centres[:count] - centre).norm(dim=1) / 2
        for start in range(0, len(self._points), _BLOCK):
            self._improve(slice(start, start + _BLOCK), centre, apart)
        self.distance[row] = 0.0
        self._owner[row] = count
        self._remember(centre, count)
        self.chosen.append(row)

    def _improve(self, part: slice, centre: Tensor, half_apart: Tensor) -> None:
        """Gives the new centre those points of a block that are nearer to it than to their own."""
        distance, owner = self.distance[part], self._owner[part]
        points, squares = self._points[part], self._squares[part]
        if len(half_apart):
            rows = torch.nonzero(distance > torch.take(half_apart, owner)).squeeze(1)
            if len(rows) < _FEW * len(distance):
                points, squares, old = points[rows], squares[rows], distance[rows]
                found = _distances(points, squares, centre)
                closer = found < old
                distance[rows[closer]] = found[closer]
                owner[rows[closer]] = len(half_apart)
                return
        found = _distances(points, squares, centre)
        owner[found < distance] = len(half_apart)
        torch.minimum(found, distance, out=distance)

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The state, for a checkpoint; a complete cover needs its choice only."""
        tensors = {"chosen": torch.tensor(self.chosen, dtype=torch.int64)}
        if not complete:
            tensors |= {"distance": self.distance, "owner": self._owner}
        return tensors, {}

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """Goes on where `pack` left off."""
        self.chosen = saved.tensors["chosen"].tolist()
        if complete:
            return
        self.distance.copy_(saved.tensors["distance"])
        self._owner.copy_(saved.tensors["owner"])
        for count, row in enumerate(self.chosen):
            self._remember(self._points[row], count)

    def _remember(self, centre: Tensor, count: int) -> None:
        if count == len(self._centres):  # room for as many again
            more = self._centres.new_zeros(max(64, count), self._centres.shape[1])
            self._centres = torch.cat([self._centres, more])
        self._centres[count] = centre


def _distances(points: Tensor, squares: Tensor, centre: Tensor) -> Tensor:
    """From points (n, D) with their squared norms (n,) to a centre (D,)."""
    found = torch.addmv(squares + centre.square().sum(), points, centre, alpha=-2)
    return found.clamp_min_(0).sqrt_()
