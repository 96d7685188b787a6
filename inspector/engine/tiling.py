"""A detector on tiles of images: one prediction an image, of whatever size the image is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.detectors.base import Detector, RawPrediction

TILES_AT_ONCE = 16
"""What a network is given in one pass: the activations of more would not fit small machines."""


def cut(images: Tensor, tiling: Tiling, tiles: Sequence[int]) -> Tensor:
    """Tiles of images (B, 3, canvas, canvas), image by image: (B · tiles, 3, side, side)."""
    if tiling.count == 1:
        return images
    parts = []
    for tile in tiles:
        top, left = tiling.corner(tile)
        parts.append(images[:, :, top : top + tiling.side, left : left + tiling.side])
    stacked = torch.stack(parts, dim=1).flatten(0, 1)
    return stacked.contiguous(memory_format=torch.channels_last)


def portions(images: Tensor, tiling: Tiling) -> Iterator[Tensor]:
    """All tiles of images, image by image, in portions of a few images or a part of one."""
    if tiling.count == 1:
        yield images
        return
    at_once = tiling.images_at_once(TILES_AT_ONCE)
    for first in range(0, len(images), at_once):
        some = images[first : first + at_once]
        for start in range(0, tiling.tiles, TILES_AT_ONCE):
            yield cut(some, tiling, range(start, min(start + TILES_AT_ONCE, tiling.tiles)))


def predict_images(detector: Detector, images: Tensor, tiling: Tiling) -> RawPrediction:
    """What a detector says of images (B, 3, canvas, canvas) in [0, 1], blended over their tiles."""
    parts = map(detector.predict, portions(images, tiling))
    return blend(parts, len(images), tiling)


def predict_rows(
    predict: Callable[[Sequence[int]], RawPrediction], images: Sequence[int], tiling: Tiling
) -> RawPrediction:
    """The same of images whose tiles are rows of something.

    Args:
        predict: Of rows; tile t of image i is row i · tiles + t.
        images: Which.
        tiling: How they are tiled.
    """
    rows = tile_rows(images, tiling)
    at_once = len(rows) if tiling.count == 1 else TILES_AT_ONCE
    parts = (predict(rows[start : start + at_once]) for start in range(0, len(rows), at_once))
    return blend(parts, len(images), tiling)


def tile_rows(images: Sequence[int], tiling: Tiling) -> list[int]:
    """The rows of all tiles of images."""
    return [image * tiling.tiles + tile for image in images for tile in range(tiling.tiles)]


def blend(parts: Iterator[RawPrediction], images: int, tiling: Tiling) -> RawPrediction:
    """One prediction for each image, of those of its tiles.

    Maps are blended by `Tiling.weights`. Descriptors are averaged over the tiles: what pools one
    over its places then pools it over the whole image.

    Args:
        parts: Predictions of all tiles in order, in portions of any size.
        images: B, how many images.
        tiling: How they are tiled.

    Returns:
        Map (B, canvas, canvas), descriptor (B, C, h, w) as of one tile.
    """
    if tiling.count == 1:
        (whole,) = parts
        return whole
    descriptors: Tensor | None = None
    number = 0

    def maps() -> Iterator[Tensor]:
        nonlocal descriptors, number
        for part in parts:
            if descriptors is None:
                shape = (images, *part.descriptor.shape[1:])
                descriptors = part.descriptor.new_zeros(shape, dtype=torch.float32)
            for descriptor in part.descriptor:
                descriptors[number // tiling.tiles].add_(descriptor.float() / tiling.tiles)
                number += 1
            yield part.map

    blended = blend_maps(maps(), images, tiling)
    assert descriptors is not None
    return RawPrediction(blended, descriptors)


def blend_maps(parts: Iterator[Tensor], images: int, tiling: Tiling) -> Tensor:
    """Likewise the maps alone: of tiles (n, side, side) to those of images, (B, canvas, canvas)."""
    if tiling.count == 1:
        (whole,) = parts
        return whole
    maps = weights = None
    number = 0
    for part in parts:
        if maps is None or weights is None:
            maps = part.new_zeros(images, tiling.canvas, tiling.canvas, dtype=torch.float32)
            weights = torch.from_numpy(tiling.weights()).to(maps)
        for tile_map in part:
            image, tile = divmod(number, tiling.tiles)
            (row, column), (top, left) = divmod(tile, tiling.count), tiling.corner(tile)
            weight = weights[row, :, None] * weights[column]
            place = maps[image, top : top + tiling.side, left : left + tiling.side]
            place.add_(weight * tile_map.float())
            number += 1
    assert maps is not None and number == images * tiling.tiles
    return maps
