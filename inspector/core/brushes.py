"""Painting on masks: brush, rectangle, polygon, flood fill, heat map, snapping to edges.

A mask is (H, W) bool. Points are (x, y) in image pixels; the centre of the first pixel is
(0.5, 0.5). A pixel belongs to a shape where its centre does, so that what is painted is the same at
any zoom. What changes a mask does so in place and tells the box that it may have changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError

Mask = NDArray[np.bool_]
Image = NDArray[np.uint8]
Map = NDArray[np.float32]
Point = tuple[float, float]

SNAP_STEPS = 5
"""Rounds of GrabCut; after a few of them nothing moves any more."""

_HEAT_SIDE = 1024
_SNAP_SIDE = 384
_SNAP_LEAST_MARGIN = 8
# In terms of how thick the rough mask is. Chosen on rough masks of real defects: a wider band lets
# GrabCut run away into what only has a similar colour.
_SNAP_CORE, _SNAP_BAND = 0.5, 0.15


class Box(NamedTuple):
    """Pixels from (left, top) up to, without, (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array by."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def united(self, other: Box) -> Box:
        """The smallest box that holds both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grown(self, by: int, shape: tuple[int, ...]) -> Box:
        """Wider by some pixels on each side, within an array of this shape."""
        height, width = shape[:2]
        return Box(
            max(self.left - by, 0),
            max(self.top - by, 0),
            min(self.right + by, width),
            min(self.bottom + by, height),
        )

    def grown_freely(self, by: int) -> Box:
        """Wider by some pixels on each side, wherever that leads."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)


NOTHING = Box(0, 0, 0, 0)


def whole(mask: Mask) -> Box:
    """The box of all pixels."""
    return Box(0, 0, mask.shape[1], mask.shape[0])


def bounds_of(mask: Mask) -> Box:
    """The smallest box that holds what is painted."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Box(left, top, left + width, top + height) if width else NOTHING


def count_regions(mask: Mask) -> int:
    """Connected regions; those that touch at a corner are one."""
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


def paint_stroke(mask: Mask, points: Sequence[Point], radius: float, value: bool) -> Box:
    """Paints (or erases) with a round brush along points: the discs and all between them.

    Args:
        mask: Changed in place.
        points: One makes a dab; outside of the image they are fine.
        radius: A pixel is painted where its centre lies within it, the rim included.
        value: True paints, False erases.

    Returns:
        What may have changed.
    """
    box = NOTHING
    ends = list(points[1:]) or list(points)
    for start, end in zip(points, ends, strict=False):
        box = box.united(_paint_capsule(mask, start, end, radius, value))
    return box


def paint_rectangle(mask: Mask, corner: Point, opposite: Point, value: bool) -> Box:
    """Paints (or erases) an upright rectangle; what may have changed."""
    height, width = mask.shape
    left, right = sorted((corner[0], opposite[0]))
    top, bottom = sorted((corner[1], opposite[1]))
    box = Box(
        max(math.ceil(left - 0.5), 0),
        max(math.ceil(top - 0.5), 0),
        min(math.floor(right - 0.5) + 1, width),
        min(math.floor(bottom - 0.5) + 1, height),
    )
    if box.is_empty:
        return NOTHING
    mask[box.slices] = value
    return box


def paint_polygon(mask: Mask, points: Sequence[Point], value: bool) -> Box:
    """Paints (or erases) the inside of a closed polygon; where it crosses itself, by even and odd.

    Raises:
        InspectorError: Fewer than three different points; the mask is as it was.
    """
    if len(set(points)) < 3:
        raise InspectorError(
            "A polygon needs at least three points.", "Click one more point, or press Esc."
        )
    height, width = mask.shape
    starts = np.array(points, np.float64)
    ends = np.roll(starts, -1, axis=0)
    top = max(math.ceil(starts[:, 1].min() - 0.5), 0)
    bottom = min(math.floor(starts[:, 1].max() - 0.5) + 1, height)
    if bottom <= top:
        return NOTHING
    down = np.arange(top, bottom)[:, None] + 0.5
    crosses = (starts[:, 1] <= down) != (ends[:, 1] <= down)
    rise = ends[:, 1] - starts[:, 1]
    slope = (ends[:, 0] - starts[:, 0]) / np.where(rise == 0, 1, rise)
    at = np.where(crosses, starts[:, 0] + (down - starts[:, 1]) * slope, np.inf)
    at.sort(axis=1)
    columns = np.clip(np.ceil(at - 0.5), 0, width).astype(np.intp)
    for row, begins in enumerate(columns.tolist(), top):
        for left, right in zip(begins[::2], begins[1::2], strict=False):
            mask[row, left:right] = value
    used = columns[np.isfinite(at)]
    return Box(int(used.min()), top, int(used.max()), bottom) if used.size else NOTHING


def paint_region(mask: Mask, box: Box, region: Mask, value: bool) -> Box:
    """Paints (or erases) a region that was found, given as the part of the image in its box."""
    part = mask[box.slices]
    if value:
        part |= region
    else:
        part &= ~region
    return box


def invert(mask: Mask) -> Box:
    """Paints what was not, and erases what was."""
    np.logical_not(mask, out=mask)
    return whole(mask)


def clear(mask: Mask) -> Box:
    """Erases everything; what was painted."""
    box = bounds_of(mask)
    mask[box.slices] = False
    return box


def flood_region(image: Image, seed: Point, tolerance: int) -> tuple[Box, Mask]:
    """The pixels like the one at `seed` that can be reached from it, side by side.

    Args:
        image: (H, W, 3) uint8, contiguous.
        seed: A point of the image.
        tolerance: How far each of the three colours may be from that of the seed, 0 to 255.

    Returns:
        A box, and the region within it.
    """
    height, width = image.shape[:2]
    column, row = int(seed[0]), int(seed[1])
    found = np.zeros((height + 2, width + 2), np.uint8)
    within = (tolerance,) * 3
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    _, _, _, (left, top, across, down) = cv2.floodFill(
        image, found, (column, row), (0, 0, 0), within, within, flags
    )
    box = Box(left, top, left + across, top + down)
    return box, found[1:-1, 1:-1][box.slices].astype(np.bool_)


def heat_region(
    anomaly_map: Map, shape: tuple[int, int], share: float, low: float, seed: Point | None = None
) -> tuple[Box, Mask]:
    """What is hot around the hottest point: the connected region above a falling level.

    Args:
        anomaly_map: (h, w) float32; it covers the whole image.
        shape: Height and width of the image.
        share: 0 gives the hottest point alone, 1 all that is connected with it above `low`.
        low: Score that normal parts have.
        seed: Begins at this point of the image instead.

    Returns:
        A box in image pixels, and the region within it.
    """
    height, width = shape
    shrunk = min(_HEAT_SIDE / max(shape), 1.0)
    size = (max(round(width * shrunk), 1), max(round(height * shrunk), 1))
    fine = cv2.resize(anomaly_map, size, interpolation=cv2.INTER_LINEAR)
    if seed is None:
        row, column = divmod(int(fine.argmax()), fine.shape[1])
    else:
        column = min(max(int(seed[0] * size[0] / width), 0), size[0] - 1)
        row = min(max(int(seed[1] * size[1] / height), 0), size[1] - 1)
    peak = float(fine[row, column])
    level = peak + share * (min(low, peak) - peak)
    _, labels = cv2.connectedComponents((fine >= level).astype(np.uint8), connectivity=8)
    coarse = labels == labels[row, column] if labels[row, column] else labels == -1
    coarse[row, column] = True  # rounding must not lose the seed itself
    found = bounds_of(coarse)
    across, down = width / size[0], height / size[1]
    box = Box(
        math.floor(found.left * across),
        math.floor(found.top * down),
        min(math.ceil(found.right * across), width),
        min(math.ceil(found.bottom * down), height),
    )
    part = coarse[found.slices].astype(np.float32)
    target = (box.right - box.left, box.bottom - box.top)
    return box, cv2.resize(part, target, interpolation=cv2.INTER_LINEAR) >= 0.5


def snapped(
    image: Image, mask: Mask, report: Callable[[int, int], object]
) -> tuple[Box, Mask] | None:
    """A rough mask drawn to the edges in the image near it (GrabCut).

    Only the neighbourhood of the mask is looked at: nothing appears far from what was painted.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W), the rough mask; left alone.
        report: Told (done, total) after each of `SNAP_STEPS` rounds; if it raises, all ends.

    Returns:
        A box and what its pixels should be; None where nothing was painted, or no edge was found.
    """
    rough = bounds_of(mask)
    if rough.is_empty:
        return None
    side = max(rough.right - rough.left, rough.bottom - rough.top)
    box = rough.grown(max(side // 4, _SNAP_LEAST_MARGIN), mask.shape)
    part = mask[box.slices].astype(np.uint8)
    height, width = part.shape
    shrunk = min(_SNAP_SIDE / max(part.shape), 1.0)
    size = (max(round(width * shrunk), 1), max(round(height * shrunk), 1))
    small = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)
    pixels = cv2.resize(image[box.slices], size, interpolation=cv2.INTER_AREA)
    labels = _snap_labels(small)
    if not (labels == cv2.GC_PR_FGD).any() or not (labels == cv2.GC_BGD).any():
        return None
    cv2.setRNGSeed(0)  # the colours are clustered at random; the same mask gives the same edges
    models = np.zeros((1, 65)), np.zeros((1, 65))
    mode = cv2.GC_INIT_WITH_MASK
    for step in range(SNAP_STEPS):
        cv2.grabCut(pixels, labels, None, *models, 1, mode)
        mode = cv2.GC_EVAL
        report(step + 1, SNAP_STEPS)
    inside = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    if not inside.any():
        return None
    return box, cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR) >= 0.5


def _snap_labels(rough: Image) -> Image:
    """What GrabCut may decide: the heart of each region stays, what is far from all stays out."""
    inside = cv2.distanceTransform(rough, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - rough, cv2.DIST_L2, 5)
    thickness = float(inside.max())
    labels = np.full(rough.shape, cv2.GC_BGD, np.uint8)
    labels[outside <= max(_SNAP_BAND * thickness, 3.0)] = cv2.GC_PR_BGD
    labels[rough > 0] = cv2.GC_PR_FGD
    labels[inside > _SNAP_CORE * thickness] = cv2.GC_FGD
    return labels


def _paint_capsule(mask: Mask, start: Point, end: Point, radius: float, value: bool) -> Box:
    """All pixels whose centre is within `radius` of the line from `start` to `end`."""
    height, width = mask.shape
    top = max(math.ceil(min(start[1], end[1]) - radius - 0.5), 0)
    bottom = min(math.floor(max(start[1], end[1]) + radius - 0.5) + 1, height)
    if bottom <= top:
        return NOTHING
    lefts, rights = _row_spans(start, end, radius, np.arange(top, bottom) + 0.5)
    held = lefts <= rights
    begins = np.where(held, np.ceil(np.where(held, lefts, 0) - 0.5), width)
    ends = np.where(held, np.floor(np.where(held, rights, 0) - 0.5) + 1, 0)
    begins, ends = np.maximum(begins, 0).astype(np.intp), np.minimum(ends, width).astype(np.intp)
    painted = ends > begins
    if not painted.any():
        return NOTHING
    for row, left, right in zip(
        (np.flatnonzero(painted) + top).tolist(),
        begins[painted].tolist(),
        ends[painted].tolist(),
        strict=True,
    ):
        mask[row, left:right] = value
    return Box(int(begins[painted].min()), top, int(ends[painted].max()), bottom)


def _row_spans(
    start: Point, end: Point, radius: float, down: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a capsule begins and ends on each row; it is convex, so that is all there is to it."""
    lefts = np.full(down.shape, np.inf)
    rights = np.full(down.shape, -np.inf)
    for x, y in (start, end):
        square = radius * radius - (down - y) ** 2
        half = np.sqrt(np.maximum(square, 0))
        lefts = np.where(square >= 0, np.minimum(lefts, x - half), lefts)
        rights = np.where(square >= 0, np.maximum(rights, x + half), rights)
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length == 0:
        return lefts, rights
    # Between the two discs: no further along than the ends, and no further aside than the radius.
    below = down - start[1]
    begin_along, end_along = _interval(dx, -below * dy, length * length - below * dy)
    reach = radius * length
    begin_aside, end_aside = _interval(dy, below * dx - reach, below * dx + reach)
    begin = np.maximum(begin_along, begin_aside) + start[0]
    finish = np.minimum(end_along, end_aside) + start[0]
    held = begin <= finish
    lefts = np.where(held, np.minimum(lefts, begin), lefts)
    rights = np.where(held, np.maximum(rights, finish), rights)
    return lefts, rights


def _interval(
    factor: float, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where low ≤ factor · x ≤ high; from inf to −inf where nowhere."""
    if factor == 0:
        held = (low <= 0) & (high >= 0)
        return np.where(held, -np.inf, np.inf), np.where(held, np.inf, -np.inf)
    first, second = low / factor, high / factor
    return np.minimum(first, second), np.maximum(first, second)
