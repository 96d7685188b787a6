"""Pixel metrics of every class and of all together, of maps that come class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspector.core.pixel_metrics import NO_PIXELS, PixelMetrics, PixelScores


@dataclass(frozen=True, slots=True)
class PixelsByClass:
    """Pixel metrics of the classes of which pixels are known, and of all their pixels at once."""

    per_class: Mapping[str, PixelScores] = field(default_factory=dict)
    together: PixelScores = NO_PIXELS


class ClassPixels:
    """Gathers maps and masks: holds the pixels of one class and of all together, no matter how many
    classes there are."""

    def __init__(self) -> None:
        self._together = PixelMetrics()
        self._over: dict[str, PixelScores] = {}
        self._name = ""
        self._of_class = PixelMetrics()

    def update(
        self, class_name: str, anomaly_map: NDArray[np.float32], mask: NDArray[np.bool_]
    ) -> None:
        """Adds one image, see `PixelMetrics.update`.

        Raises:
            ValueError: Images of another class have come since the last one of this class.
        """
        if class_name != self._name:
            self._end_class()
            if class_name in self._over:
                raise ValueError(f"all images of class '{class_name}' must come one after another")
            self._name = class_name
        self._of_class.update(anomaly_map, mask)

    def result(self) -> PixelsByClass:
        """The metrics of all that came."""
        self._end_class()
        return PixelsByClass(dict(self._over), self._together.result())

    def _end_class(self) -> None:
        if self._of_class.nbytes:
            self._over[self._name] = self._of_class.result()
            self._together.merge(self._of_class)
        self._of_class = PixelMetrics()
