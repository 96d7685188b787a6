"""What a detector says of normal images: u, γ and the image score of each (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from inspector.engine.detectors.base import Detector
from inspector.engine.device import Device
from inspector.engine.maps import image_score, map_statistics, smooth
from training.features import FeatureSource
from training.run import Run

_BATCH = 16


class NormalStatistics(NamedTuple):
    """Statistics of N normal images, each (N,): mean, maximum and deviation of the map's pixels,
    and the raw image score.
    """

    u: Tensor
    gamma: Tensor
    sigma: Tensor
    score: Tensor

    def rows(self, chosen: Tensor) -> NormalStatistics:
        """Those of some of the images."""
        return NormalStatistics(*(values[chosen] for values in self))


class Measured(NamedTuple):
    """Statistics of N images and their descriptors (N, C, h, w), float16."""

    statistics: NormalStatistics
    descriptors: Tensor


@torch.no_grad()
def measure(
    detector: Detector,
    source: FeatureSource,
    rows: Sequence[int],
    score_percent: float,
    device: Device,
    run: Run | None = None,
) -> Measured:
    """Predicts the rows of `source`; with `run`, tells how far it is."""
    statistics: list[Tensor] = []
    descriptors: list[Tensor] = []
    for start in range(0, len(rows), _BATCH):
        chosen = rows[start : start + _BATCH]
        with device.autocast():
            prediction = detector.predict_features(source.batch(chosen), source.size)
        u, gamma, sigma = map_statistics(prediction.map)
        score = image_score(smooth(prediction.map), score_percent)
        statistics.append(torch.stack([u, gamma, sigma, score]))
        descriptors.append(prediction.descriptor.half())
        if run is not None:
            run.progress(min(start + _BATCH, len(rows)), len(rows), "images")
    return Measured(NormalStatistics(*torch.cat(statistics, dim=1)), torch.cat(descriptors))
