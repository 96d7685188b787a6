"""Where a tool would paint: the circle of the brush, and a shape that is not closed yet.

Both are white lines on black ones, as thin at any zoom: they show on any ground.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_CASING, _INK = 3.0, 1.2  # widths, in pixels of the screen
_DASHES = (4.0, 3.0)
_SMALL = 9  # a circle of fewer pixels on the screen needs a cross to be found
_REACH = 7  # of that cross


class CircleItem(QGraphicsItem):
    """The circle that the brush covers, about the item's own position."""

    def __init__(self) -> None:
        super().__init__()
        self._diameter, self._dashed = 1.0, False

    def set_circle(self, diameter: float, *, dashed: bool) -> None:
        """Another size, in image pixels; dashed is for the eraser."""
        self.prepareGeometryChange()
        self._diameter, self._dashed = diameter, dashed
        self.update()

    def boundingRect(self) -> QRectF:
        reach = self._diameter / 2 + (_REACH + _CASING) / _scale(self)
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        radius, scale = self._diameter / 2, painter.worldTransform().m11()
        path = QPainterPath()
        path.addEllipse(QPointF(0, 0), radius, radius)
        if self._diameter * scale < _SMALL:
            far, near = radius + _REACH / scale, radius + 2 / scale
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                path.moveTo(x * near, y * near)
                path.lineTo(x * far, y * far)
        _draw(painter, path, dashed=self._dashed)


class ShapeItem(QGraphicsItem):
    """The outline of a shape, in image pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()

    def set_path(self, path: QPainterPath) -> None:
        """Shows another outline; an empty one shows nothing."""
        if path != self._path:
            self.prepareGeometryChange()
            self._path = path
            self.update()

    @property
    def path(self) -> QPainterPath:
        """What is shown."""
        return self._path

    def boundingRect(self) -> QRectF:
        if self._path.isEmpty():
            return QRectF()
        margin = _CASING / _scale(self) + 1
        return self._path.boundingRect().adjusted(-margin, -margin, margin, margin)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        _draw(painter, self._path, dashed=True)


def _scale(item: QGraphicsItem) -> float:
    return max(item.sceneTransform().m11(), 1e-6)


def _draw(painter: QPainter, path: QPainterPath, *, dashed: bool) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in (("#000000", _CASING), ("#ffffff", _INK)):
        pen = QPen(QColor(colour), width)
        pen.setCosmetic(True)
        if dashed and width == _INK:
            pen.setDashPattern(_DASHES)
        painter.strokePath(path, pen)
