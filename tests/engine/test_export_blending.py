"""Tiles blended in a graph against tiles blended one after the other."""

from __future__ import annotations

import pytest
import torch

from inspector.core.tiling import Tiling
from inspector.engine.detectors.base import RawPrediction
from inspector.engine.export.blending import blend_at_once
from inspector.engine.tiling import blend

TILINGS = [Tiling(32), Tiling(32, 2, 16), Tiling(32, 3, 0), Tiling(16, 5, 4), Tiling(16, 3, 12)]


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
@pytest.mark.parametrize("images", [1, 3])
def test_it_is_the_same_blend(tiling: Tiling, images: int) -> None:
    generator = torch.Generator().manual_seed(images)
    count, side = images * tiling.tiles, tiling.side
    tiles = RawPrediction(
        torch.rand(count, side, side, generator=generator),
        torch.rand(count, 5, 2, 3, generator=generator),
    )
    expected, found = blend(iter([tiles]), images, tiling), blend_at_once(tiles, tiling)
    assert found.map.shape == (images, tiling.canvas, tiling.canvas)
    torch.testing.assert_close(found.map, expected.map, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.descriptor, expected.descriptor, atol=1e-6, rtol=0)
