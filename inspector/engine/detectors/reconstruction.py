"""Building blocks that mirror a convolutional encoder: multi-scale bottleneck and decoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inspector.engine.torchvision_operators import ensure_torchvision_imports

ensure_torchvision_imports()

from timm.layers import GELU  # noqa: E402  (takes timm's `inplace`, which nn.GELU does not)
from timm.models._efficientnet_blocks import InvertedResidual  # noqa: E402
from timm.models.resnet import Bottleneck  # noqa: E402


@dataclass(frozen=True, slots=True)
class Mirror:
    """How the decoder mirrors one family of encoders.

    Attributes:
        family: "resnet" or "efficientnet".
        bottleneck_channels: Width of the extra stage at stride 32.
        bottleneck_blocks: Blocks of that stage.
        decoder_blocks: Blocks per decoder stage, coarsest (stride 16) first.
        expansions: Expansion of the inverted residuals per decoder stage; the finest stage is the
            costliest and gets the least *(ours)*. Other families have a fixed one.
    """

    family: str
    bottleneck_channels: int
    bottleneck_blocks: int
    decoder_blocks: tuple[int, int, int]
    expansions: tuple[float, float, float] = (4.0, 4.0, 2.0)


def mirror_of(backbone_name: str, channels: tuple[int, ...]) -> Mirror:
    """The decoder's plan for a backbone, from its family and its stage widths."""
    if "resnet" in backbone_name or "resnext" in backbone_name:
        return Mirror("resnet", 2 * channels[-1], 3, (3, 4, 6))
    if backbone_name.startswith("tf_efficientnet_lite0"):
        return Mirror("efficientnet", 320, 2, (2, 2, 1))
    return Mirror("efficientnet", 2 * channels[-1], 2, (2, 2, 1))


def residual_block(
    family: str,
    channels_in: int,
    channels: int,
    *,
    stride: int = 1,
    activation: type[nn.Module],
    expansion: float = 4.0,
) -> nn.Module:
    """One block of the encoder's kind, (B, C_in, h, w) to (B, C, h/stride, w/stride)."""
    if family == "resnet":
        # Wide bottleneck: inner width is half of the output's, as in wide_resnet50_2.
        shortcut = None
        if stride != 1 or channels_in != channels:
            shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        block: nn.Module = Bottleneck(
            channels_in,
            channels // Bottleneck.expansion,
            stride=stride,
            downsample=shortcut,
            base_width=128,
            act_layer=activation,
        )
        return block
    block = InvertedResidual(
        channels_in, channels, stride=stride, exp_ratio=expansion, act_layer=activation
    )
    return block


class MultiScaleBottleneck(nn.Module):
    """Fuses three stages at the coarsest grid and squeezes them through one more stage.

    Stage maps (B, C_i, H/s_i, W/s_i) at strides 4, 8, 16 become one embedding
    (B, C_b, H/32, W/32). Multi-scale fusion and one-class embedding of RD4AD, section 3.3.
    """

    def __init__(self, channels: tuple[int, ...], mirror: Mirror) -> None:
        super().__init__()
        coarsest = channels[-1]
        self.reduce = nn.ModuleList(
            _strided_path(width, coarsest, len(channels) - 1 - index)
            for index, width in enumerate(channels)
        )
        stage: list[nn.Module] = []
        width = coarsest * len(channels)
        for index in range(mirror.bottleneck_blocks):
            stage.append(
                residual_block(
                    mirror.family,
                    width,
                    mirror.bottleneck_channels,
                    stride=2 if index == 0 else 1,
                    activation=nn.ReLU,
                )
            )
            width = mirror.bottleneck_channels
        self.stage = nn.Sequential(*stage)

    def forward(self, features: list[Tensor]) -> Tensor:
        fused = [reduce(f) for reduce, f in zip(self.reduce, features, strict=True)]
        embedding: Tensor = self.stage(torch.cat(fused, dim=1))
        return embedding


class MirrorDecoder(nn.Module):
    """Embedding (B, C_b, H/32, W/32) back to the three stages' maps, finest first.

    Args:
        channels: Of the stages.
        mirror: The plan.
        heads: Whether a 1×1 convolution ends each stage; not where it gets heads from outside.
    """

    def __init__(self, channels: tuple[int, ...], mirror: Mirror, *, heads: bool = True) -> None:
        super().__init__()
        stages = []
        width = mirror.bottleneck_channels
        for channels_out, depth, expansion in zip(
            reversed(channels), mirror.decoder_blocks, mirror.expansions, strict=True
        ):
            blocks = [
                residual_block(
                    mirror.family, channels_out, channels_out, activation=GELU, expansion=expansion
                )
                for _ in range(depth)
            ]
            if heads:
                blocks.append(nn.Conv2d(channels_out, channels_out, 1))
            stages.append(nn.Sequential(_upsample(width, channels_out), *blocks))
            width = channels_out
        self.stages = nn.ModuleList(stages)

    def forward(self, embedding: Tensor) -> list[Tensor]:
        decoded = []
        for stage in self.stages:
            embedding = stage(embedding)
            decoded.append(embedding)
        return decoded[::-1]


def _strided_path(channels_in: int, channels_out: int, steps: int) -> nn.Module:
    """`steps` stride-2 convolutions, doubling the width until the last one."""
    layers: list[nn.Module] = []
    width = channels_in
    for step in range(steps):
        out = channels_out if step == steps - 1 else min(2 * width, channels_out)
        layers += [
            nn.Conv2d(width, out, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        ]
        width = out
    return nn.Sequential(*layers)


def _upsample(channels_in: int, channels_out: int) -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.GELU(),
    )
