"""Rectangle and polygon: nothing is painted before the shape is closed."""

from __future__ import annotations

import math

from PySide6.QtGui import QPainterPath

from inspector.core.brushes import NOTHING, Box, Mask, Point, paint_polygon, paint_rectangle
from inspector.errors import InspectorError
from inspector.gui.canvas.tools.tool import Easel, Tool, path_through


class RectangleTool(Tool):
    """Drag from corner to corner."""

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._corner: Point | None = None
        self._opposite: Point = (0.0, 0.0)
        self._value = True

    @property
    def is_busy(self) -> bool:
        return self._corner is not None

    @property
    def outline(self) -> QPainterPath:
        if self._corner is None:
            return QPainterPath()
        (left, top), (right, bottom) = self._corner, self._opposite
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return path_through(corners, closed=True)

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        self._corner, self._opposite, self._value = point, point, not inverted

    def move(self, point: Point) -> None:
        self._opposite = point

    def release(self, point: Point) -> None:
        corner, self._corner = self._corner, None
        if corner is None:
            return
        mask = self.easel.begin()
        if mask is not None:
            box = paint_rectangle(mask, corner, point, self._value)
            _finish(self.easel, box, "rectangle")

    def cancel(self) -> bool:
        was_busy, self._corner = self.is_busy, None
        return was_busy

    def leave(self) -> None:
        self._corner = None


class PolygonTool(Tool):
    """Click corner after corner. Enter, a double click or a click on the first corner closes."""

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._points: list[Point] = []
        self._pointer: Point = (0.0, 0.0)
        self._value = True

    @property
    def is_busy(self) -> bool:
        return bool(self._points)

    @property
    def outline(self) -> QPainterPath:
        points = [*self._points, self._pointer] if self._points else []
        path = path_through(points, closed=False)
        return path

    @property
    def corners(self) -> list[Point]:
        """The corners so far."""
        return list(self._points)

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        self._pointer = point
        if not self._points:
            self._value = not inverted
        elif math.dist(point, self._points[-1]) < reach / 2 and len(self._points) > 1:
            self.accept()  # the second press of a double click
            return
        elif math.dist(point, self._points[0]) < reach and len(self._points) > 2:
            self.accept()
            return
        self._points.append(point)

    def move(self, point: Point) -> None:
        self._pointer = point

    def accept(self) -> bool:
        if not self._points:
            return False
        points = self._points
        mask: Mask | None = self.easel.begin()
        if mask is None:
            return True
        try:
            box = paint_polygon(mask, points, self._value)
        except InspectorError as error:
            self.easel.drop()
            self.easel.say(f"{error.message} {error.hint}")
            return True
        self._points = []
        _finish(self.easel, box, "polygon")
        return True

    def back(self) -> bool:
        if self._points:
            self._points.pop()
            return True
        return False

    def cancel(self) -> bool:
        was_busy, self._points = self.is_busy, []
        return was_busy

    def leave(self) -> None:
        self._points = []


def _finish(easel: Easel, box: Box, tool: str) -> None:
    if box == NOTHING:
        easel.drop()
    else:
        easel.touched(box)
        easel.finish(tool)
