"""What a tool is, and what it works on."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPolygonF

from inspector.core.brushes import Box, Image, Map, Mask, Point


class Easel(Protocol):
    """The mask that is painted on, with all around it."""

    @property
    def brush_size(self) -> int:
        """Diameter of the brush in image pixels, at least 1."""

    @property
    def tolerance(self) -> int:
        """How far a colour may be from the one that a flood began at, 0 to 255."""

    @property
    def heat_share(self) -> float:
        """How far a region of the heat map grows, in [0, 1]."""

    @property
    def pixels(self) -> Image | None:
        """The image, (H, W, 3)."""

    def heat(self) -> tuple[Map, float] | None:
        """The image's aligned map and the score of normal parts; None says why there is none."""

    def begin(self) -> Mask | None:
        """The mask to paint on; None where nothing can be painted now (and says why)."""

    def touched(self, box: Box) -> None:
        """The mask has changed there, but is not finished."""

    def finish(self, tool: str) -> None:
        """What was painted since `begin` is a stroke: it is kept."""

    def drop(self) -> None:
        """What was painted since `begin` is taken back."""

    def say(self, text: str) -> None:
        """Tells the person something."""


class Tool:
    """Turns mouse and keys into strokes. Points are in image pixels and may lie outside.

    `inverted` is True while the right button or Alt is held: what paints erases, what erases
    paints.

    Attributes:
        has_circle: Whether the pointer is a circle of the brush's size.
        erases: Whether it erases where not inverted.
    """

    has_circle = False
    erases = False

    def __init__(self, easel: Easel) -> None:
        self.easel = easel

    @property
    def is_busy(self) -> bool:
        """Whether something is under way that `leave` would end."""
        return False

    @property
    def outline(self) -> QPainterPath:
        """What is to be shown of a shape under way, in image pixels."""
        return QPainterPath()

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        """A button went down; `reach` is how many image pixels a finger's width is."""

    def move(self, point: Point) -> None:
        """The pointer moved, with the button down or not."""

    def release(self, point: Point) -> None:
        """The button went up."""

    def accept(self) -> bool:
        """Enter; False where it has no meaning."""
        return False

    def back(self) -> bool:
        """Backspace; False where it has no meaning."""
        return False

    def cancel(self) -> bool:
        """Escape; False where it has no meaning."""
        return False

    def leave(self) -> None:
        """Another tool or image comes: what can be finished is, the rest is dropped."""


def path_through(points: list[Point], *, closed: bool) -> QPainterPath:
    """A line through points."""
    path = QPainterPath()
    if points:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    if closed:
        path.closeSubpath()
    return path
