"""What is painted on an image: one layer for each defect type, with colour, pattern and outline.

The layer looks at the mask's own memory. It is drawn in pixels of the screen, and only where it has
to be: so a dab costs what the dab covers, however large the image is.
"""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from inspector.core.brushes import Box, Mask

Codes = NDArray[np.uint8]

FILL, PATTERN, OUTLINE, CASING = 1, 2, 3, 4

_MARGIN = 4  # screen pixels around a change that its outline may touch
_PERIOD = 12  # of the patterns, in pixels of a screen with 1 device pixel per logical one


class MaskLayer(QGraphicsItem):
    """Shows one mask. The outline is opaque at any opacity; it runs inside, its casing outside.

    Where the image is shown small, the mask is looked at in copies of half the size each, in which
    a pixel is painted where any of its four is: no scratch is lost, however thin.
    """

    def __init__(self, colour: str, pattern: str, opacity: float) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._levels: list[Codes] = []
        self._size = QRectF()
        self._pattern = pattern
        self._table = colour_codes(colour, pattern, opacity)

    def set_look(self, colour: str, pattern: str, opacity: float) -> None:
        """Another colour ("#rrggbb"), pattern, or opacity of what is inside, in [0, 1]."""
        self._pattern = pattern
        self._table = colour_codes(colour, pattern, opacity)
        self.update()

    def set_mask(self, mask: Mask | None) -> None:
        """Shows (H, W) bool, its own memory; who changes it later calls `touched`."""
        self.prepareGeometryChange()
        self._levels = []
        self._size = QRectF()
        if mask is not None:
            self._size = QRectF(0, 0, mask.shape[1], mask.shape[0])
            self._levels = [mask.view(np.uint8)]
            while max(self._levels[-1].shape) > 1:
                self._levels.append(_halved(self._levels[-1]))
        self.update()

    def touched(self, box: Box) -> None:
        """The mask may have changed there."""
        if box.is_empty or not self._levels:
            return
        part = box
        for fine, coarse in zip(self._levels, self._levels[1:], strict=False):
            part = Box(part.left // 2, part.top // 2, (part.right + 1) // 2, (part.bottom + 1) // 2)
            above = Box(2 * part.left, 2 * part.top, 2 * part.right, 2 * part.bottom)
            coarse[part.slices] = _halved(fine[above.slices])
        scale = max(self.sceneTransform().m11(), 1e-6)
        margin = _MARGIN / scale + 2
        self.update(
            QRectF(box.left, box.top, box.right - box.left, box.bottom - box.top).adjusted(
                -margin, -margin, margin, margin
            )
        )

    def boundingRect(self) -> QRectF:
        margin = _MARGIN / max(self.sceneTransform().m11(), 1e-6)
        return self._size.adjusted(-margin, -margin, margin, margin)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        if not self._levels:
            return
        to_view, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
        shown = to_view.mapRect(option.exposedRect.intersected(self.boundingRect()))
        area = Box(
            math.floor(shown.left() * ratio),
            math.floor(shown.top() * ratio),
            math.ceil(shown.right() * ratio),
            math.ceil(shown.bottom() * ratio),
        )
        offset = (to_view.dx() * ratio, to_view.dy() * ratio)
        area, codes = self.codes(area, to_view.m11() * ratio, offset, ratio)
        if area.is_empty:
            return
        pixels = self._table[codes]
        height, width = pixels.shape
        form = QImage.Format.Format_ARGB32_Premultiplied
        picture = QImage(pixels.data, width, height, 4 * width, form)
        picture.setDevicePixelRatio(ratio)
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.drawImage(QPointF(area.left / ratio, area.top / ratio), picture)
        painter.restore()

    def codes(
        self, area: Box, scale: float, offset: tuple[float, float], ratio: float = 1.0
    ) -> tuple[Box, Codes]:
        """What is to be seen on a part of the screen.

        Args:
            area: In pixels of the screen.
            scale: Screen pixels per image pixel.
            offset: Where on the screen the image's corner lies.
            ratio: Device pixels per logical one: lines and patterns grow with it.

        Returns:
            The part of the area in which anything is seen, and for each of its pixels 0 or `FILL`,
            `PATTERN`, `OUTLINE`, `CASING`.
        """
        inner, outer = max(round(2 * ratio), 1), max(round(ratio), 1)
        seen = area.grown_freely(inner)
        found = self._sampled(seen, scale, offset)
        left, top, width, height = cv2.boundingRect(found)
        nothing = Box(area.left, area.top, area.left, area.top)
        if not width:
            return nothing, np.empty((0, 0), np.uint8)
        part = Box(left, top, left + width, top + height).grown(inner, found.shape)
        found = np.ascontiguousarray(found[part.slices])
        seen = Box(
            seen.left + part.left,
            seen.top + part.top,
            seen.left + part.right,
            seen.top + part.bottom,
        )
        codes = found + (found & self._pattern_on(seen, offset, ratio))
        inside = cv2.erode(found, _square(inner), borderType=cv2.BORDER_REPLICATE)
        around = cv2.dilate(found, _square(outer), borderType=cv2.BORDER_REPLICATE)
        codes = np.maximum(codes, (found - inside) * np.uint8(OUTLINE))
        codes = np.maximum(codes, (around - found) * np.uint8(CASING))
        wanted = Box(
            max(seen.left, area.left),
            max(seen.top, area.top),
            min(seen.right, area.right),
            min(seen.bottom, area.bottom),
        )
        if wanted.is_empty:
            return nothing, np.empty((0, 0), np.uint8)
        rows = slice(wanted.top - seen.top, wanted.bottom - seen.top)
        columns = slice(wanted.left - seen.left, wanted.right - seen.left)
        return wanted, codes[rows, columns]

    def _sampled(self, area: Box, scale: float, offset: tuple[float, float]) -> Codes:
        """Which pixels of the screen show a painted one, 0 or 1."""
        level = min(max(math.ceil(-math.log2(scale) - 1e-9), 0), len(self._levels) - 1)
        height, width = self._levels[0].shape
        columns = np.floor((np.arange(area.left, area.right) + 0.5 - offset[0]) / scale)
        rows = np.floor((np.arange(area.top, area.bottom) + 0.5 - offset[1]) / scale)
        across = np.clip(columns, 0, width - 1).astype(np.intp) >> level
        down = np.clip(rows, 0, height - 1).astype(np.intp) >> level
        found: Codes = self._levels[level].take(down, axis=0).take(across, axis=1)
        found[:, (columns < 0) | (columns >= width)] = 0
        found[(rows < 0) | (rows >= height)] = 0
        return found

    def _pattern_on(self, area: Box, offset: tuple[float, float], ratio: float) -> Codes:
        """The pattern, 0 or 1. It goes with the image when that is moved, but is not zoomed."""
        tile = pattern_tile(self._pattern, max(round(_PERIOD * ratio), 4))
        across = (np.arange(area.left, area.right) - round(offset[0])) % len(tile)
        down = (np.arange(area.top, area.bottom) - round(offset[1])) % len(tile)
        return tile.take(down, axis=0).take(across, axis=1)


@cache
def pattern_tile(pattern: str, period: int) -> Codes:
    """(period, period) uint8, 1 where the pattern is drawn; an unknown one is as "solid"."""
    y, x = np.mgrid[0:period, 0:period]
    line = max(period // 5, 1)
    drawn = np.zeros((period, period), np.bool_)
    if pattern == "diagonal":
        drawn = (x + y) % period < line
    elif pattern == "dots":
        middle = (period - 1) / 2
        drawn = (x - middle) ** 2 + (y - middle) ** 2 <= (0.26 * period) ** 2
    elif pattern == "cross":
        drawn = ((x + y) % period < line) | ((x - y) % period < line)
    return drawn.astype(np.uint8)


def colour_codes(colour: str, pattern: str, opacity: float) -> NDArray[np.uint32]:
    """(5,) premultiplied ARGB for the codes."""
    fill = 0.75 if pattern == "solid" else 0.4
    full = QColor(colour)
    parts = (
        (full, 0.0),
        (full, fill * opacity),
        (full, opacity),
        (full, 1.0),
        (QColor("#000000" if is_bright(full) else "#ffffff"), 0.8),
    )
    return np.array([_premultiplied(tint, alpha) for tint, alpha in parts], np.uint32)


def is_bright(colour: QColor) -> bool:
    """Whether black, rather than white, stands out from a colour."""
    red, green, blue = (
        (value / 255) ** 2.2 for value in (colour.red(), colour.green(), colour.blue())
    )
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.3)


def _premultiplied(colour: QColor, alpha: float) -> int:
    red, green, blue = (
        round(value * alpha) for value in (colour.red(), colour.green(), colour.blue())
    )
    return round(255 * alpha) << 24 | red << 16 | green << 8 | blue


@cache
def _square(reach: int) -> Codes:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _halved(fine: Codes) -> Codes:
    """Half the size, rounded up: painted where any of four pixels is."""
    height, width = fine.shape
    rows = np.zeros(((height + 1) // 2, width + width % 2), np.uint8)
    rows[:, :width] = fine[::2]
    rows[: height // 2, :width] |= fine[1::2]
    pairs: NDArray[np.bool_] = rows.view(np.uint16) != 0
    return pairs.view(np.uint8)
