"""RevDist: reverse distillation (RD4AD) with the global cosine loss (METHODS section 1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.detectors.reconstruction import (
    MirrorDecoder,
    MultiScaleBottleneck,
    mirror_of,
)
from inspector.engine.maps import cosine_distance, mean_map


class RevDist(Detector):
    """A decoder learns to give back the frozen encoder's features of normal images.

    Where it cannot, the image is not normal. The descriptor is the bottleneck's output.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        mirror = mirror_of(backbone.name, backbone.channels)
        self.bottleneck = MultiScaleBottleneck(backbone.channels, mirror)
        self.decoder = MirrorDecoder(backbone.channels, mirror)
        self._descriptor_channels = mirror.bottleneck_channels

    @property
    def descriptor_channels(self) -> int:
        return self._descriptor_channels

    def reconstruct(self, features: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The embedding (B, C, h, w) and the decoded stages [(B, C_i, h_i, w_i)]."""
        check_features(features, self.backbone.channels)
        embedding = self.bottleneck(features)
        return embedding, self.decoder(embedding)

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        embedding, decoded = self.reconstruct(features)
        distances = [cosine_distance(f, d) for f, d in zip(features, decoded, strict=True)]
        return RawPrediction(mean_map(distances, size), embedding.float())


def global_cosine_loss(features: Sequence[Tensor], decoded: Sequence[Tensor]) -> Tensor:
    """Sum over scales of 1 − cosine of the flattened (C·h·w) vectors, averaged over the batch."""
    losses = [
        (1 - F.cosine_similarity(d.flatten(1).float(), f.flatten(1).float(), dim=1)).mean()
        for f, d in zip(features, decoded, strict=True)
    ]
    total: Tensor = sum(losses[1:], start=losses[0])
    return total
