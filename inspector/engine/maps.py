"""From feature maps to a score, in the reference's order (METHODS section 0).

Per-scale distance maps → bilinear upsampling → mean over scales → alignment → Gaussian smoothing
→ image score. Alignment shifts a map and stretches it, so with the same result it may be applied to
the smoothed map, or to the means of its highest pixels that image scores are made of (`scorers`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

SMOOTHING_KERNEL = 5
SMOOTHING_SIGMA = 4.0
LARGEST_SHOWN = 256
_SMALLEST = 1e-32  # of what is divided by, squared


def cosine_distance(first: Tensor, second: Tensor) -> Tensor:
    """1 − cosine per position: two (B, C, h, w) to (B, h, w) in [0, 2]."""
    first, second = first.float(), second.float()
    product = (first * second).sum(dim=1)
    squares = first.square().sum(dim=1) * second.square().sum(dim=1)
    return 1 - product / squares.clamp_min(_SMALLEST).sqrt()


def mean_map(scales: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
    """Distance maps [(B, h_i, w_i)] upsampled bilinearly to `size` and averaged: (B, H, W)."""
    total: Tensor | None = None
    for scale in scales:
        one = F.interpolate(scale.unsqueeze(1), size=size, mode="bilinear", align_corners=False)
        total = one if total is None else total.add_(one)
    assert total is not None
    return total.div_(len(scales)).squeeze(1)


def smooth(maps: Tensor) -> Tensor:
    """Gaussian smoothing, 5×5 kernel, σ = 4, mirrored at the border: (B, H, W) to (B, H, W)."""
    radius = SMOOTHING_KERNEL // 2
    offsets = range(-radius, radius + 1)
    weights = [math.exp(-(offset**2) / (2 * SMOOTHING_SIGMA**2)) for offset in offsets]
    kernel = [weight / sum(weights) for weight in weights]
    height, width = int(maps.shape[1]), int(maps.shape[2])
    padded = F.pad(maps.unsqueeze(1), (radius,) * 4, mode="reflect").squeeze(1)
    # Sums of shifted maps: a convolution of one channel takes seven times as long on a CPU.
    rows = padded[:, :height] * kernel[0]
    for start, weight in enumerate(kernel[1:], 1):
        rows.add_(padded[:, start : start + height], alpha=weight)
    smoothed = rows[:, :, :width] * kernel[0]
    for start, weight in enumerate(kernel[1:], 1):
        smoothed.add_(rows[:, :, start : start + width], alpha=weight)
    return smoothed


def image_score(smoothed: Tensor, percent: float = 1.0) -> Tensor:
    """Mean of the top `percent` of the pixels (0: the maximum): (B, H, W) to (B,)."""
    pixels = smoothed.flatten(1)
    count = max(1, math.floor(pixels.shape[1] * percent / 100))
    return pixels.topk(count, dim=1).values.mean(dim=1)


def map_statistics(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """u, γ and σ of section 2: mean, maximum and deviation of unsmoothed maps (B, H, W), (B,)."""
    pixels = maps.flatten(1)
    return pixels.mean(dim=1), pixels.amax(dim=1), pixels.std(dim=1, correction=0)


def for_display(smoothed: Tensor) -> Tensor:
    """Smoothed maps at the finest feature grid, float16: (B, H, W) to (B, H/4, W/4).

    The smoothing has removed what a finer grid could show. Of tiled images the grid is coarser, so
    that no map is stored larger than 256 × 256.
    """
    stride = 4
    while smoothed.shape[-1] // stride > LARGEST_SHOWN:
        stride *= 2
    return F.avg_pool2d(smoothed.unsqueeze(1), stride).squeeze(1).half()
