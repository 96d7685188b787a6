"""A patch cut from the small picture of its image, with what lies around it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

CONTEXT = 5.0
"""Patches that a picture shows side by side: one alone would be too little to recognise."""


def patch_box(size: tuple[int, int], grid: tuple[int, int], row: int, column: int) -> QRectF:
    """Where a patch lies in a picture of `size` (width, height); all of it without a place."""
    if row < 0 or column < 0:
        return QRectF(0, 0, *size)
    width, height = size[0] / grid[1], size[1] / grid[0]
    return QRectF(column * width, row * height, width, height)


def cut(
    picture: QPixmap, grid: tuple[int, int], row: int, column: int, side: int, colour: QColor
) -> QPixmap:
    """A square of `side` device pixels around a patch, the patch framed.

    At the border of the image the cut is moved inwards. Without a place (row −1) the whole image.
    """
    patch = patch_box((picture.width(), picture.height()), grid, row, column)
    if row < 0:
        whole = Qt.AspectRatioMode.KeepAspectRatio
        return picture.scaled(side, side, whole, Qt.TransformationMode.SmoothTransformation)
    extent = CONTEXT * min(patch.width(), patch.height())
    extent = min(max(extent, patch.width(), patch.height()), picture.width(), picture.height())
    left = min(max(patch.center().x() - extent / 2, 0), picture.width() - extent)
    top = min(max(patch.center().y() - extent / 2, 0), picture.height() - extent)
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(QRectF(0, 0, side, side), picture, QRectF(left, top, extent, extent))
    scale = side / extent
    frame = QRectF(
        (patch.x() - left) * scale,
        (patch.y() - top) * scale,
        patch.width() * scale,
        patch.height() * scale,
    )
    _frame(painter, frame, max(side / 40, 1.5), colour)
    painter.end()
    return made


def _frame(painter: QPainter, box: QRectF, width: float, colour: QColor) -> None:
    """Dark under light, so that it stands out from any picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shade, thickness in ((QColor(0, 0, 0, 170), 2.2 * width), (colour, width)):
        pen = QPen(shade, thickness)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
