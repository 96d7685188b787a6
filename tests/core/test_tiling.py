"""Tiles cover the canvas, and the weights of their blend are shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.core.tiling import Tiling

TILINGS = st.integers(1, 96).flatmap(
    lambda side: st.builds(Tiling, st.just(side), st.integers(1, 9), st.integers(0, side - 1))
)


def summed(tiling: Tiling) -> NDArray[np.float64]:
    """All weights of every place of the canvas, tile by tile."""
    weights = tiling.weights()
    total = np.zeros((tiling.canvas, tiling.canvas))
    for tile in range(tiling.tiles):
        (top, left), (row, column) = tiling.corner(tile), divmod(tile, tiling.count)
        place = np.s_[top : top + tiling.side, left : left + tiling.side]
        assert total[place].shape == (tiling.side, tiling.side)  # within the canvas
        total[place] += np.outer(weights[row], weights[column])
    return total


@settings(derandomize=True, max_examples=60, deadline=None)
@given(TILINGS)
def test_weights_sum_to_one_everywhere(tiling: Tiling) -> None:
    assert np.allclose(summed(tiling), 1, atol=1e-12)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(TILINGS)
def test_weights_are_positive_and_mirrored(tiling: Tiling) -> None:
    weights = tiling.weights()
    assert weights.min() > 0
    assert np.allclose(weights, weights[::-1, ::-1])


def test_a_weight_falls_to_the_border_between_tiles_only() -> None:
    first, second, third = Tiling(64, 3, 16).weights()
    assert (first[:48] == 1).all() and (second[16:48] == 1).all() and (third[16:] == 1).all()
    assert (np.diff(second[:16]) > 0).all()
    assert second[0] < 0.01
    assert np.abs(np.diff(second)).max() < 0.1


@settings(derandomize=True, max_examples=60, deadline=None)
@given(TILINGS)
def test_a_place_belongs_to_the_tile_in_whose_middle_it_lies_most(tiling: Tiling) -> None:
    tiles, weights = tiling.middle_tiles(1), tiling.weights()
    assert len(tiles) == tiling.canvas and (np.diff(tiles) >= 0).all()
    for place, tile in enumerate(tiles):
        all_weights = {
            number: weights[number, place - number * tiling.step]
            for number in range(tiling.count)
            if 0 <= place - number * tiling.step < tiling.side
        }
        assert tile in all_weights  # it sees the place
        if tiling.overlap <= tiling.side / 2:
            assert all_weights[tile] >= max(all_weights.values()) - 1e-9


def test_a_whole_image_is_one_tile() -> None:
    whole = Tiling.sharing(224, 1, 0.25)
    assert whole == Tiling.of(224) == Tiling(224)
    assert (whole.tiles, whole.canvas, whole.corner(0)) == (1, 224, (0, 0))
    assert whole.percent_of_canvas(1.3) == 1.3  # exactly
    assert (whole.weights() == 1).all()
    assert whole.images_at_once(16) == 16


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(2, 32), st.integers(2, 16), st.floats(0.05, 0.5))
def test_neighbours_share_about_what_they_should(side: int, count: int, share: float) -> None:
    tiling = Tiling.sharing(32 * side, count, share)
    assert abs(tiling.overlap - share * tiling.side) <= 16
    assert 0 < tiling.overlap <= tiling.side / 2
    assert tiling.canvas % 16 == 0 and tiling.step % 8 == 0  # grids of patches and stored maps
    assert tiling.corner(tiling.tiles - 1) == (tiling.canvas - tiling.side,) * 2


def test_the_top_pixels_are_counted_as_of_one_tile() -> None:
    tiling = Tiling(64, 3, 16)
    pixels = tiling.canvas**2 * tiling.percent_of_canvas(1.0) / 100
    assert pixels == pytest.approx(64**2 / 100)


@pytest.mark.parametrize("wrong", [(0, 1, 0), (8, 0, 0), (8, 2, 8), (8, 2, -1)])
def test_tilings_that_cannot_be_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no such tiling"):
        Tiling(*wrong)
