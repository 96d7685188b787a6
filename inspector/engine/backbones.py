"""Frozen feature extractors by timm name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from inspector.engine.openclip import ImageTower, create_pair, is_openclip, load_side
from inspector.engine.torchvision_operators import ensure_torchvision_imports
from inspector.engine.transformers import PatchTransformer, create_transformer, named_as_timm
from inspector.engine.weights import WeightsFile, load_weights, read_state, resolve_weights
from inspector.errors import InspectorError
from inspector.jobs.backbones import KINDS, KNOWN_BACKBONES, PYRAMID, TRANSFORMER

ensure_torchvision_imports()

import timm  # noqa: E402  (needs the operators above)
from timm.models.efficientnet import EfficientNetFeatures  # noqa: E402

PYRAMID_STRIDES = (4, 8, 16)
_IN_WORDS = {
    PYRAMID: "a pyramid of feature maps at strides 4, 8 and 16",
    TRANSFORMER: "a vision transformer",
}


class Computes(Protocol):
    """Gives the features of images in torch's place; `name` is the runtime's."""

    name: str

    def __call__(self, images: Tensor) -> list[Tensor]: ...


class Backbone(nn.Module):
    """A frozen model, timm's or the image side of open_clip's, with feature maps of some stages.

    Attributes:
        name: timm name, or one that `openclip` reads.
        kind: `PYRAMID` with three stages, or `TRANSFORMER` with two, see `PatchTransformer`.
        channels: Channels per stage.
        strides: Input pixels per feature, per stage: (4, 8, 16), or twice the side of a patch.
        weights: The file the weights came from; None only for `random_backbone` (timings, tests).
        runner: What computes in torch's place where that is faster; see `runtimes.speed_up`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, body: nn.Module, weights: WeightsFile | None) -> None:
        super().__init__()
        info: Any = body.feature_info
        config: Any = body if is_openclip(name) else timm.get_pretrained_cfg(name)
        _drop_unused_blocks(body)
        self.name = name
        self.runner: Computes | None = None
        self.kind = _kind_of(body)
        self.weights = weights
        self.body = body
        self.channels: tuple[int, ...] = tuple(info.channels())
        self.strides: tuple[int, ...] = tuple(info.reduction())
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    @property
    def computed_by(self) -> str:
        """The runtime that computes in torch's place; empty for torch."""
        return self.runner.name if self.runner is not None else ""

    def train(self, mode: bool = True) -> Backbone:
        """Stays in eval mode: a frozen backbone's batch statistics never move."""
        return super().train(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images (B, 3, H, W) in [0, 1] to feature maps [(B, C_i, ⌊H/s_i⌋, ⌊W/s_i⌋)], finest or
        shallowest first."""
        if self.runner is not None and _is_plain(images):
            return self.runner(images)
        return self.through(self.body, images)

    def fix_size(self, height: int, width: int) -> None:
        """For a copy that is exported for images of one size; see `PatchTransformer.fix_size`."""
        if isinstance(self.body, PatchTransformer):
            self.body.fix_size(height, width)

    def through(self, body: nn.Module, images: Tensor) -> list[Tensor]:
        """The same through another body of this kind, such as a copy that learns."""
        features: list[Tensor] = body((images - self.mean) / self.std)
        if getattr(body, "output_fmt", "NCHW") == "NHWC":
            return [feature.permute(0, 3, 1, 2) for feature in features]
        return features


def load_backbone(
    name: str,
    progress: Callable[[int, int], None] | None = None,
    *,
    download: bool = True,
    kinds: Collection[str] = KINDS,
) -> Backbone:
    """A backbone with its pretrained weights.

    Args:
        name: timm name, or one that `openclip` reads.
        progress: Of a download, see `resolve_weights`.
        download: Whether fetching from the hub is allowed.
        kinds: What it may be; known before anything is fetched.

    Raises:
        InspectorError: There is no such model, it is of another kind, or its weights are not to be
            had.
    """
    body = _create(name)
    if _kind_of(body) not in kinds:
        raise _other_kind(name, _kind_of(body))
    weights = resolve_weights(name, download=download, progress=progress)
    if isinstance(body, ImageTower):
        load_side(body, read_state(weights.path))
    elif isinstance(body, PatchTransformer):
        load_weights(body.network, weights, named_as_timm)
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


def _kind_of(body: nn.Module) -> str:
    return TRANSFORMER if isinstance(body, PatchTransformer) else PYRAMID


def _other_kind(name: str, kind: str) -> InspectorError:
    (wanted,) = set(KINDS) - {kind}
    examples = [f"'{known.name}'" for known in KNOWN_BACKBONES if known.kind == wanted]
    return InspectorError(
        f"The backbone '{name}' is {_IN_WORDS[kind]}, but this method needs {_IN_WORDS[wanted]}.",
        f"Use one such as {' or '.join(examples[:2])}, or another method.",
    )


def _is_plain(images: Tensor) -> bool:
    """Whether nothing but numbers is wanted of them: no gradient, no graph, no other format."""
    return (
        images.device.type == "cpu"
        and images.dtype is torch.float32
        and not images.requires_grad
        and not torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]
        and not torch.is_autocast_enabled("cpu")
    )


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
    except (RuntimeError, ValueError, AttributeError):
        return _create_transformer(name)
    body: nn.Module = timm.create_model(
        name, pretrained=False, features_only=True, out_indices=stages
    )
    return body


def _create_transformer(name: str) -> nn.Module:
    try:
        return create_transformer(name)
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise InspectorError(
            f"The backbone '{name}' has no feature maps at strides 4, 8 and 16, and is no plain "
            "vision transformer.",
            "Use a convolutional pyramid such as 'tf_efficientnet_lite0' or 'wide_resnet50_2', or "
            "a transformer such as 'vit_small_patch14_reg4_dinov2.lvd142m'.",
        ) from error
