"""The map of features. Imports pyqtgraph: import this module only when a map is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF
from PySide6.QtGui import QColor

from inspector.gui.plots.point_map import PointMap
from inspector.gui.plots.point_style import QUIET, Look
from inspector.gui.theme import theme_of
from inspector.jobs.name_file import StoredNames

LOOKS = {
    "others": Look("circle", QUIET, 0.3, 0.5),
    "synthetic_others": Look("diamond", QUIET, 0.36, 0.5, is_hollow=True),
    "real": Look("circle", 0, 0.42, 0.8),
    "synthetic": Look("diamond", 1, 0.5, 0.95, is_hollow=True),
}
"""In the order in which they are drawn."""


_ABOVE = 1.15  # heights of a title above the topmost point of its class


class FeatureMap(PointMap):
    """Filled circles are real, hollow diamonds synthesised; classes are named above them."""

    def __init__(self) -> None:
        name = QCoreApplication.translate(
            "FeatureMap", "Map of the features; arrow keys go from point to point"
        )
        super().__init__(name, LOOKS)
        self.kinds: Mapping[str, NDArray[np.intp]] = {}
        self._names: list[pg.TextItem] = []
        self.plot.getPlotItem().getViewBox().sigRangeChanged.connect(self._part_names)

    def show_classes(self, names: StoredNames, chosen: int, titles: Sequence[str]) -> None:
        """Lets one class stand out, −1 for all alike, and writes their titles."""
        is_meant = (names.feature_classes == chosen) | (chosen < 0)
        self.kinds = {
            "real": np.flatnonzero(is_meant & ~names.synthetic),
            "synthetic": np.flatnonzero(is_meant & names.synthetic),
            "others": np.flatnonzero(~is_meant & ~names.synthetic),
            "synthetic_others": np.flatnonzero(~is_meant & names.synthetic),
        }
        self.show_kinds(self.kinds)
        self._clear_names()
        for c, title in enumerate(titles):
            own = self.places[names.feature_classes == c]
            if len(own) and chosen in (-1, c):
                self._name(title, np.array([np.median(own[:, 0]), own[:, 1].max()], np.float32))
        self._part_names()

    def show_places(self, places: NDArray[np.float32] | None, message: str = "") -> None:
        self._clear_names()
        super().show_places(places, message)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            for item in self._names:
                item.setColor(QColor(theme_of().text))
                item.setFont(self.font())
            self._part_names()

    def _part_names(self) -> None:
        """Of titles that would lie on each other only the first is shown; hovering tells all."""
        shown: list[QRectF] = []
        for item in self._names:
            box = self._box_of(item)
            is_free = not any(box.intersects(other) for other in shown)
            item.setVisible(is_free)
            if is_free:
                shown.append(box)

    def _box_of(self, item: pg.TextItem) -> QRectF:
        """Where a title is going to lie; by itself the item knows that only once it is painted."""
        place = self.plot.getPlotItem().getViewBox().mapViewToScene(item.pos())
        size = item.textItem.boundingRect().size()
        corner = QPointF(place.x() - size.width() / 2, place.y() - _ABOVE * size.height())
        return QRectF(corner, size)

    def _clear_names(self) -> None:
        for item in self._names:
            self.plot.removeItem(item)
        self._names = []

    def _name(self, title: str, place: NDArray[np.float32]) -> None:
        item = pg.TextItem(title, color=QColor(theme_of().text), anchor=(0.5, _ABOVE))
        item.setFont(self.font())
        item.setPos(float(place[0]), float(place[1]))
        item.setZValue(10)
        self.plot.addItem(item, ignoreBounds=True)
        self._names.append(item)
