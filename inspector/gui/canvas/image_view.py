"""The canvas: one image with its heat map, the regions found on it, and its true mask."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from inspector.core.heatmaps import OPACITY
from inspector.core.regions import Region, outlines_of, score_at
from inspector.gui.canvas.labels import Label, draw_labels, draw_message
from inspector.gui.canvas.layers import ImageLayer, OutlineLayer, PictureLayer
from inspector.gui.canvas.pictures import heat_picture, pixels_of
from inspector.gui.canvas.zoom_view import ZoomView
from inspector.gui.theme import theme_of

LABELS_SHOWN = 5
REGION_COLOUR, MASK_COLOUR = "#ffffff", "#4fd8eb"


class ImageView(ZoomView):
    """Shows an image, overlays on one fixed scale, and says what lies under the pointer.

    The layers lie at z 0 (image), 1 (heat map), 2 (mask) and 3 (regions).
    """

    pointer_moved = Signal(float, float, float)
    """x and y in image pixels, and the map's score there, nan without a map."""
    pointer_left = Signal()
    """The pointer is no longer over the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: NDArray[np.float32] | None = None
        self._regions: list[Region] = []
        self._hovered: Region | None = None
        self._message = ("", "")
        self._image = ImageLayer()
        self._heat = PictureLayer()
        self._heat.setOpacity(OPACITY)
        self._mask = OutlineLayer(MASK_COLOUR, 1.8, (3.5, 2.5))
        self._outlines = OutlineLayer(REGION_COLOUR, 1.6)
        for z, layer in enumerate((self._image, self._heat, self._mask, self._outlines)):
            self.add_layer(layer, z)
        self.setAccessibleName(self.tr("Image"))

    def set_image(self, image: NDArray[np.uint8] | QImage | None) -> None:
        """Shows another image, (H, W, 3) uint8 RGB over its own memory, without any overlay.

        Map, regions and mask belonged to the last image and go with it.
        """
        pixels = pixels_of(image) if isinstance(image, QImage) else image
        self._image.set_pixels(None if pixels is None else np.ascontiguousarray(pixels))
        self._map = None
        self._heat.set_picture(None, QRectF())
        self.set_regions([])
        self.set_mask(None)
        self._open(None if pixels is None else (pixels.shape[1], pixels.shape[0]))

    def set_heat_map(
        self, anomaly_map: NDArray[np.float32] | None, low: float = 0.0, high: float = 1.0
    ) -> None:
        """Lays a map, (h, w) float32 of any size, over the whole image, on a fixed scale.

        Raises:
            ValueError: `high` is not above `low`.
        """
        self._map = anomaly_map
        picture = None if anomaly_map is None else heat_picture(anomaly_map, low, high)
        self._heat.set_picture(picture, self._image.boundingRect())

    def set_regions(self, regions: list[Region]) -> None:
        """Outlines regions of this image, labelled under the pointer and when zoomed."""
        self._regions = regions
        self._hovered = None
        self._outlines.set_polygons([p for r in regions for p in (r.outline, *r.holes)])
        self.viewport().update()

    def set_mask(self, mask: NDArray[np.bool_] | None) -> None:
        """Outlines the true defect, (H, W) bool, dashed.

        Raises:
            ValueError: The mask is not as large as the image.
        """
        if mask is None:
            self._mask.set_polygons([])
            return
        size = self._image.boundingRect()
        if mask.shape != (size.height(), size.width()):
            height, width = int(size.height()), int(size.width())
            raise ValueError(f"mask {mask.shape} and image ({height}, {width}) must be alike")
        self._mask.set_polygons(outlines_of(mask))

    def set_heat_visible(self, visible: bool) -> None:
        """Shows or hides the heat map."""
        self._heat.setVisible(visible)

    def set_heat_opacity(self, opacity: float) -> None:
        """How much the heat map covers the image where it is full, in [0, 1]."""
        self._heat.setOpacity(opacity)

    def set_contours_visible(self, visible: bool) -> None:
        """Shows or hides the outlines of the regions and their labels."""
        self._outlines.setVisible(visible)
        self.viewport().update()

    def set_mask_visible(self, visible: bool) -> None:
        """Shows or hides the outline of the true defect."""
        self._mask.setVisible(visible)

    def set_message(self, title: str, text: str = "") -> None:
        """What is said while there is no image."""
        self._message = (title, text)
        self.setAccessibleDescription(f"{title} {text}".strip())
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        view = QRectF(self.viewport().rect())
        if self._place is None:
            draw_message(painter, self.font(), theme_of(), view, *self._message)
        elif self._outlines.isVisible():
            draw_labels(painter, self.font(), self.labels(), view)

    def labels(self) -> list[Label]:
        """The labels that are due now, the one under the pointer first."""
        chosen = [] if self._hovered is None else [self._hovered]
        if self._place is not None and self._place.is_zoomed:
            seen = self._place.visible
            largest = sorted(self._regions, key=lambda region: region.area, reverse=True)
            shown = [
                region
                for region in largest[:LABELS_SHOWN]
                if region.box[0] < seen.right
                and region.box[2] > seen.left
                and region.box[1] < seen.bottom
                and region.box[3] > seen.top
            ]
            chosen += [region for region in shown if region is not self._hovered]
        return [Label(self._words(region), self._box_of(region)) for region in chosen]

    def _words(self, region: Region) -> str:
        percent = region.share * 100
        area = f"{percent:.1f}" if percent >= 0.1 else "< 0.1"
        text = self.tr("area {area} % · peak {peak}")
        return text.format(area=area, peak=f"{region.peak:.2f}")

    def _box_of(self, region: Region) -> QRectF:
        left, top, right, bottom = region.box
        return self._root.mapRectToScene(QRectF(left, top, right - left, bottom - top))

    def _point_at(self, position: QPointF | None) -> None:
        """Tells where the pointer is, and labels the region under it."""
        place = self._place
        point = None if position is None or place is None else self.to_image(position)
        if place is None or point is None or not place.holds(point):
            self._hover(None)
            self.pointer_left.emit()
            return
        x, y = point
        # The regions come sorted by peak; none lies within another, for holes are not inside.
        self._hover(next((region for region in self._regions if region.contains(x, y)), None))
        width, height = place.image
        value = math.nan if self._map is None else score_at(self._map, x / width, y / height)
        self.pointer_moved.emit(x, y, value)

    def _hover(self, region: Region | None) -> None:
        if region is not self._hovered:
            self._hovered = region
            self.viewport().update()
