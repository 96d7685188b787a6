"""From numpy memory to Qt's pictures."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from inspector.core.heatmaps import colour_table, paint_share

Pixels = NDArray[np.uint8]
Map = NDArray[np.float32]

_SMOOTH_SIDE = 512


def picture_of(rgb: Pixels) -> QImage:
    """A picture over an array's own memory, which it keeps alive; nothing is copied.

    Args:
        rgb: (H, W, 3) uint8, contiguous; who changes it later repaints.

    Raises:
        ValueError: Another shape, or rows that do not lie one after the other.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.flags.c_contiguous:
        raise ValueError(f"a picture needs contiguous (H, W, 3) pixels, not {rgb.shape}")
    height, width = rgb.shape[:2]
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)


def pixels_of(picture: QImage) -> Pixels:
    """A copy of a picture's pixels: (H, W, 3) uint8 RGB, without alpha."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def heat_picture(anomaly_map: Map, low: float, high: float) -> QImage:
    """A map on a fixed scale: transparent at `low`, soon opaque above it.

    The picture is small: the painter scales it to the image. A coarse map is made finer first, so
    that scores and not colours are interpolated, and equal colours mean equal scores everywhere.

    Args:
        anomaly_map: (h, w) float32.
        low: Score at which nothing is painted.
        high: Score painted in the last colour.

    Raises:
        ValueError: `high` is not above `low`.
    """
    if not high > low:
        raise ValueError(f"a colour scale needs low < high, not {low} and {high}")
    height, width = anomaly_map.shape
    times = max(1, _SMOOTH_SIDE // max(height, width))
    fine = cv2.resize(anomaly_map, (width * times, height * times), interpolation=cv2.INTER_LINEAR)
    steps = (fine - np.float32(low)) * np.float32(255 / (high - low))
    painted = heat_colours()[np.clip(steps + np.float32(0.5), 0, 255).astype(np.uint8)]
    rows, columns = painted.shape
    return QImage(
        painted.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied
    )


@cache
def heat_colours() -> NDArray[np.uint32]:
    """(256,) premultiplied ARGB, from transparent at the low end to opaque."""
    alpha = paint_share(np.linspace(0, 1, 256, dtype=np.float32), 1.0)
    parts = np.rint(colour_table() * alpha[:, None]).astype(np.uint32)
    opaque = np.rint(alpha * 255).astype(np.uint32)
    colours: NDArray[np.uint32] = opaque << 24 | parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2]
    return colours
