"""Detectors that need images get them with the features, and both are what scoring sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from inspector.core.images import read_for_model
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.recontrast import ReContrast
from inspector.engine.device import Device
from inspector.engine.scorers import TopScorer
from inspector.project.snapshots import SnapshotEntry
from training.features import FeatureCache, FeatureSource, LiveFeatures, ObservedPixels, Pixels
from training.normal_statistics import measure

SIZE = 64
N = 5
CPU = Device("cpu")


@pytest.fixture
def entries(make_entry: Callable[..., SnapshotEntry]) -> list[SnapshotEntry]:
    return [make_entry(seed) for seed in range(N)]


def cached(tmp_path: Path, entries: list[SnapshotEntry]) -> FeatureSource:
    cache = FeatureCache(tmp_path / "cache", Pixels(), SIZE, CPU)
    return cache.fill(entries, lambda done, total, unit: None).source


def read(entry: SnapshotEntry) -> torch.Tensor:
    pixels = read_for_model(Path(entry.path), SIZE, entry.window)
    return torch.from_numpy(pixels).permute(2, 0, 1)


def test_pixels_are_cached_once_for_every_backbone(
    tmp_path: Path, entries: list[SnapshotEntry]
) -> None:
    source = cached(tmp_path, entries)
    (images,) = source.batch([3, 0, 3])
    expected = torch.stack([read(entries[row]) for row in (3, 0, 3)])
    assert images.shape == (3, 3, SIZE, SIZE)
    assert images.dtype == torch.float32
    # Half precision of [0, 1]: an eighth of one of 256 grey levels.
    assert torch.allclose(images, expected, rtol=0, atol=1 / 2048)
    (folder,) = (tmp_path / "cache" / "features").iterdir()
    assert "pixels" in folder.name
    shards = sorted(path.stat().st_mtime_ns for path in folder.iterdir())
    for entry in entries:
        Path(entry.path).unlink()  # nothing is read again
    (again,) = cached(tmp_path, entries).batch([3, 0, 3])
    assert torch.equal(again, images)
    assert sorted(path.stat().st_mtime_ns for path in folder.iterdir()) == shards


def test_images_come_first_then_what_the_backbone_makes_of_them(
    tmp_path: Path, backbone: Backbone, entries: list[SnapshotEntry]
) -> None:
    live = ObservedPixels(LiveFeatures(Pixels(), entries, SIZE, CPU), backbone)
    detector = ReContrast(backbone)
    images, *features = live.batch([2, 4])
    expected = torch.stack([read(entries[row]) for row in (2, 4)])
    assert torch.equal(images, expected)
    with torch.no_grad():
        observed = detector.observe(expected.contiguous(memory_format=torch.channels_last))
    for one, other in zip([images, *features], observed, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    assert not any(feature.requires_grad for feature in features)
    from_cache = ObservedPixels(cached(tmp_path, entries), backbone).batch([2, 4])
    for one, other in zip([images, *features], from_cache, strict=True):
        assert float((one - other).norm() / one.norm()) < 0.01
    assert live.size == (SIZE, SIZE)


def test_statistics_are_those_of_predicting_the_images(
    backbone: Backbone, entries: list[SnapshotEntry]
) -> None:
    torch.manual_seed(0)
    detector = ReContrast(backbone)
    CPU.place(detector)
    detector.eval()
    source = ObservedPixels(LiveFeatures(Pixels(), entries, SIZE, CPU), backbone)
    found = measure(detector, source, range(N), TopScorer(), CPU)
    with torch.no_grad():
        expected = detector.predict(torch.stack([read(entry) for entry in entries]))
    torch.testing.assert_close(
        found.statistics.u, expected.map.mean(dim=(1, 2)), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(found.descriptors.float(), expected.descriptor, rtol=1e-2, atol=1e-2)
