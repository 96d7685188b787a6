"""Many points and outlines handed to Qt in one piece, without a Python object for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from inspector.core.distributions import GRID, Floats


def polygon(xs: Floats, ys: Floats) -> QPolygonF:
    """Points (n,), (n,) as a polygon, by way of Qt's own binary format."""
    corners = np.empty((xs.size, 2), ">f8")
    corners[:, 0], corners[:, 1] = xs, ys
    stream = QDataStream(QByteArray(xs.size.to_bytes(4, "big") + corners.tobytes()))
    points = QPolygonF()
    reader: Any = stream  # its stubs do not know the operator for polygons
    reader >> points
    return points


def ridge(
    heights: Floats, left: float, width: float, base_line: float, height: float
) -> tuple[QPolygonF, QPolygonF] | None:
    """A density as (closed shape, upper line); None where there is none.

    Args:
        heights: (GRID,) in [0, 1].
        left: x of place 0.
        width: Pixels from place 0 to place 1.
        base_line: y where the density is 0.
        height: Pixels at 1; negative to hang it below.
    """
    shown = np.flatnonzero(heights > 0.008)
    if shown.size < 2:
        return None
    first, last = int(shown[0]), int(shown[-1]) + 1
    step = max(1, round(2.5 * GRID / max(width, 1)))  # no finer than can be seen
    at = np.append(np.arange(first, last - 1, step), last - 1)
    xs = left + at * (width / (GRID - 1))
    ys = base_line - heights[at] * height
    ends = np.array([base_line])
    closed = polygon(np.concatenate([xs[:1], xs, xs[-1:]]), np.concatenate([ends, ys, ends]))
    return closed, polygon(xs, ys)


def discs(painter: QPainter, xs: Floats, ys: Floats, size: float, colour: QColor) -> None:
    """Filled circles of a diameter."""
    painter.setPen(_dot_pen(colour, size, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(polygon(xs, ys))


def diamonds(
    painter: QPainter, xs: Floats, ys: Floats, size: float, colour: QColor, ground: QColor
) -> None:
    """Hollow diamonds about as heavy as a circle of diameter `size`."""
    root = 0.5**0.5
    points = polygon((xs + ys) * root, (ys - xs) * root)
    painter.save()
    painter.rotate(45)
    # Overlapping marks share one outline: all of the outer shapes first, then all of the holes.
    for side, shade in ((0.96 * size, colour), (0.5 * size, ground)):
        painter.setPen(_dot_pen(shade, side, Qt.PenCapStyle.SquareCap))
        painter.drawPoints(points)
    painter.restore()


def circles(
    painter: QPainter, xs: Floats, ys: Floats, size: float, colour: QColor, ground: QColor
) -> None:
    """Hollow circles of a diameter."""
    discs(painter, xs, ys, size, colour)
    discs(painter, xs, ys, 0.55 * size, ground)


def arrowheads(
    painter: QPainter, xs: Floats, ys: Floats, size: float, pen: QPen, fill: QColor | None
) -> None:
    """Triangles that point to the right; to the left with a negative size."""
    painter.setPen(pen)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        corners = np.array([x - size, x, x - size]), np.array([y - size * 0.6, y, y + size * 0.6])
        if size < 0:
            corners = corners[0], corners[1][::-1]
        painter.drawPolygon(polygon(*corners))


def hairline(painter: QPainter, start: QPointF, end: QPointF, width: float, colour: QColor) -> None:
    """A crisp horizontal or vertical line; much faster than a stroke."""
    half = width / 2
    rect = QRectF(start, end).adjusted(0, -half, 0, half)
    if start.x() == end.x():
        rect = QRectF(start, end).adjusted(-half, 0, half, 0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(rect, colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def rounded(rect: QRectF, radius: float) -> QPainterPath:
    """A rectangle with round corners."""
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def _dot_pen(colour: QColor, size: float, cap: Qt.PenCapStyle) -> QPen:
    pen = QPen(colour, size)
    pen.setCapStyle(cap)
    return pen
