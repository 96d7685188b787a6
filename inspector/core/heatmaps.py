"""Anomaly maps as pictures, always on one fixed scale that the caller gives.

A map is never stretched to its own minimum and maximum: that would paint every good part red. Equal
colours mean equal scores, in all pictures drawn with the same `low` and `high`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Map = NDArray[np.float32]

OPACITY = 0.65

_FULL_AT = 0.3  # position on the scale from which the overlay has its full opacity
# Colours taken of inferno: the darkest do not show on a dark part, the palest not on a bright one.
_FIRST, _LAST = 64, 232
_LINE = (255, 255, 255)
_CASING = (0, 0, 0)


def colour_table() -> Image:
    """(256, 3) uint8 RGB, from low to high: *inferno* from purple to yellow.

    Its lightness grows evenly, so it is safe for the colour-blind and survives grey printing.
    """
    steps = np.linspace(_FIRST, _LAST, 256).round().astype(np.uint8)[None]
    table: Image = cv2.cvtColor(cv2.applyColorMap(steps, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return table.reshape(256, 3)


def colourise(anomaly_map: Map, low: float, high: float) -> Image:
    """Paint a map, opaque.

    Args:
        anomaly_map: (h, w) float32.
        low: Score painted in the first colour, as is everything below.
        high: Score painted in the last colour, as is everything above; `high > low`.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    return colour_table()[np.rint(_positions(anomaly_map, low, high) * 255).astype(np.uint8)]


def paint_share(positions: Map, opacity: float = OPACITY) -> Map:
    """How much of an overlay's colour covers the image, at positions in [0, 1] on the scale."""
    share: Map = np.float32(opacity) * np.minimum(positions / np.float32(_FULL_AT), np.float32(1))
    return share


def overlay(
    image: Image,
    anomaly_map: Map,
    low: float,
    high: float,
    opacity: float = OPACITY,
    threshold: float | None = None,
) -> Image:
    """Paint a map over its image: transparent at `low`, soon opaque above it.

    Args:
        image: (H, W, 3) uint8 RGB.
        anomaly_map: (h, w) float32 of any size; it is scaled to the image bilinearly.
        low: Score at which nothing is painted.
        high: Score painted in the last colour; `high > low`.
        opacity: Share of the paint where it is full, in [0, 1].
        threshold: Where given, the region scoring above it gets a contour.

    Returns:
        (H, W, 3) uint8 RGB; `image` is left as it is.
    """
    height, width = image.shape[:2]
    scaled: Map = cv2.resize(anomaly_map, (width, height), interpolation=cv2.INTER_LINEAR)
    share = paint_share(_positions(scaled, low, high), opacity)[..., None]
    mixed = image * (1 - share) + colourise(scaled, low, high) * share
    painted = np.rint(mixed).astype(np.uint8)
    return painted if threshold is None else draw_contour(painted, scaled > threshold)


def draw_contour(image: Image, region: NDArray[np.bool_]) -> Image:
    """Outline a region with a white line on a black one, visible on any ground.

    Args:
        image: (H, W, 3) uint8 RGB.
        region: (H, W) bool.

    Returns:
        (H, W, 3) uint8 RGB; `image` is left as it is.

    Raises:
        ValueError: Sizes differ.
    """
    if region.shape != image.shape[:2]:
        raise ValueError(f"region {region.shape} and image {image.shape[:2]} must be alike")
    outlines, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    line = max(1, round(min(image.shape[:2]) / 300))
    drawn = np.ascontiguousarray(image).copy()
    for colour, width in ((_CASING, 3 * line), (_LINE, line)):
        cv2.drawContours(drawn, outlines, -1, colour, width, cv2.LINE_AA)
    return drawn


def _positions(anomaly_map: Map, low: float, high: float) -> Map:
    """Where each score lies on the scale, from 0 at `low` to 1 at `high`."""
    if not high > low:
        raise ValueError(f"a colour scale needs low < high, not {low} and {high}")
    positions: Map = np.clip((anomaly_map - np.float32(low)) / np.float32(high - low), 0, 1)
    return positions
