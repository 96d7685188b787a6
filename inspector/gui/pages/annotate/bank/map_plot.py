"""The map of the banks. Imports pyqtgraph: import this module only when a map is needed."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from inspector.gui.pages.annotate.bank.map_points import MapPoints
from inspector.gui.pages.annotate.bank.map_style import LOOKS, MUTED
from inspector.gui.plots.point_map import PointMap


class BankMap(PointMap):
    """A point for each entry; muted ones have another shape."""

    def __init__(self) -> None:
        name = QCoreApplication.translate(
            "BankMap", "Map of the banks; arrow keys go from point to point"
        )
        super().__init__(name, LOOKS)
        self.points: MapPoints | None = None
        self._muted: NDArray[np.intp] = np.zeros(0, np.intp)

    def show_points(self, points: MapPoints | None, message: str = "") -> None:
        """Shows another map; without one the message."""
        self.points, self._muted = points, np.zeros(0, np.intp)
        self.show_places(points.places if points is not None else None, message)
        self._sort()
        self.fit()

    def show_muted(self, muted: Collection[int]) -> None:
        """These points are muted: another shape."""
        self._muted = np.array(sorted(muted), np.intp)
        self._sort()

    def _sort(self) -> None:
        points = self.points
        if points is None:
            return
        kinds = {name: np.setdiff1d(points.of(name), self._muted) for name in points.banks}
        self.show_kinds(kinds | {MUTED: self._muted})
