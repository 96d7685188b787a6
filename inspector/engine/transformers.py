"""Plain vision transformers of timm as backbones: all their blocks share one grid of patches."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.torchvision_operators import ensure_torchvision_imports

ensure_torchvision_imports()

import timm  # noqa: E402  (needs the operators above)

_LAYERS = 8


class PatchTransformer(nn.Module):
    """Two feature maps at the stride of the patches, each the mean of half of the middle blocks.

    The mean over neighbouring blocks is Dinomaly's; kept as two maps instead of one per block, the
    features of an image take a quarter of the room. Tokens that are no patch are left out.

    Attributes:
        network: timm's model, without the blocks that nothing is taken from.
        patch: Side of a patch in pixels.
        layers: The blocks that are looked at, from 0.
        feature_info: As timm's feature models have.
    """

    def __init__(self, network: nn.Module) -> None:
        """Raises ValueError for a model whose blocks differ in grid or width, or that has one."""
        super().__init__()
        model: Any = network
        kinds = {(info["num_chs"], info["reduction"]) for info in model.feature_info}
        self.layers = middle_layers(len(model.feature_info))
        if len(kinds) != 1 or not self.layers:
            raise ValueError("not a plain transformer")
        channels, self.patch = kinds.pop()
        model.prune_intermediate_layers(list(self.layers), prune_norm=True)
        self.network = network
        self.feature_info = _OneGrid(channels, self.patch)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Normalised images (B, 3, H, W) to two maps (B, C, ⌊H/patch⌋, ⌊W/patch⌋), shallow first.

        Where no whole number of patches fits, the image is scaled down to the next one that does,
        never cropped *(ours)*.
        """
        model: Any = self.network
        height, width = images.shape[-2:]
        whole = self._whole(height, width)
        if whole != (height, width):
            images = F.interpolate(images, size=whole, mode="bilinear", align_corners=False)
        maps: list[Tensor] = model.forward_intermediates(
            images, indices=list(self.layers), intermediates_only=True
        )
        half = len(maps) // 2
        return [torch.stack(group).mean(dim=0) for group in (maps[:half], maps[half:])]

    def fix_size(self, height: int, width: int) -> None:
        """Brings the learned positions to images of this size for good.

        For graphs that are exported: they have no operator that does it for every image anew.
        """
        model: Any = self.network
        model.set_input_size(self._whole(height, width))

    def _whole(self, height: int, width: int) -> tuple[int, int]:
        return height // self.patch * self.patch, width // self.patch * self.patch


def create_transformer(name: str) -> PatchTransformer:
    """A plain transformer with random weights, for inputs of any size.

    Raises:
        TypeError, ValueError, AttributeError: timm's model of this name is none.
    """
    network = timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
    return PatchTransformer(network)


def middle_layers(depth: int) -> tuple[int, ...]:
    """The blocks that are looked at: an even number, at most 8, evenly over the middle two thirds.

    Of 12 those from 2 to 9, of 24 every second from 4 to 18, as Dinomaly has it; none of one.
    """
    first = depth // 6
    span = depth - 2 * first
    count = min(_LAYERS, span - span % 2)
    return tuple(first + place * span // count for place in range(count))


def named_as_timm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a weights file of DINOv2 as its authors publish it under timm's names.

    Those of any other file stay as they are. Nothing is resized: what does not fit still shows.
    """
    if "mask_token" not in state:
        return state
    named = {name: tensor for name, tensor in state.items() if name != "mask_token"}
    if {"register_tokens", "cls_token", "pos_embed"} <= named.keys():
        # timm has positions for the patches alone, and the class token's in the token.
        positions = named["pos_embed"]
        named["reg_token"] = named.pop("register_tokens")
        named["cls_token"] = named["cls_token"] + positions[:, :1]
        named["pos_embed"] = positions[:, 1:]
    return {
        name.replace(".mlp.w12.", ".mlp.fc1.").replace(".mlp.w3.", ".mlp.fc2."): tensor
        for name, tensor in named.items()
    }


class _OneGrid:
    """Channels and strides, asked for as of timm's feature models."""

    def __init__(self, channels: int, patch: int) -> None:
        self._channels = channels
        self._patch = patch

    def channels(self) -> list[int]:
        return [self._channels] * 2

    def reduction(self) -> list[int]:
        return [self._patch] * 2
