"""Images at a model's input size, and ground-truth masks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspector.core.images import read_for_model, read_mask
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError

RNG = np.random.default_rng(0)


def write(path: Path, pixels: NDArray[np.generic]) -> Path:
    path.write_bytes(cv2.imencode(".png", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1])
    return path


def block_means(pixels: NDArray[np.generic], size: int) -> NDArray[np.float64]:
    height, width = pixels.shape[0] // size, pixels.shape[1] // size
    blocks = pixels.astype(np.float64).reshape(size, height, size, width, -1)
    return blocks.mean(axis=(1, 3))


@pytest.mark.parametrize("shape", [(32, 48, 3), (32, 48)])
def test_shrinking_averages_and_keeps_nothing_out(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = RNG.integers(0, 256, shape).astype(np.uint8)
    result = read_for_model(write(tmp_path / "a.png", pixels), 8)
    assert result.dtype == np.float32
    assert result.shape == (8, 8, 3)
    expected = np.broadcast_to(block_means(pixels, 8) / 255, (8, 8, 3))
    np.testing.assert_allclose(result, expected, atol=0.51 / 255)


def test_same_size_is_exact(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    result = read_for_model(write(tmp_path / "a.png", pixels), 16)
    np.testing.assert_array_equal(result, pixels.astype(np.float32) / np.float32(255))


def test_growing_interpolates(tmp_path: Path) -> None:
    ramp = np.repeat(np.array([[0, 64, 128, 192]], np.uint8), 4, axis=0)
    result = read_for_model(write(tmp_path / "a.png", ramp), 16)[..., 0] * 255
    assert (np.diff(result, axis=1) >= 0).all()
    assert np.unique(result[0]).size > 8
    assert (result == result[0]).all()


def test_each_axis_on_its_own(tmp_path: Path) -> None:
    """A long strip: many columns are averaged, few rows are interpolated."""
    columns = np.tile(RNG.integers(0, 256, (1, 64)).astype(np.uint8), (2, 1))
    result = read_for_model(write(tmp_path / "a.png", columns), 8)[..., 0]
    expected = columns[0].reshape(8, 8).mean(axis=1) / 255
    np.testing.assert_allclose(result, np.tile(expected, (8, 1)), atol=0.51 / 255)


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_keeps_its_precision(tmp_path: Path, channels: int) -> None:
    pixels = RNG.integers(1000, 1100, (32, 32, channels)).astype(np.uint16)
    path = write(tmp_path / "a.png", pixels if channels == 3 else pixels[..., 0])
    result = read_for_model(path, 8, IntensityWindow(1000, 1100))
    expected = np.broadcast_to((block_means(pixels, 8) - 1000) / 100, (8, 8, 3))
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_16_bit_without_a_window_uses_the_full_range(tmp_path: Path) -> None:
    pixels = np.array([[0, 65535], [32768, 13107]], np.uint16)
    result = read_for_model(write(tmp_path / "a.png", pixels), 2)[..., 0]
    np.testing.assert_allclose(result, pixels / 65535, atol=1e-6)


def test_a_window_clips(tmp_path: Path) -> None:
    pixels = np.array([[0, 100], [200, 65535]], np.uint16)
    result = read_for_model(write(tmp_path / "a.png", pixels), 2, IntensityWindow(100, 200))
    np.testing.assert_array_equal(result[..., 0], [[0, 0], [1, 1]])


def test_8_bit_ignores_the_window(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", RNG.integers(0, 256, (8, 8)).astype(np.uint8))
    window = IntensityWindow(100, 200)
    np.testing.assert_array_equal(read_for_model(path, 4, window), read_for_model(path, 4))


def test_values_stay_in_range(tmp_path: Path) -> None:
    for dtype in (np.uint8, np.uint16):
        pixels = RNG.choice([0, np.iinfo(dtype).max], (9, 9)).astype(dtype)
        for size in (5, 9, 20):
            result = read_for_model(write(tmp_path / "a.png", pixels), size)
            assert result.min() >= 0
            assert result.max() <= 1


def test_mask_is_the_union_of_all_nonzero_pixels(tmp_path: Path) -> None:
    first = np.zeros((4, 5), np.uint8)
    first[0, 0], first[1, 1] = 1, 255
    second = np.zeros((4, 5, 3), np.uint8)
    second[3, 4] = 0, 0, 9
    third = np.zeros((4, 5), np.uint16)
    third[2, 2] = 3
    paths = [write(tmp_path / f"{i}.png", m) for i, m in enumerate((first, second, third))]
    mask = read_mask(paths)
    assert mask.dtype == np.bool_
    assert sorted(map(tuple, np.argwhere(mask))) == [(0, 0), (1, 1), (2, 2), (3, 4)]
    np.testing.assert_array_equal(read_mask(paths[:1]), first > 0)


def test_mask_of_one_bit_and_palette(tmp_path: Path) -> None:
    marks = RNG.random((7, 6)) > 0.5
    Image.fromarray(marks).save(tmp_path / "bit.png")
    indexed = Image.fromarray(marks.astype(np.uint8))
    indexed.putpalette([0, 0, 0, 128, 0, 0])
    indexed.save(tmp_path / "palette.png")
    for name in ("bit.png", "palette.png"):
        np.testing.assert_array_equal(read_mask([tmp_path / name]), marks)


def test_mask_scales_to_the_nearest_pixel(tmp_path: Path) -> None:
    marks = RNG.random((4, 6)) > 0.5
    path = write(tmp_path / "a.png", marks.astype(np.uint8))
    larger = read_mask([path], size=(8, 18))
    np.testing.assert_array_equal(larger, marks.repeat(2, axis=0).repeat(3, axis=1))
    np.testing.assert_array_equal(read_mask([path], size=(4, 6)), marks)
    assert read_mask([path], size=(2, 3)).shape == (2, 3)


def test_masks_of_different_sizes(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "a.png", np.ones((4, 5), np.uint8)),
        write(tmp_path / "b.png", np.ones((5, 4), np.uint8)),
    ]
    with pytest.raises(InspectorError, match="5×4 and 4×5") as caught:
        read_mask(paths)
    assert all(str(path) in caught.value.message for path in paths)
    with pytest.raises(InspectorError, match="5×4 and 4×5"):
        read_mask(paths, size=(8, 8))


def test_no_mask_file_means_no_defect() -> None:
    mask = read_mask([], size=(3, 4))
    assert mask.shape == (3, 4)
    assert not mask.any()
    with pytest.raises(ValueError, match="a mask file or a size"):
        read_mask([])
