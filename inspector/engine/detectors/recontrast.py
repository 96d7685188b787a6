"""ReContrast: what a trainable and a frozen encoder see is decoded crosswise (METHODS section 1).

Reverse distillation with an encoder that adapts to the images. It cannot collapse, as its decoded
features are compared with those of a frozen copy of itself, and the other way round.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.detectors.reconstruction import (
    MirrorDecoder,
    MultiScaleBottleneck,
    mirror_of,
)
from inspector.engine.maps import cosine_distance, mean_map


class Contrast(NamedTuple):
    """What both encoders see, and what was decoded of it; stages [(B, C_i, h_i, w_i)] each.

    Attributes:
        frozen: Of the frozen encoder.
        adapted: Of the trainable one.
        as_frozen: Decoded from `adapted`, to be like `frozen`.
        as_adapted: Decoded from `frozen`, to be like `adapted`.
        embedding: The bottleneck's output of the frozen path, (B, C, h, w).
    """

    frozen: list[Tensor]
    adapted: list[Tensor]
    as_frozen: list[Tensor]
    as_adapted: list[Tensor]
    embedding: Tensor


class ReContrast(Detector):
    """One bottleneck and one decoder with two heads, for a frozen and a trainable encoder.

    The descriptor is the bottleneck's output of the *frozen* path *(ours)*: its input is the same
    for every detector over this backbone, and describes the look of the image as it was pretrained
    to; the trainable path has learned to leave out of it what it need not tell apart.

    Attributes:
        encoder: The trainable copy of the backbone's body; saved with the model.
        adapts_statistics: Whether its batch statistics move while it learns. Not for many classes
            in one model: they would be a mixture that fits none.
    """

    needs_images: ClassVar[bool] = True

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        mirror = mirror_of(backbone.name, backbone.channels)
        self.adapts_statistics = False
        self.encoder = copy.deepcopy(backbone.body).requires_grad_(True)
        self.bottleneck = MultiScaleBottleneck(backbone.channels, mirror)
        self.decoder = MirrorDecoder(backbone.channels, mirror, heads=False)
        self.to_frozen = _heads(backbone.channels)
        self.to_adapted = _heads(backbone.channels)
        self._descriptor_channels = mirror.bottleneck_channels

    @property
    def descriptor_channels(self) -> int:
        return self._descriptor_channels

    def train(self, mode: bool = True) -> ReContrast:
        """The encoder stays in eval mode unless its statistics are to adapt."""
        super().train(mode)
        self.encoder.train(mode and self.adapts_statistics)
        return self

    def contrast(self, features: list[Tensor]) -> Contrast:
        """Both paths, together through bottleneck and decoder, of images and the frozen stages."""
        check_features(features, (3, *self.backbone.channels))
        images, *frozen = features
        adapted = self.backbone.through(self.encoder, images)
        both = [torch.cat(pair) for pair in zip(adapted, frozen, strict=True)]
        embedding = self.bottleneck(both)
        count = images.shape[0]
        decoded = self.decoder(embedding)
        return Contrast(
            frozen=frozen,
            adapted=adapted,
            as_frozen=[h(d[:count]) for h, d in zip(self.to_frozen, decoded, strict=True)],
            as_adapted=[h(d[count:]) for h, d in zip(self.to_adapted, decoded, strict=True)],
            embedding=embedding[count:],
        )

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        found = self.contrast(features)
        pairs = [*zip(found.frozen, found.as_frozen, strict=True)]
        pairs += zip(found.adapted, found.as_adapted, strict=True)
        distances = [cosine_distance(seen, decoded) for seen, decoded in pairs]
        return RawPrediction(mean_map(distances, size), found.embedding.float())


def _heads(channels: Sequence[int]) -> nn.ModuleList:
    return nn.ModuleList(nn.Conv2d(width, width, 1) for width in channels)
