"""Painted masks on the patch grid: what is too small to be learned well."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.patch_grid import mask_on_grid, patches_of_mask
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
