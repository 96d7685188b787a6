"""PatchCore: the distance of each patch to the nearest known normal one (METHODS section 1)."""

from __future__ import annotations

from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.maps import mean_map
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.patches import as_rows, look, patch_channels, patch_features


class PatchCore(Detector):
    """Remembers a coreset of all normal patches; nothing is trained."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self.normal = Bank(patch_channels(backbone))

    @property
    def descriptor_channels(self) -> int:
        return patch_channels(self.backbone)

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        check_features(features, self.backbone.channels)
        patches = patch_features(features)
        count, _, height, width = patches.shape
        distances = patches.new_zeros(count, height, width)
        if len(self.normal):
            rows = as_rows(patches).flatten(0, 1)
            distances = self.normal.nearest(rows).distance.view(count, height, width)
        return RawPrediction(mean_map([distances], size), look(patches))
