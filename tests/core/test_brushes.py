"""Painting against naive references: discs, polygons, floods, and what undo gives back."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.core import brushes
from inspector.core.brushes import Box
from inspector.core.masks import apply_patch, xor_patch
from inspector.errors import InspectorError

Mask = NDArray[np.bool_]
SHAPE = (23, 31)
exact = settings(derandomize=True, deadline=None, max_examples=40)
# Quarters of pixels have exact squares: a rim that passes through a centre is no matter of luck.
quarters = st.integers(-40, 160).map(lambda n: n / 4)
points = st.tuples(quarters, quarters)
strokes = st.lists(points, min_size=1, max_size=5)
radii = st.integers(2, 40).map(lambda n: n / 4)


def empty() -> Mask:
    return np.zeros(SHAPE, np.bool_)


def noise(seed: int) -> Mask:
    return np.random.default_rng(seed).random(SHAPE) < 0.5


def distance_to(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / square if square else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.hypot(x - start[0] - along * dx, y - start[1] - along * dy)


def assert_changed_only_in(box: Box, before: Mask, after: Mask) -> None:
    outside = before != after
    outside[box.slices] = False
    assert not outside.any()


@exact
@given(points, radii)
def test_a_dab_is_a_disc(point: tuple[float, float], radius: float) -> None:
    mask = empty()
    brushes.paint_stroke(mask, [point], radius, True)
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            x, y = column + 0.5 - point[0], row + 0.5 - point[1]
            assert mask[row, column] == (x * x + y * y <= radius * radius)


@exact
@given(strokes, radii, st.integers(0, 9))
def test_a_stroke_is_the_union_of_all_discs_along_it(
    path: list[tuple[float, float]], radius: float, seed: int
) -> None:
    before, mask = noise(seed), noise(seed)
    box = brushes.paint_stroke(mask, path, radius, True)
    ends = path[1:] or path
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            near = min(
                distance_to(column + 0.5, row + 0.5, a, b) for a, b in zip(path, ends, strict=False)
            )
            if abs(near - radius) > 1e-9:  # the reference itself rounds there
                assert mask[row, column] == (before[row, column] or near < radius)
    assert_changed_only_in(box, before, mask)


@exact
@given(strokes, radii, st.integers(0, 9))
def test_the_eraser_takes_exactly_what_the_brush_gives(
    path: list[tuple[float, float]], radius: float, seed: int
) -> None:
    painted, erased = noise(seed), noise(seed)
    brushes.paint_stroke(painted, path, radius, True)
    brushes.paint_stroke(erased, path, radius, False)
    stroke = empty()
    brushes.paint_stroke(stroke, path, radius, True)
    np.testing.assert_array_equal(painted, noise(seed) | stroke)
    np.testing.assert_array_equal(erased, noise(seed) & ~stroke)


@exact
@given(strokes, radii)
def test_points_in_one_go_or_one_by_one_are_the_same(
    path: list[tuple[float, float]], radius: float
) -> None:
    at_once, one_by_one = empty(), empty()
    brushes.paint_stroke(at_once, path, radius, True)
    brushes.paint_stroke(one_by_one, path[:1], radius, True)
    for start, end in pairwise(path):
        brushes.paint_stroke(one_by_one, [start, end], radius, True)
    np.testing.assert_array_equal(at_once, one_by_one)


@exact
@given(points, points)
def test_a_rectangle_holds_the_centres_between_its_corners(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    mask = empty()
    box = brushes.paint_rectangle(mask, one, other, True)
    x, y = np.arange(SHAPE[1]) + 0.5, np.arange(SHAPE[0])[:, None] + 0.5
    inside = (x >= min(one[0], other[0])) & (x <= max(one[0], other[0]))
    np.testing.assert_array_equal(
        mask, inside & (y >= min(one[1], other[1])) & (y <= max(one[1], other[1]))
    )
    assert_changed_only_in(box, empty(), mask)


@exact
@given(st.lists(points, min_size=3, max_size=7, unique=True), st.booleans(), st.integers(0, 9))
def test_a_polygon_against_a_ray_from_every_pixel(
    corners: list[tuple[float, float]], value: bool, seed: int
) -> None:
    before, mask = noise(seed), noise(seed)
    box = brushes.paint_polygon(mask, corners, value)
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            x, y = column + 0.5, row + 0.5
            if min(distance_to(x, y, a, b) for a, b in edges) < 1e-9:
                continue  # on an edge either is right
            crossed = 0
            for (x0, y0), (x1, y1) in edges:
                if (y0 > y) != (y1 > y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x:
                    crossed += 1
            assert mask[row, column] == (value if crossed % 2 else before[row, column])
    assert_changed_only_in(box, before, mask)


def test_a_polygon_with_two_points_paints_nothing_and_says_so() -> None:
    mask = noise(1)
    for corners in ([(1.0, 1.0), (9.0, 9.0)], [(1.0, 1.0), (9.0, 9.0), (1.0, 1.0)]):
        with pytest.raises(InspectorError, match="at least three points"):
            brushes.paint_polygon(mask, corners, True)
    np.testing.assert_array_equal(mask, noise(1))


@exact
@given(st.integers(0, 50), st.integers(0, 30), st.integers(0, 22), st.integers(0, 120))
def test_a_flood_against_a_naive_one(seed: int, column: int, row: int, tolerance: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 4, (*SHAPE, 3), dtype=np.uint8) * np.uint8(40)
    kept = image.copy()
    box, region = brushes.flood_region(image, (column + 0.5, row + 0.5), tolerance)
    wanted, wave = empty(), deque([(row, column)])
    wanted[row, column] = True
    while wave:
        y, x = wave.popleft()
        for there, along in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= there < SHAPE[0] and 0 <= along < SHAPE[1]) or wanted[there, along]:
                continue
            off = np.abs(image[there, along].astype(int) - image[row, column].astype(int))
            if off.max() <= tolerance:
                wanted[there, along] = True
                wave.append((there, along))
    mask = empty()
    brushes.paint_region(mask, box, region, True)
    np.testing.assert_array_equal(mask, wanted)
    np.testing.assert_array_equal(image, kept)
    brushes.paint_region(mask, box, region, False)
    assert not mask.any()


edits = st.lists(
    st.one_of(
        st.tuples(st.just("stroke"), strokes, radii, st.booleans()),
        st.tuples(st.just("rectangle"), points, points, st.booleans()),
        st.tuples(st.just("invert")),
        st.tuples(st.just("clear")),
    ),
    max_size=6,
)


@exact
@given(edits)
def test_patches_of_the_boxes_undo_and_redo_exactly(done: list[tuple[object, ...]]) -> None:
    """What lies in the box is all that changed: its patch takes a stroke back, and gives it."""
    mask, states, patches = noise(3), [noise(3)], []
    for edit in done:
        match edit:
            case ("stroke", path, radius, value):
                box = brushes.paint_stroke(mask, path, radius, value)  # type: ignore[arg-type]
            case ("rectangle", one, other, value):
                box = brushes.paint_rectangle(mask, one, other, value)  # type: ignore[arg-type]
            case ("invert",):
                box = brushes.invert(mask)
            case _:
                box = brushes.clear(mask)
        before = states[-1][box.slices]
        patches.append(xor_patch(before, mask[box.slices], box.left, box.top))
        states.append(mask.copy())
    for patch, state in zip(reversed(patches), reversed(states[:-1]), strict=True):
        mask = mask if patch is None else apply_patch(mask, patch)
        np.testing.assert_array_equal(mask, state)
    for patch, state in zip(patches, states[1:], strict=True):
        mask = mask if patch is None else apply_patch(mask, patch)
        np.testing.assert_array_equal(mask, state)


def test_heat_grows_from_the_hottest_point_and_only_what_hangs_together() -> None:
    y, x = np.mgrid[0:32, 0:32].astype(np.float32)
    heat = np.exp(-((x - 8) ** 2 + (y - 20) ** 2) / 20) + 0.8 * np.exp(
        -((x - 26) ** 2 + (y - 6) ** 2) / 10
    )
    sizes = []
    for share in (0.0, 0.2, 0.5, 0.9):
        mask = np.zeros((64, 96), np.bool_)
        box, region = brushes.heat_region(heat.astype(np.float32), mask.shape, share, 0.0)
        brushes.paint_region(mask, box, region, True)
        assert mask[int(20.5 * 2), int(8.5 * 3)]
        assert not mask[int(6.5 * 2), int(26.5 * 3)]  # the other hill, though it is hot
        assert bool(mask.sum() == region.sum() > 0)
        sizes.append(int(mask.sum()))
    assert sizes == sorted(sizes)
    assert sizes[0] <= 12 < sizes[-1]
    box, region = brushes.heat_region(heat.astype(np.float32), (64, 96), 0.5, 0.0, (26.5 * 3, 13))
    assert box.left > 48
    assert box.bottom < 32


def test_the_whole_map_is_grown_where_nothing_is_normal() -> None:
    flat = np.ones((4, 4), np.float32)
    box, region = brushes.heat_region(flat, (10, 10), 0.0, 5.0)
    assert box == Box(0, 0, 10, 10)
    assert region.all()


def test_a_rough_mask_snaps_to_the_edges_of_what_it_covers() -> None:
    rng = np.random.default_rng(0)
    true = empty_of(120, 160)
    brushes.paint_stroke(true, [(60.0, 60.0), (100.0, 64.0)], 18.0, True)
    image = np.where(true[..., None], [170, 60, 50], [90, 110, 120]) + rng.normal(
        0, 6, (120, 160, 3)
    )
    rough = empty_of(120, 160)
    brushes.paint_stroke(rough, [(62.0, 64.0), (98.0, 60.0)], 24.0, True)
    steps: list[tuple[int, int]] = []
    found = brushes.snapped(
        image.clip(0, 255).astype(np.uint8), rough, lambda *step: steps.append(step)
    )
    assert found is not None
    box, region = found
    result = empty_of(120, 160)
    result[box.slices] = region
    assert overlap(result, true) > 0.95 > overlap(rough, true)
    assert steps == [(n, brushes.SNAP_STEPS) for n in range(1, brushes.SNAP_STEPS + 1)]


def test_nothing_snaps_where_nothing_is_painted() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    assert brushes.snapped(image, empty_of(20, 20), lambda done, total: None) is None
    assert brushes.snapped(image, ~empty_of(20, 20), lambda done, total: None) is None


def test_boxes_and_counts() -> None:
    mask = empty_of(10, 20)
    assert brushes.bounds_of(mask).is_empty
    assert brushes.clear(mask).is_empty
    mask[2:4, 5:9] = True
    mask[4, 9] = True
    mask[8, 1] = True
    assert brushes.bounds_of(mask) == Box(1, 2, 10, 9)
    assert brushes.count_regions(mask) == 2
    assert Box(1, 2, 3, 4).grown(3, (5, 10)) == Box(0, 0, 6, 5)
    assert brushes.NOTHING.united(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)


def empty_of(height: int, width: int) -> Mask:
    return np.zeros((height, width), np.bool_)


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())
