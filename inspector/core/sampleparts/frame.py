"""Where the part lies: its own coordinates on the canvas, and the shapes that are drawn in them.

One *unit* is 1/512 of the image side, whatever the size of the image; heights use the same unit, so
that slopes are true slopes. The canvas is the supersampled square of n × n pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
UNITS = 512.0


@dataclass(frozen=True)
class Frame:
    """The part's pose and the coordinates that follow from it (computed when first asked for).

    Attributes:
        n: Side of the canvas in pixels.
        angle: Rotation in radians, counted from the image's x axis towards its y axis.
        shift: Position of the part's centre in units from the image centre.
        scale: Size of the part against its nominal size.
    """

    n: int
    angle: float
    shift: tuple[float, float]
    scale: float

    @property
    def density(self) -> float:
        """Canvas pixels per unit."""
        return self.n / UNITS

    @cached_property
    def to_local(self) -> npt.NDArray[np.float64]:
        """The 2 × 3 matrix from canvas pixels (x, y) to part coordinates in units."""
        unit = 1 / self.density
        c, s = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[c, s], [-s, c]]) / self.scale
        first = np.array([unit / 2 - UNITS / 2 - self.shift[k] for k in (0, 1)])
        return np.column_stack([turn * unit, turn @ first])

    @cached_property
    def from_local(self) -> npt.NDArray[np.float64]:
        """The 2 × 3 matrix from part coordinates in units to canvas pixels (x, y)."""
        inverse = np.linalg.inv(self.to_local[:, :2])
        return np.column_stack([inverse, -inverse @ self.to_local[:, 2]])

    def to_canvas(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Canvas pixels (x, y) of part coordinates `points`, both (k, 2)."""
        matrix = self.from_local
        return points @ matrix[:, :2].T + matrix[:, 2]

    @cached_property
    def x(self) -> Field:
        """Part coordinate of every pixel in units, (n, n) float32."""
        return self._coordinate(0)

    @cached_property
    def y(self) -> Field:
        """As `x`."""
        return self._coordinate(1)

    def _coordinate(self, axis: int) -> Field:
        along, down, first = self.to_local[axis]
        steps = np.arange(self.n, dtype=np.float64)
        row = (along * steps + first).astype(np.float32)
        column = (down * steps).astype(np.float32)
        coordinate: Field = row[None, :] + column[:, None]
        return coordinate

    def polar(self) -> tuple[Field, Field]:
        """Radius in units and angle in 0..2π of every pixel, each (n, n)."""
        radius, angle = cv2.cartToPolar(self.x, self.y)
        return radius, angle

    def cover(self, depth: Field) -> Field:
        """Share of each pixel inside the shape whose signed depth (positive inside) is given."""
        share: Field = np.clip(depth * self.density + 0.5, 0, 1)
        return share

    def blank(self, value: float = 0.0) -> Field:
        """A constant field, (n, n)."""
        return np.full((self.n, self.n), value, np.float32)


def smooth(values: Field, low: float, high: float) -> Field:
    """Smoothstep from 0 at `low` to 1 at `high` (which may be the smaller), elementwise."""
    t: Field = np.clip((values - low) * (1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def bevel(depth: Field, width: float, height: float) -> Field:
    """A rounded edge: 0 at depth 0, rising along a parabola to `height` at depth `width`."""
    t: Field = np.clip(depth * (1 / width), 0, 1)
    return height * t * (2 - t)


def fill(frame: Frame, outline: npt.NDArray[np.float64]) -> Field:
    """Anti-aliased share of each pixel inside a closed outline, (k, 2) in units; (n, n) 0..1."""
    canvas = np.zeros((frame.n, frame.n), np.uint8)
    fixed = np.round(frame.to_canvas(outline) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) * (1 / 255)
