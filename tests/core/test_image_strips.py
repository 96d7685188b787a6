"""Pixels that are taken strip by strip are those of the whole image, in every mode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inspector.core.images
from inspector.core.images import read_image

MODES = {"1": "png", "L": "png", "LA": "png", "P": "png", "RGB": "jpg", "RGBA": "png"}


@pytest.mark.parametrize("mode", [*MODES, "CMYK"])
def test_strips_make_the_whole(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (37, 23, 3)).astype(np.uint8)
    path = tmp_path / f"a.{MODES.get(mode, 'tif')}"
    Image.fromarray(pixels).convert(mode).save(path)
    with Image.open(path) as opened:
        grey = mode in ("1", "L", "LA")
        expected = np.array(opened.convert("L" if grey else "RGB"))
    if grey:
        expected = np.repeat(expected[:, :, None], 3, axis=2)
    for rows in (1, 5, 36, 37, 100):
        monkeypatch.setattr(inspector.core.images, "_STRIP_PIXELS", rows * 23)
        assert np.array_equal(read_image(path), expected)
