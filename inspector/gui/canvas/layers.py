"""What lies on the canvas: image, heat map and outlines, as items in image pixels."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from inspector.core.regions import Polygon
from inspector.gui.canvas.pictures import Pixels, picture_of

NEAREST_ABOVE = 4.0
"""From this scale on, pixels are shown as squares."""

CASING = "#000000"


class PictureLayer(QGraphicsItem):
    """A picture stretched over a rectangle of image pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()
        self._picture: QImage | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def set_picture(self, picture: QImage | None, bounds: QRectF) -> None:
        """Shows another picture; None shows nothing."""
        self.prepareGeometryChange()
        self._picture, self._bounds = picture, bounds
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        if self._picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            draw_exposed(painter, self._picture, self._bounds, option.exposedRect)


class ImageLayer(PictureLayer):
    """The image itself. When it is shown small, from a copy averaged down, so no scratch is lost.

    Copies halve the side each, and are made when they are first needed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._levels: list[Pixels] = []
        self._pictures: list[QImage] = []

    def set_pixels(self, rgb: Pixels | None) -> None:
        """Shows (H, W, 3) uint8 RGB, over its own memory."""
        self._levels = [] if rgb is None else [rgb]
        self._pictures = [picture_of(level) for level in self._levels]
        size = QRectF() if rgb is None else QRectF(0, 0, rgb.shape[1], rgb.shape[0])
        self.set_picture(self._pictures[0] if self._pictures else None, size)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        if self._picture is None:
            return
        scale = painter.deviceTransform().m11()
        smooth = scale < NEAREST_ABOVE
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        draw_exposed(painter, self._level_for(scale), self._bounds, option.exposedRect)

    def _level_for(self, scale: float) -> QImage:
        """The smallest copy that is still as large as it is shown."""
        level = 0
        while scale <= 0.5:
            if level + 1 == len(self._levels):
                height, width = self._levels[level].shape[:2]
                if min(height, width) < 2:
                    break
                half = cv2.resize(
                    self._levels[level],
                    ((width + 1) // 2, (height + 1) // 2),
                    interpolation=cv2.INTER_AREA,
                )
                self._levels.append(half)
                self._pictures.append(picture_of(half))
            level, scale = level + 1, scale * 2
        return self._pictures[level]


class OutlineLayer(QGraphicsItem):
    """Polygons as a coloured line on a black casing, visible on any ground; as wide at any zoom."""

    def __init__(self, colour: str, width: float, dashes: tuple[float, ...] = ()) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._line = _cosmetic(colour, width)
        self._casing = _cosmetic(CASING, width + 2.2)
        if dashes:
            self._line.setDashPattern(dashes)
            self._line.setCapStyle(Qt.PenCapStyle.FlatCap)

    def set_polygons(self, polygons: list[Polygon]) -> None:
        """Shows other polygons, (n, 2) float32 in image pixels each."""
        self.prepareGeometryChange()
        self._path = QPainterPath()
        for polygon in polygons:
            self._path.addPolygon(QPolygonF([QPointF(x, y) for x, y in polygon.tolist()]))
            self._path.closeSubpath()
        self.update()

    def boundingRect(self) -> QRectF:
        transform = self.sceneTransform()
        margin = self._casing.widthF() / max(transform.m11(), 1e-6)
        return self._path.boundingRect().adjusted(-margin, -margin, margin, margin)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (self._casing, self._line):
            painter.strokePath(self._path, pen)


def draw_exposed(painter: QPainter, picture: QImage, bounds: QRectF, part: QRectF) -> None:
    """Draws only the pixels of a picture, stretched over `bounds`, that `part` of them shows."""
    across, down = bounds.width() / picture.width(), bounds.height() / picture.height()
    left, top = np.floor([part.left() / across, part.top() / down]).astype(int) - 2
    right, bottom = np.ceil([part.right() / across, part.bottom() / down]).astype(int) + 2
    # Whole pixels with a margin: smooth scaling looks at neighbours, so no seam can show.
    source = QRect(int(left), int(top), int(right - left), int(bottom - top)).intersected(
        picture.rect()
    )
    if source.isEmpty():
        return
    target = QRectF(
        bounds.left() + source.left() * across,
        bounds.top() + source.top() * down,
        source.width() * across,
        source.height() * down,
    )
    painter.drawImage(target, picture, QRectF(source))


def _cosmetic(colour: str, width: float) -> QPen:
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)  # round ones cost twice the time
    return pen
