"""Intensity windows: percentiles over many images, and the map to 0..1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core.windows import FULL_RANGE, IntensityWindow, estimate_window

IMAGES = st.lists(
    hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=3, max_side=6)), min_size=1
)


@given(images=IMAGES, lower=st.integers(0, 49), upper=st.integers(51, 100))
@settings(derandomize=True, deadline=None)
def test_window_is_numpys_percentile_of_all_pixels(
    images: list[np.ndarray], lower: int, upper: int
) -> None:
    pixels = np.concatenate([image.ravel() for image in images])
    low, high = np.percentile(pixels, (lower, upper), method="inverted_cdf")
    window = estimate_window(iter(images), (lower, upper))
    if low < high:
        assert (window.low, window.high) == (low, high)
    else:
        assert window.low == pixels.min()
        assert window.high == max(int(pixels.max()), int(pixels.min()) + 1)


@given(
    pixels=hnp.arrays(np.uint16, 50),
    bounds=st.tuples(st.integers(0, 65535), st.integers(0, 65535)).filter(lambda b: b[0] < b[1]),
)
@settings(derandomize=True, deadline=None)
def test_apply_is_monotone_clipped_and_exact_at_the_ends(
    pixels: np.ndarray, bounds: tuple[int, int]
) -> None:
    low, high = bounds
    values = IntensityWindow(low, high).apply(np.sort(np.append(pixels, bounds).astype(np.uint16)))
    assert values.dtype == np.float32
    assert (np.diff(values) >= 0).all()
    assert values.min() == 0
    assert values.max() == 1
    ends = IntensityWindow(low, high).apply(np.array(bounds, np.uint16))
    assert ends.tolist() == [0, 1]


def test_neighbouring_levels_stay_apart() -> None:
    values = FULL_RANGE.apply(np.arange(65536, dtype=np.uint16))
    assert np.unique(values).size == 65536


def test_outliers_of_single_images_do_not_stretch_the_window() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(1000, 3001, (100, 100)).astype(np.uint16) for _ in range(5)]
    images[2][0, 0], images[3][0, 0] = 0, 65535
    window = estimate_window(images)
    assert 1000 <= window.low < 1010
    assert 2990 < window.high <= 3000


@pytest.mark.parametrize("value", [0, 700, 65535])
def test_constant_images_give_a_usable_window(value: int) -> None:
    window = estimate_window([np.full((4, 5), value, np.uint16)] * 2)
    assert window == IntensityWindow(value, value + 1)
    assert window.apply(np.full((2, 2), value, np.uint16)).tolist() == [[0, 0], [0, 0]]


def test_a_rare_bright_spot_keeps_its_contrast() -> None:
    image = np.full((200, 200), 5, np.uint16)
    image[3, 4] = 900
    assert estimate_window([image]) == IntensityWindow(5, 900)


def test_nothing_to_estimate_from() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        estimate_window([])
    with pytest.raises(ValueError, match="rise"):
        estimate_window([np.zeros((2, 2), np.uint16)], (90, 10))


@pytest.mark.parametrize(("low", "high"), [(5, 5), (6, 5), (float("nan"), 5), (0, float("inf"))])
def test_windows_without_extent_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low < high"):
        IntensityWindow(low, high)
