"""The brush and the eraser."""

from __future__ import annotations

import math

from inspector.core.brushes import Mask, Point, paint_stroke
from inspector.gui.canvas.tools.tool import Easel, Tool


class BrushTool(Tool):
    """Paints round dabs and all between them, from press to release: that is one stroke."""

    has_circle = True

    def __init__(self, easel: Easel, *, erases: bool) -> None:
        super().__init__(easel)
        self.erases = erases
        self._mask: Mask | None = None
        self._value = True
        self._last: Point = (0.0, 0.0)

    @property
    def is_busy(self) -> bool:
        return self._mask is not None

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        self.leave()
        self._mask = self.easel.begin()
        self._value = self.erases == inverted
        self._last = self._placed(point)
        self._paint_to(self._last)

    def move(self, point: Point) -> None:
        self._paint_to(self._placed(point))

    def release(self, point: Point) -> None:
        self._paint_to(self._placed(point))
        self.leave()

    def cancel(self) -> bool:
        if self._mask is None:
            return False
        self._mask = None
        self.easel.drop()
        return True

    def leave(self) -> None:
        if self._mask is not None:
            self._mask = None
            self.easel.finish("brush" if self._value else "eraser")

    def _paint_to(self, point: Point) -> None:
        if self._mask is not None:
            path, radius = [self._last, point], self.easel.brush_size / 2
            self.easel.touched(paint_stroke(self._mask, path, radius, self._value))
            self._last = point

    def _placed(self, point: Point) -> Point:
        """The smallest brush goes to the centre of its pixel, or it would miss them all."""
        if self.easel.brush_size > 1:
            return point
        return math.floor(point[0]) + 0.5, math.floor(point[1]) + 0.5
