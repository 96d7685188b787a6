"""Frozen feature extractors by timm name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from inspector.engine.openclip import ImageTower, create_pair, is_openclip, load_side
from inspector.engine.torchvision_operators import ensure_torchvision_imports
from inspector.engine.weights import WeightsFile, load_weights, read_state, resolve_weights
from inspector.errors import InspectorError

ensure_torchvision_imports()

import timm  # noqa: E402  (needs the operators above)
from timm.models.efficientnet import EfficientNetFeatures  # noqa: E402

PYRAMID_STRIDES = (4, 8, 16)


class Backbone(nn.Module):
    """A frozen model, timm's or the image side of open_clip's, with feature maps of three stages.

    Attributes:
        name: timm name, or one that `openclip` reads.
        channels: Channels per stage.
        strides: Input pixels per feature, per stage: (4, 8, 16).
        weights: The file the weights came from; None only for `random_backbone` (timings, tests).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, body: nn.Module, weights: WeightsFile | None) -> None:
        super().__init__()
        info: Any = body.feature_info
        config: Any = body if is_openclip(name) else timm.get_pretrained_cfg(name)
        _drop_unused_blocks(body)
        self.name = name
        self.weights = weights
        self.body = body
        self.channels: tuple[int, ...] = tuple(info.channels())
        self.strides: tuple[int, ...] = tuple(info.reduction())
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Backbone:
        """Stays in eval mode: a frozen backbone's batch statistics never move."""
        return super().train(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images (B, 3, H, W) in [0, 1] to feature maps [(B, C_i, H/s_i, W/s_i)], finest first."""
        return self.through(self.body, images)

    def through(self, body: nn.Module, images: Tensor) -> list[Tensor]:
        """The same through another body of this kind, such as a copy that learns."""
        features: list[Tensor] = body((images - self.mean) / self.std)
        if getattr(body, "output_fmt", "NCHW") == "NHWC":
            return [feature.permute(0, 3, 1, 2) for feature in features]
        return features


def load_backbone(
    name: str, progress: Callable[[int, int], None] | None = None, *, download: bool = True
) -> Backbone:
    """A backbone with its pretrained weights.

    Raises:
        InspectorError: There is no such model, it has no stages at strides 4, 8 and 16, or its
            weights are not to be had.
    """
    body = _create(name)
    weights = resolve_weights(name, download=download, progress=progress)
    if isinstance(body, ImageTower):
        load_side(body, read_state(weights.path))
    else:
        load_weights(body, weights)
    return Backbone(name, body, weights)


def random_backbone(name: str, seed: int = 0) -> Backbone:
    """The same shapes with random weights: for timings and tests of shapes only."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Backbone(name, _create(name), None)


def _is_known(name: str) -> bool:
    architecture, _, tag = name.partition(".")
    return timm.is_model(architecture) and (not tag or timm.is_model_pretrained(name))


def _drop_unused_blocks(body: nn.Module) -> None:
    """timm's EfficientNets compute all their blocks, those behind the last stage for nothing."""
    if isinstance(body, EfficientNetFeatures):
        last = body.feature_info.module_name()[-1]  # "blocks.4"
        del body.blocks[int(last.removeprefix("blocks.")) + 1 :]


def _create(name: str) -> nn.Module:
    if is_openclip(name):
        return create_pair(name)[0]
    if not _is_known(name):
        raise InspectorError(
            f"There is no backbone '{name}'.",
            "Use a timm model name such as 'tf_efficientnet_lite0' or 'wide_resnet50_2.tv_in1k'.",
        )
    try:
        probe = timm.create_model(name, pretrained=False, features_only=True)
        reductions = probe.feature_info.reduction()
        stages = tuple(reductions.index(stride) for stride in PYRAMID_STRIDES)
    except (RuntimeError, ValueError, AttributeError) as error:
        raise InspectorError(
            f"The backbone '{name}' has no feature maps at strides 4, 8 and 16.",
            "Use a convolutional pyramid such as 'tf_efficientnet_lite0' or 'wide_resnet50_2'.",
        ) from error
    body: nn.Module = timm.create_model(
        name, pretrained=False, features_only=True, out_indices=stages
    )
    return body
