"""Tiles blended in a graph: `engine.tiling.blend` as an expression that can be traced."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.detectors.base import RawPrediction


def blend_at_once(tiles: RawPrediction, tiling: Tiling) -> RawPrediction:
    """One prediction for each image, of those of all tiles of B images, in order.

    Nothing is changed in place and B stays free, as a graph needs it.
    """
    if tiling.count == 1:
        return tiles
    maps = tiles.map.float().view(-1, tiling.count, tiling.count, tiling.side, tiling.side)
    weights = torch.from_numpy(tiling.weights()).to(maps)
    weighted = maps * (weights[:, None, :, None] * weights[:, None, :])
    spare = tiling.canvas - tiling.side
    starts = [number * tiling.step for number in range(tiling.count)]
    # Each column of tiles to the width of the canvas, then each row of them to its height.
    rows = _sum(F.pad(weighted[:, :, n], (x, spare - x)) for n, x in enumerate(starts))
    whole = _sum(F.pad(rows[:, n], (0, 0, y, spare - y)) for n, y in enumerate(starts))
    shape = [int(length) for length in tiles.descriptor.shape[1:]]
    descriptors = tiles.descriptor.float().view(-1, tiling.tiles, *shape)
    return RawPrediction(whole, descriptors.mean(dim=1))


def _sum(parts: Iterator[Tensor]) -> Tensor:
    total = next(parts)
    for part in parts:
        total = total + part
    return total
