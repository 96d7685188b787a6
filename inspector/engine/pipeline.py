"""Detector + aligners + image scorer: what turns an image into comparable scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inspector.core.evaluation import RAW
from inspector.core.tiling import Tiling
from inspector.engine.alignment.base import Aligner, Statistics
from inspector.engine.detectors.base import Detector, RawPrediction
from inspector.engine.device import Device
from inspector.engine.folding import fold_batch_norms
from inspector.engine.maps import smooth
from inspector.engine.scorers import Scorer, TopScorer
from inspector.engine.tiling import predict_images


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored batch.

    Attributes:
        smoothed: Smoothed raw maps (B, H, W), float32, on the computing device.
        raw_scores: Image scores of the raw maps, (B,).
        statistics: Per alignment variant, (û, γ̂), each (B,).
        scores: Per alignment variant, image scores (B,).
        descriptors: Pooled descriptors (B, C).
    """

    smoothed: Tensor
    raw_scores: Tensor
    statistics: dict[str, Statistics]
    scores: dict[str, Tensor]
    descriptors: Tensor


class Pipeline:
    """A detector with its alignment variants.

    Args:
        detector: The fitted detector.
        aligners: Fitted aligners by name; "none" is always there.
        default_alignment: Name of the variant that answers where none is asked for.
        scorer: What makes image scores of maps; None for the mean of their top 1 %.
        tiling: How images are looked at; None for whole ones of any size.
    """

    def __init__(
        self,
        detector: Detector,
        aligners: Mapping[str, Aligner],
        default_alignment: str,
        scorer: Scorer | None = None,
        tiling: Tiling | None = None,
    ) -> None:
        if default_alignment not in aligners:
            raise ValueError(f"no aligner named {default_alignment!r}")
        self.detector = detector
        self.aligners = dict(aligners)
        self.default_alignment = default_alignment
        self.scorer = TopScorer() if scorer is None else scorer
        self.tiling = tiling

    def to(self, device: Device) -> Pipeline:
        """Moves all parts to a device and sets them to inference."""
        for module in (self.detector, self.detector.backbone):
            device.place(module)
            module.eval()
        # Their convolutions are computed as products: channels last they would be copied each time.
        for part in (*self.aligners.values(), self.scorer):
            part.to(device.torch).eval()
        return self

    def fold(self, size: int, device: Device) -> Pipeline:
        """Does the same with less work from now on, and is for scoring only: it can no longer learn
        or be saved. See `fold_batch_norms`.

        Args:
            size: Of what the detector looks at.
            device: Where it is.
        """
        probe = torch.full((1, 3, size, size), 0.5, device=device.torch)
        probe[..., ::3, ::2] = 0.25  # not the same everywhere
        probe = probe.contiguous(memory_format=torch.channels_last)
        detector = self.detector
        fold_batch_norms(detector.backbone, lambda: detector.backbone(probe))
        fold_batch_norms(detector, lambda: list(detector.predict(probe)))
        return self

    @torch.inference_mode()
    def score(
        self, images: Tensor, class_names: Sequence[str], device: Device, variants: Sequence[str]
    ) -> Scored:
        """Scores images (B, 3, H, W) in [0, 1], at the size of the tiling's canvas where there is
        one; classes matter only to CaDA-A.

        Each result depends on its own image alone.
        """
        images = images.to(device.torch, memory_format=torch.channels_last, non_blocking=True)
        with device.autocast():
            if self.tiling is None:
                prediction = self.detector.predict(images)
            else:
                prediction = predict_images(self.detector, images, self.tiling)
        return self.finish(prediction, class_names, variants)

    def finish(
        self, prediction: RawPrediction, class_names: Sequence[str], variants: Sequence[str]
    ) -> Scored:
        """What `score` makes of the detector's prediction."""
        smoothed = smooth(prediction.map.float())
        levels = self.scorer.levels(smoothed)
        statistics: dict[str, Statistics] = {}
        scores: dict[str, Tensor] = {}
        for name in variants:
            aligner = self.aligners[name]
            statistics[name] = aligner.statistics(prediction.descriptor, class_names)
            # Smoothing and levels commute with alignment, which shifts and stretches a map.
            scores[name] = self.scorer.score(aligner.apply_to(levels, statistics[name]), name)
        pooled = prediction.descriptor.float().mean(dim=(2, 3))
        raw_scores = self.scorer.score(levels, RAW)
        return Scored(smoothed, raw_scores, statistics, scores, pooled)
