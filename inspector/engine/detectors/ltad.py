"""LTAD: long-tailed anomaly detection with learned class names (METHODS section 4).

What the classes are is learned from folders or clusters; no class is given when predicting.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.ltad.modules import ReconstructionModule, SemanticModule
from inspector.engine.ltad.names import Names
from inspector.engine.ltad.synthesis import Synthesis
from inspector.engine.maps import mean_map
from inspector.engine.text.loading import text_channels
from inspector.engine.whitening import Whitening

_LOOK_POOLING = 4


class Observed(NamedTuple):
    """Features as LTAD sees them, standardised.

    Attributes:
        tensor: All stages on the grid of stride 8, (B, C, h, w).
        z: The deepest stage, averaged over the image, (B, C_z).
    """

    tensor: Tensor
    z: Tensor


class Sample(nn.Module):
    """Real and synthetic features, averaged over the image, for who wants to see them.

    Attributes:
        features: (M, C) float16.
        classes: (M,) int32, the class of each.
        synthetic: (M,) uint8, 1 where it was synthesised.
    """

    features: Tensor
    classes: Tensor
    synthetic: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(0, channels, dtype=torch.float16))
        self.register_buffer("classes", torch.zeros(0, dtype=torch.int32))
        self.register_buffer("synthetic", torch.zeros(0, dtype=torch.uint8))
        self.register_load_state_dict_pre_hook(_take_size)  # type: ignore[no-untyped-call]

    def keep(self, features: Tensor, classes: Tensor, synthetic: Tensor) -> None:
        """Replaces what is kept."""
        device = self.features.device
        self.features = features.to(device, torch.float16)
        self.classes = classes.to(device, torch.int32)
        self.synthetic = synthetic.to(device, torch.uint8)


class Ltad(Detector):
    """Scores S_rec + λ S_sem, each standardised on training data.

    The descriptor is the standardised features, averaged to stride 32.

    Attributes:
        names: Learned names, and what the text side made of them.
        synthesis: The VAE; needed for learning, and to see what it makes.
        nearest: z to the text space; the class of an image is the name that it is nearest to.
        reconstruction, semantic: RM and SAD.
        sample: Some real and synthetic features.
        mean, std: Of the features, by channel, (C,).
        whitening: What makes S_rec of the error.
        score_mean, score_std: Of S_rec and S_sem on training data, (2,).
        fusion: λ; 0 leaves SAD out.
    """

    mean: Tensor
    std: Tensor
    score_mean: Tensor
    score_std: Tensor
    fusion: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        channels, source = sum(backbone.channels), backbone.channels[-1]
        text = text_channels(backbone)
        self.names = Names(text)
        self.synthesis = Synthesis(source, text, channels)
        self.nearest = nn.Linear(source, text)
        self.reconstruction = ReconstructionModule(channels)
        self.semantic = SemanticModule(backbone.channels, text)
        self.whitening = Whitening(channels)
        self.sample = Sample(channels)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))
        self.register_buffer("score_mean", torch.zeros(2))
        self.register_buffer("score_std", torch.ones(2))
        self.register_buffer("fusion", torch.tensor(0.0))

    @property
    def descriptor_channels(self) -> int:
        return sum(self.backbone.channels)

    def gather(self, features: list[Tensor]) -> Tensor:
        """The stages on the grid of stride 8, concatenated, unscaled: (B, C, h, w)."""
        check_features(features, self.backbone.channels)
        fine, middle, coarse = features
        grid = (int(middle.shape[2]), int(middle.shape[3]))  # int: fixed in an exported graph
        resized = [
            _averaged(fine, grid),
            middle,
            F.interpolate(coarse, size=grid, mode="bilinear", align_corners=False),
        ]
        return torch.cat(resized, dim=1).float()

    def standardise(self, features: list[Tensor]) -> Observed:
        """What all else is computed from."""
        tensor = (self.gather(features) - self.mean.view(1, -1, 1, 1)) / self.std.view(1, -1, 1, 1)
        deepest = features[-1].float().mean(dim=(2, 3))
        source = deepest.shape[1]
        return Observed(tensor, (deepest - self.mean[-source:]) / self.std[-source:])

    def classify(self, z: Tensor) -> Tensor:
        """The class of each image: the nearest name, (B,)."""
        look = F.normalize(self.nearest(z), dim=1)
        return (look @ self.names.named.T).argmax(dim=1)

    def scores(self, seen: Observed) -> tuple[Tensor, Tensor | None]:
        """S_rec (B, h, w) and S_sem (B, h / P, w / P), neither standardised.

        S_sem is None where SAD is left out.
        """
        error = self.reconstruction_score(seen)
        if not (len(self.names) and bool(self.fusion > 0)):
            return error, None
        return error, self.semantic_score(seen, self.classify(seen.z))

    def left_over(self, seen: Observed) -> Tensor:
        """What RM does not give back, p − RM(p): (B, C, h, w)."""
        error: Tensor = seen.tensor - self.reconstruction(seen.tensor).float()
        return error

    def reconstruction_score(self, seen: Observed) -> Tensor:
        """S_rec, (B, h, w)."""
        score: Tensor = self.whitening(self.left_over(seen))
        return score

    def semantic_score(self, seen: Observed, classes: Tensor) -> Tensor:
        """S_sem of images of the given classes (B,): (B, h / P, w / P) in [0, 1]."""
        normal, abnormal = self.names.normal[classes], self.names.abnormal[classes]
        logits: Tensor = self.semantic(seen.tensor, normal, abnormal)
        return logits.float().sigmoid()

    def fuse(self, error: Tensor, semantic: Tensor | None, size: tuple[int, int]) -> Tensor:
        """The map (B, H, W)."""
        map_ = mean_map([(error - self.score_mean[0]) / self.score_std[0]], size)
        if semantic is not None:
            standardised = (semantic - self.score_mean[1]) / self.score_std[1]
            map_ = map_ + self.fusion * mean_map([standardised], size)
        return map_

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        seen = self.standardise(features)
        look = F.avg_pool2d(seen.tensor, _LOOK_POOLING)
        return RawPrediction(self.fuse(*self.scores(seen), size), look)


def _averaged(fine: Tensor, grid: tuple[int, int]) -> Tensor:
    """A finer stage (B, C, h, w) on a coarser grid."""
    if (int(fine.shape[2]), int(fine.shape[3])) == (2 * grid[0], 2 * grid[1]):
        return F.avg_pool2d(fine, 2)  # the same, and exportable
    return F.adaptive_avg_pool2d(fine, grid)


def _take_size(module: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    for name, own in list(module.named_buffers(recurse=False)):
        found = state.get(prefix + name)
        if isinstance(found, Tensor) and found.dim() == own.dim():
            setattr(module, name, own.new_zeros(len(found), *own.shape[1:]))
