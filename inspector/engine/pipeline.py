"""Detector + aligners + image scorer: what turns an image into comparable scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inspector.engine.alignment.base import Aligner, Statistics
from inspector.engine.detectors.base import Detector, RawPrediction
from inspector.engine.device import Device
from inspector.engine.maps import image_score, smooth


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
        score_percent: Image score = mean of this top percentage of pixels.
    """

    def __init__(
        self,
        detector: Detector,
        aligners: Mapping[str, Aligner],
        default_alignment: str,
        score_percent: float = 1.0,
    ) -> None:
        if default_alignment not in aligners:
            raise ValueError(f"no aligner named {default_alignment!r}")
        self.detector = detector
        self.aligners = dict(aligners)
        self.default_alignment = default_alignment
        self.score_percent = score_percent

    def to(self, device: Device) -> Pipeline:
        """Moves all parts to a device and sets them to inference."""
        for module in (self.detector, self.detector.backbone, *self.aligners.values()):
            device.place(module)
            module.eval()
        return self

    @torch.inference_mode()
    def score(
        self, images: Tensor, class_names: Sequence[str], device: Device, variants: Sequence[str]
    ) -> Scored:
        """Scores images (B, 3, H, W) in [0, 1]; classes matter only to CaDA-A.

        Each result depends on its own image alone.
        """
        images = images.to(device.torch, memory_format=torch.channels_last, non_blocking=True)
        with device.autocast():
            prediction = self.detector.predict(images)
        return self.finish(prediction, class_names, variants)

    def finish(
        self, prediction: RawPrediction, class_names: Sequence[str], variants: Sequence[str]
    ) -> Scored:
        """What `score` makes of the detector's prediction."""
        smoothed = smooth(prediction.map.float())
        raw_scores = image_score(smoothed, self.score_percent)
        statistics: dict[str, Statistics] = {}
        scores: dict[str, Tensor] = {}
        for name in variants:
            aligner = self.aligners[name]
            statistics[name] = aligner.statistics(prediction.descriptor, class_names)
            # Smoothing and the top-percent mean commute with alignment (both are linear).
            scores[name] = aligner.apply_to(raw_scores, statistics[name])
        pooled = prediction.descriptor.float().mean(dim=(2, 3))
        return Scored(smoothed, raw_scores, statistics, scores, pooled)
