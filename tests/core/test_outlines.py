"""Polygons along pixel edges give the mask back; any polygon is filled by the centres of pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from inspector.core.outlines import fill_polygon, outline_mask

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=14))
COORDINATES = st.floats(-4, 20, allow_nan=False, width=32)
POLYGONS = st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=8)


@given(MASKS)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_outlines_give_exactly_the_regions_back(mask: np.ndarray) -> None:
    labels, count = ndimage.label(mask)  # regions that touch by an edge
    polygons = outline_mask(mask)
    assert len(polygons) == count
    for polygon in polygons:
        region = fill_polygon(polygon, mask.shape)
        assert np.array_equal(region, labels == labels[region][0])


def test_the_outline_of_a_ring_goes_over_to_its_hole_and_back() -> None:
    ring = np.ones((3, 3), np.bool_)
    ring[1, 1] = False
    (polygon,) = outline_mask(ring)
    assert polygon[:4] == [(0, 0), (3, 0), (3, 3), (0, 3)]
    assert polygon[4] == (0, 0) and polygon[5] == polygon[-1]
    assert set(polygon[5:]) == {(1, 1), (2, 1), (2, 2), (1, 2)}


def test_an_empty_mask_has_no_outline() -> None:
    assert outline_mask(np.zeros((4, 4), np.bool_)) == []


def _is_inside(x: float, y: float, points: list[tuple[float, float]]) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if (y0 <= y) != (y1 <= y) and x > x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


@given(POLYGONS)
@settings(derandomize=True, deadline=None)
def test_a_polygon_is_filled_by_the_centres_of_pixels(points: list[tuple[float, float]]) -> None:
    mask = fill_polygon(points, (12, 15))
    for y in range(12):
        for x in range(15):
            # At the edge itself rounding decides; a hair to either side it does not.
            sides = {_is_inside(x + 0.5 + hair, y + 0.5, points) for hair in (-1e-5, 1e-5)}
            assert len(sides) == 2 or mask[y, x] in sides


def test_what_is_no_polygon_is_refused() -> None:
    with pytest.raises(ValueError, match="three"):
        fill_polygon([(0, 0), (1, 1)], (4, 4))
    for wrong in (math.nan, math.inf, 1e300):
        with pytest.raises(ValueError, match="nowhere near"):
            fill_polygon([(0, 0), (1, 1), (wrong, 0)], (4, 4))
