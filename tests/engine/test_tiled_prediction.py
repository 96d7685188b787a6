"""Tiles of an image against the image as a whole."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.alignment.base import NoAlignment
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.device import Device
from inspector.engine.maps import LARGEST_SHOWN, for_display, map_statistics
from inspector.engine.pipeline import Pipeline
from inspector.engine.tiling import cut, predict_images, predict_rows

CPU = Device("cpu")
TILINGS = [Tiling(32, 2, 16), Tiling(32, 3, 8), Tiling(16, 5, 4), Tiling(16, 3, 12)]


class Pointwise(Detector):
    """What it says of a pixel is that pixel's alone, wherever it lies. Counts what it is given."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self.given: list[int] = []

    @property
    def descriptor_channels(self) -> int:
        return 3

    def observe(self, images: Tensor) -> list[Tensor]:
        self.given.append(len(images))
        return [images]

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        (images,) = features
        return RawPrediction(images.square().sum(dim=1), F.avg_pool2d(images, 8))


@pytest.fixture
def pointwise(random_lite0: Backbone) -> Pointwise:
    return Pointwise(random_lite0)


def images(count: int, tiling: Tiling, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, tiling.canvas, tiling.canvas, generator=generator)


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
def test_maps_are_those_of_the_whole_image(pointwise: Pointwise, tiling: Tiling) -> None:
    seen = images(3, tiling)
    found, whole = predict_images(pointwise, seen, tiling), pointwise.predict(seen)
    assert found.map.dtype == torch.float32
    assert torch.allclose(found.map, whole.map, atol=1e-6)
    for tiled, untiled in zip(map_statistics(found.map), map_statistics(whole.map), strict=True):
        assert torch.allclose(tiled, untiled, atol=1e-6)


@pytest.mark.parametrize("tiling", TILINGS, ids=str)
def test_descriptors_are_averaged_over_the_tiles(pointwise: Pointwise, tiling: Tiling) -> None:
    seen = images(3, tiling)
    found = predict_images(pointwise, seen, tiling).descriptor
    for image, descriptor in zip(seen, found, strict=True):
        tiles = [
            image[:, top : top + tiling.side, left : left + tiling.side]
            for top, left in map(tiling.corner, range(tiling.tiles))
        ]
        expected = F.avg_pool2d(torch.stack(tiles).mean(dim=0), 8)
        assert torch.allclose(descriptor, expected, atol=1e-6)


def test_a_few_tiles_are_looked_at_together(pointwise: Pointwise) -> None:
    predict_images(pointwise, images(2, TILINGS[2]), TILINGS[2])  # 25 tiles an image
    predict_images(pointwise, images(5, TILINGS[0]), TILINGS[0])  # 4
    assert pointwise.given == [16, 9, 16, 9, 16, 4]


def test_rows_are_the_tiles_of_images(pointwise: Pointwise) -> None:
    tiling = TILINGS[1]
    seen = images(4, tiling)
    tiles = cut(seen, tiling, range(tiling.tiles))
    found = predict_rows(lambda rows: pointwise.predict(tiles[list(rows)]), [2, 0], tiling)
    expected = predict_images(pointwise, seen[[2, 0]], tiling)
    assert torch.equal(found.map, expected.map)
    assert torch.equal(found.descriptor, expected.descriptor)


def test_a_whole_image_is_passed_on_as_it_is(pointwise: Pointwise) -> None:
    seen = images(3, Tiling(32))
    assert cut(seen, Tiling(32), [0]) is seen
    found = predict_images(pointwise, seen, Tiling(32))
    assert torch.equal(found.map, pointwise.predict(seen).map)


def jump(found: Tensor, tiling: Tiling) -> float:
    """How far neighbouring columns differ at the borders of tiles, against all others."""
    steps = found.diff(dim=2).abs().mean(dim=(0, 1))  # step i: from column i to i + 1
    starts = [n * tiling.step for n in range(1, tiling.count)]
    borders = sorted({b - 1 for start in starts for b in (start, start + tiling.overlap)})
    others = [n for n in range(len(steps)) if n not in borders]
    return float(steps[borders].max() / steps[others].quantile(0.9))


def test_there_are_no_seams(random_lite0: Backbone) -> None:
    """A network that sees no farther than its tile says something else on both sides of a border;
    blended, that does not show."""
    torch.manual_seed(0)
    detector = RevDist(random_lite0).eval()
    side_by_side, blended = Tiling(64, 3, 0), Tiling(64, 3, 16)
    with torch.inference_mode():
        hard = predict_images(detector, images(2, side_by_side), side_by_side).map
        soft = predict_images(detector, images(2, blended), blended).map
    assert jump(hard, side_by_side) > 2
    assert jump(soft, blended) < 1.2


def test_a_pipeline_scores_the_blended_map(pointwise: Pointwise) -> None:
    tiling = TILINGS[0]
    pipeline = Pipeline(pointwise, {"none": NoAlignment()}, "none", tiling=tiling)
    whole = Pipeline(pointwise, {"none": NoAlignment()}, "none")
    seen = images(3, tiling)
    tiled, untiled = (p.score(seen, [""] * 3, CPU, ["none"]) for p in (pipeline, whole))
    assert torch.allclose(tiled.raw_scores, untiled.raw_scores, atol=1e-6)
    assert torch.allclose(tiled.smoothed, untiled.smoothed, atol=1e-6)


@pytest.mark.parametrize("side", [64, 112, 1024, 1040, 2048, 4096])
def test_stored_maps_are_bounded(side: int) -> None:
    shown = for_display(torch.full((1, side, side), 0.5))
    assert shown.shape[1] <= LARGEST_SHOWN
    assert (shown == 0.5).all()
    if side <= 1024:
        assert shown.shape[1] == side // 4
