"""The text-conditioned VAE that synthesises features of rare classes (METHODS section 4)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LATENT = 64
_WIDTH = 128
_SEED = 4


class Latent(NamedTuple):
    """Mean and log-variance of ẑ, each (B, 64)."""

    mean: Tensor
    log_variance: Tensor

    def draw(self) -> Tensor:
        """A sample of ẑ, through which gradients flow."""
        return self.mean + torch.exp(0.5 * self.log_variance) * torch.randn_like(self.mean)

    def divergence(self) -> Tensor:
        """KL to N(0, 1), averaged over batch and dimensions."""
        variance = self.log_variance.exp()
        return 0.5 * (self.mean.square() + variance - 1 - self.log_variance).mean()


class Synthesis(nn.Module):
    """z → ẑ by two linear layers; [ẑ, t_c] → features by a decoder that mirrors the stages.

    Args:
        source: Channels of z.
        text: C of t_c.
        channels: C of the feature tensor.
    """

    def __init__(self, source: int, text: int, channels: int) -> None:
        super().__init__()
        self.mean = nn.Linear(source, _LATENT)
        self.log_variance = nn.Linear(source, _LATENT)
        self.seed = nn.Linear(_LATENT + text, _WIDTH * _SEED**2)
        self.stages = nn.ModuleList(_stage() for _ in range(3))
        self.leave = nn.Conv2d(_WIDTH, channels, 1)

    def encode(self, z: Tensor) -> Latent:
        """z (B, C_z), standardised, to its latent."""
        return Latent(self.mean(z), self.log_variance(z).clamp(-8, 8))

    def decode(self, latent: Tensor, named: Tensor, grid: tuple[int, int]) -> Tensor:
        """ẑ (B, 64) and t_c (B, C) to features (B, C, h, w); h and w multiples of 4."""
        # Unit vectors have tiny entries; scaled they weigh as much as the latent.
        named = named * named.shape[1] ** 0.5
        x = self.seed(torch.cat([latent, named], dim=1)).view(-1, _WIDTH, _SEED, _SEED)
        for stage, share in zip(self.stages, (4, 2, 1), strict=True):
            size = (grid[0] // share, grid[1] // share)
            x = stage(F.interpolate(x, size=size, mode="bilinear", align_corners=False))
        features: Tensor = self.leave(x)
        return features

    def vary(self, features: Tensor, z: Tensor, named: Tensor) -> Tensor:
        """Synthetic features of the classes named t_c (B, C): real ones moved to a new ẑ ~ N(0, 1).

        The decoder gives what ẑ decides; the details, which no ẑ can hold, are borrowed from the
        real image *(ours)*: without them reconstruction would learn that rare classes are blurred.
        """
        grid = (features.shape[2], features.shape[3])
        known = self.encode(z).mean
        new = self.decode(torch.randn_like(known), named, grid)
        return features + new - self.decode(known, named, grid)


def _stage() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1), nn.GroupNorm(8, _WIDTH), nn.GELU()
    )
