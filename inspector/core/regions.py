"""Connected regions of an anomaly map above a threshold: where, how large, how strong."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]
Polygon = NDArray[np.float32]

_FINE_SIDE = 768
# On a grid of half pixels; just too little to flatten a single pixel into a line.
_SIMPLIFY = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One connected region that scores above the threshold.

    Attributes:
        outline: (n, 2) float32, x and y in image pixels; closed, n >= 3.
        holes: Outlines of what lies inside and does not belong to it.
        area: In image pixels.
        share: Area as share of the image, in (0, 1].
        peak: Its highest score.
        peak_at: x and y of that score, in image pixels.
        box: left, top, right, bottom, in image pixels.
    """

    outline: Polygon
    holes: tuple[Polygon, ...]
    area: float
    share: float
    peak: float
    peak_at: tuple[float, float]
    box: tuple[float, float, float, float]

    def contains(self, x: float, y: float) -> bool:
        """Whether an image point lies inside; a hole is not inside."""
        left, top, right, bottom = self.box
        if not (left <= x <= right and top <= y <= bottom):
            return False
        if cv2.pointPolygonTest(self.outline, (x, y), False) < 0:
            return False
        return all(cv2.pointPolygonTest(hole, (x, y), False) <= 0 for hole in self.holes)


def find_regions(anomaly_map: Map, threshold: float, image_shape: tuple[int, int]) -> list[Region]:
    """The regions that score above a threshold, the strongest first.

    The map is read as the heat map shows it, bilinear between its values. Regions that touch at a
    corner are one.

    Args:
        anomaly_map: (h, w) float32 of any size; it covers the whole image.
        threshold: Scores above it belong to a region.
        image_shape: Height and width of the image.

    Returns:
        Sorted by peak, falling; empty where nothing scores above.

    Raises:
        ValueError: The map is not two-dimensional, or map or image is empty.
    """
    if anomaly_map.ndim != 2 or not anomaly_map.size or min(image_shape) < 1:
        raise ValueError(f"a map {anomaly_map.shape} has no regions on an image {image_shape}")
    fine, times = _refined(anomaly_map)
    above = (fine > threshold).astype(np.uint8)
    if not above.any():
        return []
    labels, stats = _labelled(above)
    peaks = _peaks(anomaly_map, labels[times // 2 :: times, times // 2 :: times], len(stats))
    across, down = image_shape[1] / fine.shape[1], image_shape[0] / fine.shape[0]
    stretch = np.array([across, down], np.float32)
    regions = []
    for outline, holes in _outlines(above.astype(np.bool_)):
        # A vertex lies within a quarter of a pixel from the centre of a pixel of the region.
        column, row = (int(at) for at in outline[0])
        label = int(labels[row, column])
        if label not in peaks:
            continue  # above by a rounding error only
        left, top, width, height, area = (int(value) for value in stats[label])
        peak_row, peak_column = peaks[label]
        regions.append(
            Region(
                outline=outline * stretch,
                holes=tuple(hole * stretch for hole in holes),
                area=area * across * down,
                share=area / fine.size,
                peak=float(anomaly_map[peak_row, peak_column]),
                peak_at=(
                    (peak_column + 0.5) * times * across,
                    (peak_row + 0.5) * times * down,
                ),
                box=(
                    left * across,
                    top * down,
                    (left + width) * across,
                    (top + height) * down,
                ),
            )
        )
    return sorted(regions, key=lambda region: region.peak, reverse=True)


def outlines_of(mask: Mask) -> list[Polygon]:
    """The outlines of a mask, those of its holes among them.

    Args:
        mask: (H, W) bool.

    Returns:
        Closed polygons, (n, 2) float32 each, x and y in the mask's pixels.
    """
    return [polygon for outline, holes in _outlines(mask) for polygon in (outline, *holes)]


def score_at(anomaly_map: Map, x: float, y: float) -> float:
    """The map's value, bilinear, at (x, y) given as shares of its width and height in [0, 1]."""
    height, width = anomaly_map.shape
    column = min(max(x * width - 0.5, 0.0), width - 1.0)
    row = min(max(y * height - 0.5, 0.0), height - 1.0)
    left, top = int(column), int(row)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    along, down = column - left, row - top
    upper = anomaly_map[top, left] * (1 - along) + anomaly_map[top, right] * along
    lower = anomaly_map[bottom, left] * (1 - along) + anomaly_map[bottom, right] * along
    return float(upper * (1 - down) + lower * down)


def _refined(anomaly_map: Map) -> tuple[Map, int]:
    """The map on a finer grid, and how many times finer.

    The factor is odd: then every value of the map is also a value of the grid, and no peak is lost.
    """
    height, width = anomaly_map.shape
    times = _FINE_SIDE // max(height, width)
    times = max(1, times - 1 + times % 2)
    if times == 1:
        return anomaly_map, 1
    fine: Map = cv2.resize(
        anomaly_map, (width * times, height * times), interpolation=cv2.INTER_LINEAR
    )
    fine[times // 2 :: times, times // 2 :: times] = anomaly_map
    return fine, times


def _labelled(above: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """A label above 0 for each region, and OpenCV's statistics of each label.

    Only the part that holds anything is searched: mostly it is small, and this is the slow step.
    """
    left, top, width, height = cv2.boundingRect(above)
    part = np.s_[top : top + height, left : left + width]
    _, found, stats, _ = cv2.connectedComponentsWithStats(above[part], connectivity=8)
    labels = np.zeros(above.shape, np.int32)
    labels[part] = found
    stats[:, cv2.CC_STAT_LEFT] += left
    stats[:, cv2.CC_STAT_TOP] += top
    return labels, stats


def _peaks(anomaly_map: Map, labels: NDArray[np.int32], count: int) -> dict[int, tuple[int, int]]:
    """Row and column of the highest score under each label above 0."""
    rows, columns = np.nonzero(labels)
    rising = np.argsort(anomaly_map[rows, columns], kind="stable")
    rows, columns = rows[rising], columns[rising]
    last = np.full(count, -1)
    last[labels[rows, columns]] = np.arange(len(rows))  # the last written, the highest, stays
    return {
        label: (int(rows[at]), int(columns[at]))
        for label, at in enumerate(last.tolist())
        if at >= 0
    }


def _outlines(mask: Mask) -> list[tuple[Polygon, list[Polygon]]]:
    """Each region's outline, and those of its holes, a quarter of a pixel within its true edge.

    OpenCV's outlines run through the centres of pixels, where a single pixel is a point. On a grid
    of half pixels every region has an extent.
    """
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if not width:
        return []
    cropped = mask[top : top + height, left : left + width].astype(np.uint8)
    halves = cv2.resize(cropped, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    found, tree = cv2.findContours(halves, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    polygons = [
        (cv2.approxPolyDP(points, _SIMPLIFY, True)[:, 0].astype(np.float32) + np.float32(0.5))
        * np.float32(0.5)
        + np.array([left, top], np.float32)
        for points in found
    ]
    # Each row of the tree: next, previous, first child, parent.
    parents = [int(row[3]) for row in tree[0]]
    regions: dict[int, tuple[Polygon, list[Polygon]]] = {
        at: (polygons[at], []) for at, parent in enumerate(parents) if parent < 0
    }
    for at, parent in enumerate(parents):
        if parent >= 0:
            regions[parent][1].append(polygons[at])
    return list(regions.values())
