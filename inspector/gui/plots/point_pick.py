"""Which point of a map is meant, by the mouse or by arrow keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nearest_point(places: NDArray[np.float64], at: tuple[float, float], reach: float) -> int:
    """The point (N, 2) nearest to `at`, in pixels, within `reach`; −1 where there is none.

    Of points that lie on top of each other the last: it is drawn above the others.
    """
    if not len(places):
        return -1
    away = np.hypot(places[:, 0] - at[0], places[:, 1] - at[1])
    best = len(away) - 1 - int(np.argmin(away[::-1]))
    return best if away[best] <= reach else -1


def next_point(places: NDArray[np.float64], current: int, step: tuple[int, int]) -> int:
    """The nearest point in a direction, for the arrow keys: within 45° of `step`, (dx, dy) of
    which one is 0, y upwards. `current` where there is none, the first without a current one."""
    if not len(places):
        return -1
    if current < 0:
        return 0
    along = (places - places[current]) @ np.array(step, np.float64)
    across = np.abs((places - places[current]) @ np.array(step[::-1], np.float64))
    away = np.where((along > 0) & (across <= along), along + across, np.inf)
    best = int(np.argmin(away))
    return best if np.isfinite(away[best]) else current
