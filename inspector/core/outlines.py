"""Masks as polygons and back, exactly: polygons run along the edges of pixels.

A corner (x, y) is the top left corner of the pixel in column x and row y. A pixel is inside where
its centre is, counted by the even-odd rule; so a polygon along pixel edges gives the same mask
again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import cv2
import numpy as np

from inspector.core.masks import Mask

Point = tuple[float, float]

# Turns to the right: down after right, left after down, up after left (y points down).
_RIGHT_OF = {(1, 0): (0, 1), (0, 1): (-1, 0), (-1, 0): (0, -1), (0, -1): (1, 0)}


def outline_mask(mask: Mask) -> list[list[tuple[int, int]]]:
    """One polygon for each connected region of a mask (H, W), along the edges of its pixels.

    Holes belong to the polygon of their region: from its first corner it goes over to each hole,
    around it, and the same way back. `fill_polygon` gives exactly the region.
    """
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    regions: dict[int, list[list[tuple[int, int]]]] = defaultdict(list)
    for loop, (x, y) in _loops(mask):
        regions[int(labels[y, x])].append(loop)
    return [_joined(loops) for _, loops in sorted(regions.items())]


def fill_polygon(points: Sequence[Point], size: tuple[int, int]) -> Mask:
    """The pixels whose centres lie in a polygon.

    Args:
        points: Its corners, at least three; the last one is joined to the first. What lies outside
            the mask is cut off.
        size: (height, width) of the mask.

    Raises:
        ValueError: Fewer than three corners, or one that is not finite or absurdly far away.
    """
    if len(points) < 3:
        raise ValueError("a polygon has at least three corners")
    if not all(math.isfinite(value) and abs(value) < 1e9 for point in points for value in point):
        raise ValueError("a corner of a polygon is nowhere near an image")
    height, width = size
    # A pixel is inside where an odd number of edges is crossed on the way to it from the left.
    crossed = np.zeros((height, width + 1), np.bool_)
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if y0 > y1:  # both ways along an edge must cross at exactly the same place
            x0, y0, x1, y1 = x1, y1, x0, y0
        first, last = max(math.ceil(y0 - 0.5), 0), min(math.ceil(y1 - 0.5), height)
        if first >= last:
            continue
        rows = np.arange(first, last)
        at = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.clip(np.ceil(at - 0.5), 0, width).astype(np.int64)
        crossed[rows, columns] ^= True
    return np.logical_xor.accumulate(crossed, axis=1)[:, :width]


def _loops(mask: Mask) -> list[tuple[list[tuple[int, int]], tuple[int, int]]]:
    """The closed ways around all regions and holes, as corners, each with a painted pixel (x, y)
    that it runs along. The painted side is on the right of the way."""
    ways = _edges(mask)
    loops = []
    while ways:
        start = next(iter(ways))
        corners: list[tuple[int, int]] = []
        place, heading = start, (0, 0)
        beside = _pixel_beside(start, ways[start][-1])
        while place in ways:
            turn = _next_heading(ways, place, heading)
            if turn != heading:
                corners.append(place)
                heading = turn
            place = (place[0] + turn[0], place[1] + turn[1])
        loops.append((corners, beside))
    return loops


def _next_heading(
    ways: dict[tuple[int, int], list[tuple[int, int]]],
    place: tuple[int, int],
    heading: tuple[int, int],
) -> tuple[int, int]:
    """Take the way on from a corner; where regions touch there, the one that turns right."""
    headings = ways[place]
    right = _RIGHT_OF.get(heading)
    turn = right if right in headings and len(headings) > 1 else headings[-1]
    headings.remove(turn)
    if not headings:
        del ways[place]
    return turn


def _edges(mask: Mask) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """From each corner the directions of the pixel edges that begin there."""
    inside = np.pad(mask, 1)
    here = inside[1:-1, 1:-1]
    kinds = (
        (here & ~inside[:-2, 1:-1], (0, 0), (1, 0)),  # along the top
        (here & ~inside[1:-1, 2:], (1, 0), (0, 1)),  # down the right side
        (here & ~inside[2:, 1:-1], (1, 1), (-1, 0)),  # back along the bottom
        (here & ~inside[1:-1, :-2], (0, 1), (0, -1)),  # up the left side
    )
    ways: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for edge, (dx, dy), heading in kinds:
        rows, columns = np.nonzero(edge)
        for x, y in zip((columns + dx).tolist(), (rows + dy).tolist(), strict=True):
            ways[x, y].append(heading)
    return ways


def _pixel_beside(corner: tuple[int, int], heading: tuple[int, int]) -> tuple[int, int]:
    """The pixel on the right of the edge that leaves a corner."""
    x, y = corner
    dx, dy = {(1, 0): (0, 0), (0, 1): (-1, 0), (-1, 0): (-1, -1), (0, -1): (0, -1)}[heading]
    return x + dx, y + dy


def _joined(loops: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """One polygon of the loops of a region: around it, then there and back to each hole."""
    outer, *holes = loops  # found from the top down, so the outer one comes first
    polygon = list(outer)
    for hole in holes:
        polygon += [outer[0], *hole, hole[0]]
    return polygon
