"""What a detector says of normal images: u, γ and the levels of each map (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from inspector.engine.detectors.base import Detector, RawPrediction
from inspector.engine.device import Device
from inspector.engine.maps import map_statistics, smooth
from inspector.engine.scorers import Scorer
from inspector.engine.tiling import predict_rows
from training.features import FeatureSource
from training.run import Run

_BATCH = 16


class NormalStatistics(NamedTuple):
    """Statistics of N normal images: mean, maximum and deviation of the raw map's pixels, each
    (N,), and the levels that image scores are made of, (N, K).
    """

    u: Tensor
    gamma: Tensor
    sigma: Tensor
    levels: Tensor

    @property
    def score(self) -> Tensor:
        """The first level, by itself an image score: (N,)."""
        return self.levels[:, 0]

    def rows(self, chosen: Tensor) -> NormalStatistics:
        """Those of some of the images."""
        return NormalStatistics(*(values[chosen] for values in self))


def put_together(parts: Sequence[NormalStatistics], rows: Sequence[int]) -> NormalStatistics:
    """Statistics of parts as one, in the order of the images.

    Args:
        parts: In any order.
        rows: Of their images, one part after the other: 0 to N − 1.
    """
    together = NormalStatistics(*map(torch.cat, zip(*parts, strict=True)))
    return together.rows(torch.argsort(torch.tensor(rows, device=together.u.device)))


class Measured(NamedTuple):
    """Statistics of N images and their descriptors (N, C, h, w), float16."""

    statistics: NormalStatistics
    descriptors: Tensor


@torch.no_grad()
def measure(
    detector: Detector,
    source: FeatureSource,
    rows: Sequence[int],
    scorer: Scorer,
    device: Device,
    run: Run | None = None,
) -> Measured:
    """Predicts images of `source` by their numbers; with `run`, tells how far it is."""

    def predict(some: Sequence[int]) -> RawPrediction:
        return detector.predict_features(source.batch(some), source.size)

    at_once = source.tiling.images_at_once(_BATCH)
    statistics: list[NormalStatistics] = []
    descriptors: list[Tensor] = []
    for start in range(0, len(rows), at_once):
        chosen = rows[start : start + at_once]
        with device.autocast():
            prediction = predict_rows(predict, chosen, source.tiling)
        levels = scorer.levels(smooth(prediction.map))
        statistics.append(NormalStatistics(*map_statistics(prediction.map), levels))
        descriptors.append(prediction.descriptor.half())
        if run is not None:
            run.progress(min(start + at_once, len(rows)), len(rows), "images")
    return Measured(put_together(statistics, range(len(rows))), torch.cat(descriptors))
