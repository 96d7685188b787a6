"""Dinomaly: a decoder too forgetful to copy what it has not seen (METHODS section 1).

Reverse distillation over a vision transformer. Three things keep it from giving defects back: a
bottleneck with much dropout, attention that cannot look at single places, and targets that are
means over many blocks, so that no block need be matched exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.maps import cosine_distance, mean_map

_BLOCKS = 8
_HEAD_WIDTH = 64
_HIDDEN = 4
"""Width of the hidden layers, in widths of a token."""
_LOOK_POOLING = 2


class Decoding(NamedTuple):
    """What was decoded of the two groups of blocks, and from what.

    Attributes:
        groups: Like the backbone's maps, shallow first: [(B, C, h, w)] · 2.
        embedding: The bottleneck's output, (B, C, h, w).
    """

    groups: list[Tensor]
    embedding: Tensor


class Dinomaly(Detector):
    """Bottleneck and decoder over the two maps of a `PatchTransformer`.

    The paper's class and register tokens are left out of the decoder *(ours)*: they are of the
    backbone, which gives maps. The descriptor is the bottleneck's output averaged over 2×2 patches
    *(ours)*: aligners average it over the image anyway, and learn four times as fast.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        width = backbone.channels[0]
        self.bottleneck = NoisyBottleneck(width)
        self.decoder = nn.ModuleList(DecoderBlock(width) for _ in range(_BLOCKS))
        self.apply(_initialise)

    @property
    def descriptor_channels(self) -> int:
        return self.backbone.channels[0]

    def decode(self, features: list[Tensor]) -> Decoding:
        """What comes back of the backbone's two maps."""
        check_features(features, self.backbone.channels)
        grid = features[0].shape[-2:]
        fused = torch.stack(features).mean(dim=0)  # of both halves, and so of all blocks
        tokens = self.bottleneck(fused.flatten(2).transpose(1, 2))
        embedding = tokens
        decoded: list[Tensor] = []
        for block in self.decoder:
            tokens = block(tokens)
            decoded.append(tokens)
        decoded.reverse()  # what is decoded last mirrors what was seen first
        half = _BLOCKS // 2
        groups = [torch.stack(group).mean(dim=0) for group in (decoded[:half], decoded[half:])]
        return Decoding([_as_map(group, grid) for group in groups], _as_map(embedding, grid))

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        found = self.decode(features)
        distances = [cosine_distance(*pair) for pair in zip(features, found.groups, strict=True)]
        look = F.avg_pool2d(found.embedding.float(), _LOOK_POOLING)
        return RawPrediction(mean_map(distances, size), look)


class NoisyBottleneck(nn.Module):
    """A two-layer perceptron, token by token (B, N, C), with dropout before and after each layer.

    Attributes:
        dropout: The share of values that are dropped while it learns.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dropout = 0.2
        self.widen = nn.Linear(width, _HIDDEN * width)
        self.narrow = nn.Linear(_HIDDEN * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = F.gelu(self.widen(self._dropped(tokens)))
        return self._dropped(self.narrow(self._dropped(hidden)))

    def _dropped(self, tokens: Tensor) -> Tensor:
        return F.dropout(tokens, self.dropout, self.training)


class DecoderBlock(nn.Module):
    """A transformer block with linear attention, tokens (B, N, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width, eps=1e-8)
        self.attention = LinearAttention(width)
        self.norm_forward = nn.LayerNorm(width, eps=1e-8)
        self.forward_block = nn.Sequential(
            nn.Linear(width, _HIDDEN * width), nn.GELU(), nn.Linear(_HIDDEN * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attention(self.norm_attention(tokens))
        out: Tensor = tokens + self.forward_block(self.norm_forward(tokens))
        return out


class LinearAttention(nn.Module):
    """Self-attention of tokens (B, N, C), as `attend_linearly`; heads of 64 channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._heads = max(1, width // _HEAD_WIDTH)
        self.enter = nn.Linear(width, 3 * width)
        self.leave = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        parts = self.enter(tokens).unflatten(2, (3, self._heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = attend_linearly(*parts.unbind())
        out: Tensor = self.leave(mixed.transpose(1, 2).flatten(2))
        return out


def attend_linearly(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention whose weights are φ(q)·φ(k), φ = ELU + 1, normalised over the keys.

    Without a softmax it cannot focus on few places, and keys and values are summed up first, so
    that it costs as much as there are tokens, not their square.

    Args:
        query, key, value: (..., N, D).
    """
    query, key = F.elu(query) + 1, F.elu(key) + 1
    summary = key.transpose(-2, -1) @ value  # (..., D, D)
    total = query @ key.sum(dim=-2).unsqueeze(-1)  # (..., N, 1)
    return (query @ summary) / total


def _as_map(tokens: Tensor, grid: Sequence[int]) -> Tensor:
    """(B, h·w, C) to (B, C, h, w)."""
    return tokens.transpose(1, 2).reshape(tokens.shape[0], -1, *grid)


def _initialise(module: nn.Module) -> None:
    """Small, without outliers, so that the decoder starts as next to nothing."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.01, a=-0.03, b=0.03)
        nn.init.zeros_(module.bias)
