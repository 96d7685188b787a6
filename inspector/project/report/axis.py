"""A linear score axis: which part of the scores it shows, where its ticks are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps scores from `low` to `high` onto the pixels from `left` to `right`."""

    low: float
    high: float
    left: float
    right: float

    def place(self, scores: Scores | float) -> Scores:
        """Pixel positions; what lies off the axis is placed at its end."""
        share = (np.asarray(scores, dtype=np.float64) - self.low) / (self.high - self.low)
        positions: Scores = self.left + np.clip(share, 0, 1) * (self.right - self.left)
        return positions

    def ticks(self, wanted: int = 6) -> list[tuple[float, str]]:
        """About `wanted` round positions in pixels, with their labels."""
        rough = (self.high - self.low) / wanted
        power = 10.0 ** math.floor(math.log10(rough))
        multiple = next(m for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
        step = multiple * power
        decimals = max(0, (multiple == 2.5) - math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [
            (float(self.place(i * step)), f"{i * step:.{decimals}f}".replace("-", "−"))
            for i in range(first, last + 1)
        ]


def axis_for(
    normal: Scores, others: Scores, threshold: float | None, left: float, right: float
) -> Axis:
    """The axis that shows all normal scores and the threshold at a legible width.

    Defects can score many times higher than anything normal. Showing all of them would squeeze the
    normal scores, which the picture is about, into a line; so the axis ends where the normal scores
    still take about a quarter of it, and leaves out the highest 2 % of all scores where they lie
    far off. What lies beyond is placed at the axis' end and counted there.
    """
    every = np.concatenate([normal, others, [] if threshold is None else [threshold]])
    if every.size == 0:
        return Axis(0.0, 1.0, left, right)
    core = every if normal.size == 0 else np.quantile(normal, [0.002, 0.998])
    start = float(np.min(core))
    reach = float(np.max(core)) if threshold is None else max(float(np.max(core)), threshold)
    low = float(np.min(every))
    high = float(np.max(every))
    if reach > start:
        low = max(low, start - 1.0 * (reach - start))
        usual = max(float(np.quantile(every, 0.98)), reach + 0.5 * (reach - start))
        high = min(high, usual, reach + 3.0 * (reach - start))
    if high <= low:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    margin = 0.03 * (high - low)
    return Axis(low - margin, high + margin, left, right)
