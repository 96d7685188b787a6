"""A small subset of points that covers all: greedy k-centre, in bounded memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.checkpoints import Saved

_BLOCK = 1 << 16
"""Points looked at at once: bounds the copy of some of them (2¹⁶ × 128 float32 are 32 MiB)."""

_AT_ONCE = 64
"""Centres that all points are compared with at once."""

_CANDIDATES, _CANDIDATE_SHARE = 1024, 1 / 32
"""Points among which the next centres are looked for: so many, of few points this share."""

_FEW = 0.5
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

    The greedy 2-approximation of the k-centre problem (Gonzalez), rounding aside exact, with two
    things that spare most of the work:

    - Distances only fall. So while the farthest of some candidates is farther than every other
      point was when they were drawn, it is the farthest of all: many centres are found among the
      candidates alone, and all points are then compared with them at once, in one product.
    - Where a new centre is at least twice as far from a point's centre as that point is, it cannot
      be nearer to the point (triangle inequality): such points need no look.

    Args:
        points: (N, D) float32, with a mean near 0, as products are rounded.
        first: The row of the first centre.

    Attributes:
        chosen: Rows of the centres so far, in their order.
        reach: How far the newest centre was from the others: the covering radius just before it.
    """

    def __init__(self, points: Tensor, first: int) -> None:
        self._points = points
        self._first = first
        self._distance = torch.full((len(points),), torch.inf, device=points.device)
        self._squares = torch.cat([p.square().sum(dim=1) for p in torch.split(points, _BLOCK)])
        self._owner = torch.zeros(len(points), dtype=torch.int64, device=points.device)
        self._centres = points.new_zeros(0, points.shape[1])
        self._compared = 0  # so many centres have been compared with all points
        self._candidates: _Candidates | None = None
        self.chosen: list[int] = []
        self.reach = math.inf

    @property
    def distance(self) -> Tensor:
        """(N,) float32, from each point to its nearest centre."""
        self._compare()
        return self._distance

    @property
    def radius(self) -> float:
        """How far the farthest point is from its nearest centre."""
        return float(self.distance.max())

    def pick(self) -> None:
        """Adds one centre, of equally far points the first; none where all points are centres."""
        if not self.chosen:
            self._take(self._first)
            return
        if self._compared == 0 or len(self.chosen) - self._compared >= _AT_ONCE:
            self._compare()
        if self._candidates is None:
            self._candidates = _Candidates(self._points, self._distance)
        row = self._candidates.farthest()
        if row is None:
            self._compare()
            self._candidates = _Candidates(self._points, self._distance)
            row = int(self._distance.argmax())
            if self._distance[row] == 0:
                return
            self.reach = float(self._distance[row])
        else:
            self.reach = self._candidates.reach
        self._take(row)

    def _take(self, row: int) -> None:
        centre = self._points[row]
        self._remember(centre, len(self.chosen))
        self.chosen.append(row)
        if self._candidates is not None:
            self._candidates.add(row, centre)

    def _compare(self) -> None:
        """Compares all points with the centres that are new."""
        known, count = self._compared, len(self.chosen)
        if known == count:
            return
        new = self._centres[known:count]
        half_apart = torch.cdist(self._centres[:known], new).amin(dim=1) / 2 if known else None
        for start in range(0, len(self._points), _BLOCK):
            self._improve(slice(start, start + _BLOCK), new, half_apart)
        rows = torch.tensor(self.chosen[known:], device=self._points.device)
        self._distance[rows] = 0.0
        self._owner[rows] = torch.arange(known, count, device=rows.device)
        self._compared = count
        self._candidates = None

    def _improve(self, part: slice, new: Tensor, half_apart: Tensor | None) -> None:
        """Gives new centres those points of a block that are nearer to them than to their own."""
        distance, owner = self._distance[part], self._owner[part]
        points, squares = self._points[part], self._squares[part]
        rows = None
        if half_apart is not None:
            rows = torch.nonzero(distance > torch.take(half_apart, owner)).squeeze(1)
            if len(rows) < _FEW * len(distance):
                points, squares = points[rows], squares[rows]
            else:
                rows = None
        if not len(points):
            return
        found, which = _distances(points, squares, new).min(dim=1)
        closer = found < (distance if rows is None else distance[rows])
        places = torch.nonzero(closer).squeeze(1)
        targets = places if rows is None else rows[places]
        distance[targets] = found[places]
        owner[targets] = self._compared + which[places]

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The state, for a checkpoint; a complete cover needs its choice only."""
        tensors = {"chosen": torch.tensor(self.chosen, dtype=torch.int64)}
        if not complete:
            tensors |= {"distance": self._distance, "owner": self._owner}
        return tensors, {"compared": self._compared}

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """Goes on where `pack` left off."""
        self.chosen = saved.tensors["chosen"].tolist()
        if complete:
            return
        self._distance.copy_(saved.tensors["distance"])
        self._owner.copy_(saved.tensors["owner"])
        self._compared = int(saved.facts.get("compared", len(self.chosen)))
        for count, row in enumerate(self.chosen):
            self._remember(self._points[row], count)
        if self._compared:
            self._candidates = _Candidates(self._points, self._distance)
            for row in self.chosen[self._compared :]:
                self._candidates.add(row, self._points[row])

    def _remember(self, centre: Tensor, count: int) -> None:
        if count == len(self._centres):  # room for as many again
            more = self._centres.new_zeros(max(64, count), self._centres.shape[1])
            self._centres = torch.cat([self._centres, more])
        self._centres[count] = centre


class _Candidates:
    """The points that are farthest from their centres: the next ones are among them."""

    def __init__(self, points: Tensor, distance: Tensor) -> None:
        count = min(_CANDIDATES, math.ceil(_CANDIDATE_SHARE * len(distance)))
        self._rows = distance.topk(count).indices.sort().values  # of equally far ones the first
        self._points = points[self._rows]
        self._squares = self._points.square().sum(dim=1)
        self._distance = distance[self._rows]
        self.reach = 0.0
        # As far as any other point can be.
        self._limit = float(self._distance.min()) if count < len(distance) else 0.0

    def farthest(self) -> int | None:
        """The row of the farthest point, `reach` away from its centre; None where it may be another
        one than a candidate."""
        place = int(self._distance.argmax())
        self.reach = float(self._distance[place])
        return int(self._rows[place]) if self.reach > self._limit else None

    def add(self, row: int, centre: Tensor) -> None:
        """Takes a new centre into account."""
        found = _distances(self._points, self._squares, centre[None]).squeeze(1)
        torch.minimum(self._distance, found, out=self._distance)
        self._distance[self._rows == row] = 0.0


def _distances(points: Tensor, squares: Tensor, centres: Tensor) -> Tensor:
    """From points (n, D) with their squared norms (n,) to centres (m, D): (n, m)."""
    norms = squares[:, None] + centres.square().sum(dim=1)
    return torch.addmm(norms, points, centres.T, alpha=-2).clamp_min_(0).sqrt_()
