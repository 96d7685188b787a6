from __future__ import annotations

import numpy as np
import pytest

from inspector.core.textures import texture


@pytest.mark.parametrize("size", [64, 96])
def test_textures_are_pictures(size: int) -> None:
    for seed in range(40):
        picture = texture(size, seed)
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 1
        assert np.isfinite(picture).all()


def test_the_same_seed_gives_the_same_picture() -> None:
    for seed in range(20):
        assert np.array_equal(texture(64, seed), texture(64, seed))


def test_they_are_varied() -> None:
    """In colour, in contrast and in how fast they change from pixel to pixel."""
    pictures = np.stack([texture(64, seed) for seed in range(120)])
    assert pictures.mean(axis=(1, 2)).std(axis=0).min() > 0.15
    grey = pictures.mean(axis=3)
    contrast = grey.std(axis=(1, 2))
    assert np.quantile(contrast, 0.9) > 3 * np.quantile(contrast, 0.1)
    roughness = np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2)) / contrast
    assert np.quantile(roughness, 0.9) > 3 * np.quantile(roughness, 0.1)
    alike = np.corrcoef(grey.reshape(120, -1)) - np.eye(120)
    assert np.abs(alike).max() < 0.98
