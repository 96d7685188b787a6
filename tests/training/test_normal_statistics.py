"""Map mean, map maximum and image score of normal images, against a few naive lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from inspector.core.images import read_for_model
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.device import Device
from inspector.engine.scorers import TopScorer
from inspector.jobs import events
from inspector.project.snapshots import SnapshotEntry
from training.features import FeatureCache, LiveFeatures
from training.normal_statistics import measure

SIZE = 64
N = 18  # more than one batch
CPU = Device("cpu")


@pytest.fixture
def entries(make_entry: Callable[..., SnapshotEntry]) -> list[SnapshotEntry]:
    return [make_entry(seed) for seed in range(N)]


@pytest.fixture(scope="module")
def detector(backbone: Backbone) -> RevDist:
    torch.manual_seed(0)
    built = RevDist(backbone)
    CPU.place(built)
    return built.eval()


def naive(detector: RevDist, entry: SnapshotEntry, percent: float) -> tuple[float, ...]:
    """u, γ, σ and score of one image, read and predicted alone, in float64 where it is ours."""
    image = read_for_model(Path(entry.path), SIZE, entry.window)
    with torch.no_grad():
        found = detector.predict(torch.from_numpy(image).permute(2, 0, 1)[None])
    raw: NDArray[np.float64] = found.map[0].double().numpy()
    kernel = np.exp(-(np.arange(-2, 3) ** 2) / 32)
    kernel /= kernel.sum()
    smooth = correlate1d(correlate1d(raw, kernel, 0, mode="mirror"), kernel, 1, mode="mirror")
    count = max(1, int(raw.size * percent / 100))
    return raw.mean(), raw.max(), raw.std(), np.sort(smooth.ravel())[-count:].mean()


@pytest.mark.parametrize("percent", [0.0, 1.0, 5.0])
def test_statistics_are_what_they_are_called(
    backbone: Backbone, detector: RevDist, entries: list[SnapshotEntry], percent: float
) -> None:
    source = LiveFeatures(backbone, entries, SIZE, CPU)
    found = measure(detector, source, range(N), TopScorer(percent), CPU).statistics
    expected = np.array([naive(detector, entry, percent) for entry in entries])
    columns = np.stack([found.u, found.gamma, found.sigma, found.score], axis=1)
    assert np.allclose(columns, expected, atol=2e-5)


def test_cached_features_give_nearly_the_same(
    tmp_path: Path, backbone: Backbone, detector: RevDist, entries: list[SnapshotEntry]
) -> None:
    live = LiveFeatures(backbone, entries, SIZE, CPU)
    cached, _, _ = FeatureCache(tmp_path / "cache", backbone, SIZE, CPU).fill(
        entries, lambda done, total, unit: None
    )
    a = measure(detector, live, range(N), TopScorer(), CPU)
    b = measure(detector, cached, range(N), TopScorer(), CPU)
    for exact, rounded in zip(a.statistics, b.statistics, strict=True):
        assert torch.allclose(exact, rounded, atol=2e-3)
    assert torch.allclose(a.descriptors.float(), b.descriptors.float(), atol=2e-2)


def test_rows_come_back_in_the_order_asked_for(
    backbone: Backbone,
    detector: RevDist,
    entries: list[SnapshotEntry],
    new_run: Callable[..., Any],
) -> None:
    source = LiveFeatures(backbone, entries, SIZE, CPU)
    everything = measure(detector, source, range(N), TopScorer(), CPU)
    run = new_run()
    some = measure(detector, source, [7, 2, 11], TopScorer(), CPU, run)
    for all_of, found in zip(everything.statistics, some.statistics, strict=True):
        assert torch.allclose(all_of[[7, 2, 11]], found, atol=1e-5)
    assert everything.descriptors.shape == (N, 320, 2, 2)
    assert everything.descriptors.dtype == torch.float16
    assert not some.statistics.u.requires_grad
    assert [(e.done, e.total) for e in run.of(events.Progress)] == [(3, 3)]
