"""Intensity windows: the part of a 16-bit camera's range that a class of parts really uses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEVELS = 1 << 16


@dataclass(frozen=True, slots=True)
class IntensityWindow:
    """The 16-bit values that become black (`low`) and white (`high`) for every image of a class.

    One window per class, estimated once and stored, keeps images comparable with each other; a
    range per image would hide that one of them is too dark.

    Raises:
        ValueError: `low` is not below `high`, or one of them is not finite.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"an intensity window needs low < high, not {self.low} and {self.high}"
            )

    def apply(self, pixels: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Map `low`..`high` linearly to 0..1 and clip; any shape in, the same shape out."""
        scaled = pixels.astype(np.float32)
        scaled -= np.float32(self.low)
        scaled /= np.float32(self.high - self.low)
        return np.clip(scaled, 0.0, 1.0, out=scaled)


FULL_RANGE = IntensityWindow(0.0, float(_LEVELS - 1))


def estimate_window(
    images: Iterable[NDArray[np.uint16]], percentiles: tuple[float, float] = (0.1, 99.9)
) -> IntensityWindow:
    """The window between two percentiles of all pixels of all images, taken together.

    Memory stays that of one image and one histogram, however many images there are. Where both
    percentiles fall on one value the window spans all values that occur; where only one value
    occurs it is one level wide, so that this value becomes black.

    Args:
        images: uint16 arrays of any shapes, for example (H, W) or (H, W, 3).
        percentiles: lower and upper percentile, 0 <= lower < upper <= 100.

    Raises:
        ValueError: there is no pixel at all, or the percentiles are out of order.
    """
    lower, upper = percentiles
    if not 0 <= lower < upper <= 100:
        raise ValueError(f"percentiles must rise within 0..100, not {percentiles}")
    histogram = np.zeros(_LEVELS, np.int64)
    for image in images:
        histogram += np.bincount(image.ravel(), minlength=_LEVELS)
    cumulative = np.cumsum(histogram)
    if cumulative[-1] == 0:
        raise ValueError("an intensity window needs at least one pixel")
    low, high = (_value_at(cumulative, percentile) for percentile in percentiles)
    if low == high:
        low, high = _value_at(cumulative, 0), _value_at(cumulative, 100)
    return IntensityWindow(float(low), float(max(high, low + 1)))


def _value_at(cumulative: NDArray[np.int64], percentile: float) -> int:
    """The smallest value that at least `percentile` per cent of the pixels do not exceed."""
    rank = max(1, math.ceil(percentile / 100 * int(cumulative[-1])))
    return int(np.searchsorted(cumulative, min(rank, int(cumulative[-1]))))
