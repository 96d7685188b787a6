"""RM and SAD, the two modules that detect (METHODS section 4, phase 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.detectors.uniad import WIDTH, DecoderLayer, EncoderLayer

PATCH = 2
"""P: positions along a patch's side."""

_LAYERS = 2
_GRID = 16


class ReconstructionModule(nn.Module):
    """RM: a transformer over P×P patches that gives normal features back.

    Its layers are UniAD's, but it sees every patch: noise in training and learned queries keep it
    from copying *(ours)*. With the neighbourhood masked it learns far slower.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = nn.Linear(channels * PATCH**2, WIDTH)
        self.rows = nn.Parameter(torch.rand(WIDTH // 2, _GRID))
        self.columns = nn.Parameter(torch.rand(WIDTH // 2, _GRID))
        self.encoder = nn.ModuleList(EncoderLayer() for _ in range(_LAYERS))
        self.decoder = nn.ModuleList(DecoderLayer() for _ in range(_LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.leave = nn.Linear(WIDTH, channels * PATCH**2)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, h, w), standardised, to what normal ones would be, of the same shape."""
        patches = F.pixel_unshuffle(features, PATCH)
        height, width = grid = (patches.shape[2], patches.shape[3])
        mask = torch.ones(height * width, height * width, dtype=torch.bool, device=features.device)
        rows = _stretched(self.rows, height).unsqueeze(2).expand(-1, -1, width)
        columns = _stretched(self.columns, width).unsqueeze(1).expand(-1, height, -1)
        positions = torch.cat([columns, rows]).flatten(1).T.unsqueeze(0)
        memory = self.enter(patches.flatten(2).transpose(1, 2))
        for layer in self.encoder:
            memory = layer(memory, positions, mask)
        out = memory
        for layer in self.decoder:
            out = layer(out, memory, positions, mask, grid)
        rebuilt = self.leave(self.norm(out)).transpose(1, 2).unflatten(2, grid)
        return F.pixel_shuffle(rebuilt, PATCH)


class SemanticModule(nn.Module):
    """SAD: patches in the text space, compared with "a …" and "a broken …".

    Args:
        channels: Of each layer in the feature tensor.
        text: C of the text space.
    """

    def __init__(self, channels: Sequence[int], text: int) -> None:
        super().__init__()
        self._channels = list(channels)
        self.layers = nn.ModuleList(nn.Conv2d(c, text, PATCH, stride=PATCH) for c in channels)

    def forward(self, features: Tensor, normal: Tensor, abnormal: Tensor) -> Tensor:
        """p̂·t_a − p̂·t_n, the logit of being abnormal, of each patch.

        Args:
            features: (B, C, h, w), standardised.
            normal, abnormal: t_n and t_a of each image's class, (B, C_t).

        Returns:
            (B, h / P, w / P).
        """
        parts = torch.split(features, self._channels, dim=1)
        projected = [layer(part) for layer, part in zip(self.layers, parts, strict=True)]
        p = torch.stack(projected).amax(dim=0)
        return torch.einsum("bchw,bc->bhw", p, abnormal - normal)


def _stretched(learned: Tensor, length: int) -> Tensor:
    """A learned (C, 16) at another length."""
    if learned.shape[-1] == length:
        return learned
    longer = F.interpolate(learned.unsqueeze(0), size=length, mode="linear", align_corners=False)
    return longer.squeeze(0)
