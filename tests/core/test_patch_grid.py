"""Painted masks on the patch grid: what is too small to be learned well."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.patch_grid import PATCH_STRIDE, in_tiles, mask_on_grid, patches_of_mask
from inspector.core.tiling import Tiling
from inspector.errors import InspectorError


def painted(*boxes: tuple[int, int, int, int], side: int = 64) -> np.ndarray:
    mask = np.zeros((side, side), np.bool_)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = True
    return mask


def test_area_is_counted_in_patches_of_the_model_not_of_the_image() -> None:
    assert mask_on_grid(painted((8, 8, 8, 8)), (64, 64)).area == pytest.approx(1.0)
    twice = painted((16, 16, 16, 16), side=128)  # the same share of an image twice as large
    assert mask_on_grid(twice, (64, 64)).area == pytest.approx(1.0)
    assert mask_on_grid(painted((8, 8, 8, 8)), (128, 128)).area == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("box", "vanishes", "is_small"),
    [
        ((8, 8, 8, 8), False, False),
        ((8, 8, 8, 7), False, True),  # a pixel less than a patch
        ((11, 11, 1, 1), False, True),  # one pixel, in the middle of a patch
        ((8, 8, 3, 3), True, True),  # a corner of a patch
        ((13, 8, 5, 48), True, False),  # large, but it runs between the middles of the patches
    ],
)
def test_a_mask_vanishes_or_is_small(
    box: tuple[int, int, int, int], vanishes: bool, is_small: bool
) -> None:
    laid = mask_on_grid(painted(box), (64, 64))
    assert (laid.vanishes, laid.is_small) == (vanishes, is_small)
    assert laid.patches.any()
    assert laid.patches.sum() == 1 or not vanishes


def test_a_large_mask_that_vanishes_keeps_the_patch_that_it_covers_most() -> None:
    mask = painted((8, 8, 3, 8), (29, 32, 2, 8))  # 24 and 16 pixels of a patch
    assert np.argwhere(mask_on_grid(mask, (64, 64)).patches).tolist() == [[1, 1]]


def test_the_grid_follows_height_and_width() -> None:
    mask = np.zeros((30, 90), np.bool_)
    mask[-1, -1] = True
    assert patches_of_mask(mask, (64, 96)).shape == (8, 12)
    assert np.argwhere(patches_of_mask(mask, (64, 96))).tolist() == [[7, 11]]


def test_an_empty_mask_is_said() -> None:
    with pytest.raises(InspectorError, match="empty"):
        mask_on_grid(np.zeros((5, 5), np.bool_), (64, 64))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(1, 6), st.integers(1, 4), st.integers(0, 999))
def test_a_place_of_the_canvas_is_a_patch_of_a_tile_that_lies_there(
    side: int, count: int, overlap: int, seed: int
) -> None:
    tiling = Tiling(32 * side, count, min(16 * overlap, 16 * side))
    grid = tiling.canvas // PATCH_STRIDE
    places = np.random.default_rng(seed).integers(grid, size=(30, 2))
    tiles, numbers = in_tiles(places, tiling)
    width = tiling.side // PATCH_STRIDE
    for place, tile, number in zip(places.tolist(), tiles.tolist(), numbers.tolist(), strict=True):
        row, column = divmod(number, width)
        top, left = tiling.corner(tile)
        assert 0 <= row < width
        assert [top // PATCH_STRIDE + row, left // PATCH_STRIDE + column] == place


def test_of_an_overlap_each_half_is_the_nearer_tiles() -> None:
    places = np.stack([np.zeros(14, np.int64), np.arange(14)], axis=1)
    tiles, numbers = in_tiles(places, Tiling(64, 2, 16))  # both tiles see columns 6 and 7
    assert tiles.tolist() == [0] * 7 + [1] * 7
    assert numbers.tolist() == [*range(7), *range(1, 8)]


def test_a_small_mask_of_a_large_canvas_takes_what_it_takes_of_a_part_of_it() -> None:
    """Only the surroundings of what is painted are looked at."""
    large = np.zeros((1600, 1600), np.bool_)
    large[1013:1031, 520:524] = True
    found = mask_on_grid(large, (800, 800))
    part = mask_on_grid(large[960:1120, 480:640], (80, 80))
    assert np.argwhere(found.patches).tolist() == [
        [row + 60, column + 30] for row, column in np.argwhere(part.patches).tolist()
    ]
    assert found.area == pytest.approx(part.area)
