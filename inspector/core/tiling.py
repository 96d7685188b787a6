"""Looking at an image tile by tile: where the tiles lie, and how what is said of them is blended.

An image is scaled to a square, the canvas, larger than what a model looks at. Overlapping tiles of
the canvas are what the model learns from and scores. Where tiles overlap, each one's weight falls
to its border as a raised cosine: so the blended map has no seams, and what a network says of its
own border hardly counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_CANVAS = 4096
"""Side in pixels: an image takes 200 MB on it as float32 RGB."""

_UNIT = 16
"""Neighbours share a multiple of so many pixels: tiles lie on one grid of patches, and maps of any
canvas can be stored at strides 4, 8 and 16."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """`count` × `count` overlapping squares on a square canvas, numbered row by row.

    Attributes:
        side: Of a tile in pixels: what the model looks at.
        count: Tiles along each side of the image; 1 is the image as a whole.
        overlap: Pixels that neighbours share, less than `side`.
    """

    side: int
    count: int = 1
    overlap: int = 0

    def __post_init__(self) -> None:
        if self.side < 1 or self.count < 1 or not 0 <= self.overlap < self.side:
            raise ValueError(f"no such tiling: {self}")

    @classmethod
    def of(cls, size: int | Tiling) -> Tiling:
        """The image as a whole, where `size` is a number."""
        return size if isinstance(size, Tiling) else cls(size)

    @classmethod
    def sharing(cls, side: int, count: int, share: float) -> Tiling:
        """Neighbours share about this part of a tile's side, 0 < share <= 0.5."""
        if count == 1:
            return cls(side)
        return cls(side, count, max(_UNIT, round(side * share / _UNIT) * _UNIT))

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self.count**2

    @property
    def step(self) -> int:
        """Pixels from one tile to the next."""
        return self.side - self.overlap

    @property
    def canvas(self) -> int:
        """Side of the square that the image is scaled to."""
        return self.side + (self.count - 1) * self.step

    def corner(self, tile: int) -> tuple[int, int]:
        """Top and left of a tile on the canvas."""
        row, column = divmod(tile, self.count)
        return row * self.step, column * self.step

    def middle_tiles(self, unit: int) -> NDArray[np.int64]:
        """Along one side, in the middle of which tile each `unit` pixels of the canvas lie most.

        Args:
            unit: A divisor of the canvas' side and of the step.

        Returns:
            (canvas / unit,) numbers of tiles along the side; of two the first.
        """
        places = (np.arange(self.canvas // unit) + 0.5) * unit
        middles = self.side / 2 + np.arange(self.count) * self.step
        nearest: NDArray[np.int64] = np.abs(places[:, None] - middles).argmin(axis=1)
        return nearest

    def images_at_once(self, tiles: int) -> int:
        """How many images have at most so many tiles; at least one."""
        return max(1, tiles // self.tiles)

    def percent_of_canvas(self, percent: float) -> float:
        """A percentage of one tile's area as a percentage of the canvas."""
        return percent * (self.side**2 / self.canvas**2)

    def weights(self) -> NDArray[np.float64]:
        """Along one side, the weight of each tile's pixels in the blend, (count, side).

        A pixel's weight is that of its row times that of its column. All weights of a place on the
        canvas sum to 1.
        """
        raw = np.ones((self.count, self.side))
        ramp = (1 - np.cos(np.pi * (np.arange(self.overlap) + 0.5) / max(1, self.overlap))) / 2
        raw[1:, : self.overlap] *= ramp
        raw[:-1, self.side - self.overlap :] *= ramp[::-1]
        total = np.zeros(self.canvas)
        for number, row in enumerate(raw):
            total[number * self.step :][: self.side] += row
        places = np.arange(self.count)[:, None] * self.step + np.arange(self.side)
        weights: NDArray[np.float64] = raw / total[places]
        return weights
