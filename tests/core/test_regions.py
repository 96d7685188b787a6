"""Regions above a threshold: areas of drawn discs, peaks, holes, and odd maps."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inspector.core.regions import Region, find_regions, outlines_of, score_at

IMAGE = (600, 900)


def _cone(shape: tuple[int, int], at: tuple[float, float], peak: float) -> NDArray[np.float32]:
    """Falls from `peak` by 1 per pixel: above t it is a disc of radius peak - t."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.maximum(peak - np.hypot(x - at[0], y - at[1]), 0).astype(np.float32)


def _polygon_area(region: Region) -> float:
    return cv2.contourArea(region.outline) - sum(cv2.contourArea(hole) for hole in region.holes)


@pytest.mark.parametrize("shape", [(60, 90), (300, 450), (600, 900)])
def test_the_area_of_a_disc(shape: tuple[int, int]) -> None:
    finer = IMAGE[0] / shape[0]
    radius = 12.0
    cone = _cone(shape, (40.5, 30.5), radius + 3)
    (region,) = find_regions(cone, 3.0, IMAGE)
    expected = math.pi * (radius * finer) ** 2
    assert region.area == pytest.approx(expected, rel=0.05)
    assert _polygon_area(region) == pytest.approx(expected, rel=0.1)
    assert region.share == pytest.approx(region.area / (IMAGE[0] * IMAGE[1]))
    assert region.peak == 15.0
    assert region.peak_at == pytest.approx((40.5 * finer, 30.5 * finer))
    assert region.box == pytest.approx(
        tuple(finer * side for side in (28.5, 18.5, 52.5, 42.5)), abs=finer
    )


def test_map_and_image_of_different_aspect() -> None:
    """A disc on a square map is an ellipse on a wide image."""
    (region,) = find_regions(_cone((64, 64), (32, 32), 20), 4.0, (320, 1280))
    assert region.area == pytest.approx(math.pi * (16 * 5) * (16 * 20), rel=0.03)
    assert np.ptp(region.outline[:, 0]) == pytest.approx(2 * 16 * 20, rel=0.05)
    assert np.ptp(region.outline[:, 1]) == pytest.approx(2 * 16 * 5, rel=0.05)


def test_the_strongest_comes_first_however_small() -> None:
    discs = np.maximum(_cone((100, 100), (30, 30), 20), 5 * _cone((100, 100), (80.5, 80.5), 6))
    strong, large = find_regions(discs, 5.0, (100, 100))
    assert (strong.peak, large.peak) == (30.0, pytest.approx(20, abs=1))
    assert strong.area < large.area
    assert strong.contains(80.5, 80.5) and not strong.contains(30, 30)


def test_a_ring_has_a_hole_that_is_not_inside() -> None:
    distance = np.hypot(*(np.mgrid[:200, :200] + 0.5 - 100))
    ring = (10 - np.abs(distance - 50)).astype(np.float32)
    (region,) = find_regions(ring, 0.0, (200, 200))
    assert len(region.holes) == 1
    expected = math.pi * (60**2 - 40**2)
    assert region.area == pytest.approx(expected, rel=0.03)
    assert _polygon_area(region) == pytest.approx(expected, rel=0.05)
    assert region.contains(150, 100) and not region.contains(100, 100)


def test_a_single_hot_value_is_a_region_with_an_extent() -> None:
    hot = np.zeros((1500, 1200), np.float32)
    hot[700, 300] = 2.0
    (region,) = find_regions(hot, 1.0, (1500, 1200))
    assert region.area == 1
    assert len(region.outline) >= 3 and _polygon_area(region) > 0
    assert region.contains(300.5, 700.5)


def test_nothing_above_the_threshold() -> None:
    flat = np.ones((20, 20), np.float32)
    assert find_regions(flat, 1.0, IMAGE) == []
    assert find_regions(flat, math.inf, IMAGE) == []
    (everything,) = find_regions(flat, 0.5, IMAGE)
    assert everything.share == 1.0


def test_what_is_no_map() -> None:
    for bad in (np.zeros((2, 2, 3), np.float32), np.zeros((0, 4), np.float32)):
        with pytest.raises(ValueError, match="no regions"):
            find_regions(bad, 0.5, IMAGE)


maps = arrays(
    np.float32,
    st.tuples(st.integers(1, 14), st.integers(1, 14)),
    elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 4.0]),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(maps, st.sampled_from([0.1, 0.7, 1.5]))
def test_every_value_above_lies_in_just_one_region_and_peaks_are_the_maps(
    anomaly_map: NDArray[np.float32], threshold: float
) -> None:
    regions = find_regions(anomaly_map, threshold, (anomaly_map.shape[0], anomaly_map.shape[1]))
    assert [r.peak for r in regions] == sorted((r.peak for r in regions), reverse=True)
    for row, column in np.argwhere(anomaly_map > threshold):
        holders = [r for r in regions if r.contains(column + 0.5, row + 0.5)]
        assert len(holders) == 1
        assert holders[0].peak >= anomaly_map[row, column]
    for region in regions:
        x, y = region.peak_at
        assert anomaly_map[int(y), int(x)] == region.peak > threshold
    assert sum(r.share for r in regions) <= 1 + 1e-9


@settings(derandomize=True, max_examples=60)
@given(arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_outlines_filled_give_the_mask_back(mask: NDArray[np.bool_]) -> None:
    polygons = outlines_of(mask)
    _, count = scipy.ndimage.label(mask, np.ones((3, 3)))
    assert len(polygons) >= count
    assert all(len(polygon) >= 3 for polygon in polygons)
    # Even-odd at the centres of the pixels, as the painter fills.
    for row, column in np.ndindex(mask.shape):
        inside = sum(
            cv2.pointPolygonTest(polygon, (column + 0.5, row + 0.5), False) > 0
            for polygon in polygons
        )
        assert inside % 2 == mask[row, column]


def test_score_at_is_bilinear_as_shown() -> None:
    rng = np.random.default_rng(3)
    anomaly_map = rng.random((7, 5)).astype(np.float32)
    shown = cv2.resize(anomaly_map, (55, 77), interpolation=cv2.INTER_LINEAR)
    for row, column in ((0, 0), (76, 54), (33, 20), (5, 50)):
        found = score_at(anomaly_map, (column + 0.5) / 55, (row + 0.5) / 77)
        assert found == pytest.approx(shown[row, column], abs=1e-5)
