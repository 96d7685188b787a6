"""Image scorers: one number of a smoothed map. The top percentage, its maximum, or a fitted one.

A scorer first takes a few *levels* of a map, means of its highest pixels. Where a map is shifted
and stretched, so are its levels; so they are taken once of the raw map, and each alignment variant
is applied to them instead of to the map. The image score is then made of the aligned levels.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import assert_never

import torch
from torch import Tensor, nn

from inspector.engine.maps import image_score
from inspector.jobs.parameters import ImageScorer

SHARES = (0.02, 0.2, 1.0, 5.0, 20.0, 100.0)
"""Percentages of a map's pixels, the highest first, whose means the fitted scorer looks at
*(ours)*: from a scratch to a change of the whole image."""


class Scorer(nn.Module, ABC):
    """Image scores of maps."""

    @abstractmethod
    def levels(self, smoothed: Tensor) -> Tensor:
        """Of smoothed maps (B, H, W) the levels (B, K), K ≥ 1.

        The first is by itself an image score: what CADA-q learns to predict. For a > 0 the levels
        of a·map + b are a·levels + b, and no level falls where a pixel rises.
        """

    @abstractmethod
    def score(self, levels: Tensor, variant: str) -> Tensor:
        """Image scores (B,) of the levels (B, K) that an alignment variant has aligned."""


class TopScorer(Scorer):
    """The mean of the top percentage of the pixels, in every variant alike.

    Args:
        percent: The percentage; 0 for the maximum.
    """

    def __init__(self, percent: float = 1.0) -> None:
        super().__init__()
        self.percent = percent

    def levels(self, smoothed: Tensor) -> Tensor:
        return image_score(smoothed, self.percent).unsqueeze(1)

    def score(self, levels: Tensor, variant: str) -> Tensor:
        return levels[:, 0]


class FittedScorer(Scorer):
    """How far a map lies above normal maps, whether at its peak, in a spot, or all over *(ours)*.

    A map is described by `SHARES`, each in standard deviations above its mean over normal maps: z.
    The distance is the largest number of standard deviations by which any mix of them, with weights
    λ ≥ 0, lies above its mean: max λᵀz / √(λᵀRλ), R their shrunk correlation. So every image is
    judged by the mix that tells most of it, and many levels that are raised a little count for as
    much as they should, as R knows which of them rise together anyway.

    This is the Mahalanobis distance to the nearest map that is nowhere above the normal one. Why
    one-sided: a map that is calmer than most has no defect; and since no weight is negative, the
    score never falls where a pixel rises. (With weights of any sign, the two-sided distance, it was
    clearly worse on real parts.) Where all of z is negative it is the largest of them, so that calm
    images are in order, too.

    It is given in the unit of maps: as that mean of the top `percent` that lies as many deviations
    above its own mean. So scores and pixels stay on one scale.

    Args:
        variants: The alignment variants; what is normal is learned of each.
        percent: Of the first level.
    """

    def __init__(self, variants: Iterable[str], percent: float = 1.0) -> None:
        super().__init__()
        self.percent = percent
        self.normal = nn.ModuleDict({name: _NormalLevels() for name in variants})

    def levels(self, smoothed: Tensor) -> Tensor:
        return torch.cat([image_score(smoothed, self.percent).unsqueeze(1), _shares(smoothed)], 1)

    def set_normal(
        self, variant: str, mean: Tensor, deviation: Tensor, correlation: Tensor
    ) -> None:
        """Tells what is normal: (1 + K,) and (1 + K,) of the levels, (K, K) of the shares."""
        normal = self._of(variant)
        normal.mean.copy_(mean)
        normal.deviation.copy_(deviation)
        normal.mixes.copy_(_mixes(correlation))

    def score(self, levels: Tensor, variant: str) -> Tensor:
        normal = self._of(variant)
        above = (levels - normal.mean) / normal.deviation
        distance = _distance(above[:, 1:], normal.mixes)
        return normal.mean[0] + normal.deviation[0] * distance

    def _of(self, variant: str) -> _NormalLevels:
        found = self.normal[variant]
        assert isinstance(found, _NormalLevels)
        return found


class _NormalLevels(nn.Module):
    """What one variant's levels of normal maps are.

    Attributes:
        mean, deviation: (1 + K,), of the first level and of the shares.
        mixes: (S, K, K), of every set of shares the inverse of its correlations, else 0.
    """

    mean: Tensor
    deviation: Tensor
    mixes: Tensor

    def __init__(self) -> None:
        super().__init__()
        count = len(SHARES)
        self.register_buffer("mean", torch.zeros(1 + count))
        self.register_buffer("deviation", torch.ones(1 + count))
        self.register_buffer("mixes", torch.zeros(2**count - 1, count, count))


def build_scorer(name: ImageScorer, percent: float, variants: Iterable[str]) -> Scorer:
    """A scorer by its name in parameters and model cards; a fitted one is to be filled."""
    match name:
        case "top":
            return TopScorer(percent)
        case "max":
            return TopScorer(0)
        case "fitted":
            return FittedScorer(variants, percent)
    assert_never(name)


def _shares(smoothed: Tensor) -> Tensor:
    """The means of the `SHARES` of maps (B, H, W): (B, K)."""
    pixels = smoothed.flatten(1)
    total = pixels.shape[1]
    counts = [max(1, math.floor(total * share / 100)) for share in SHARES[:-1]]
    highest = pixels.topk(counts[-1], dim=1).values  # descending
    means = [highest[:, :count].mean(dim=1) for count in counts]
    return torch.stack([*means, pixels.mean(dim=1)], dim=1)


def _mixes(correlation: Tensor) -> Tensor:
    """Of every set of shares the inverse of its part of R (K, K), zeros around it: (S, K, K)."""
    count = len(correlation)
    exact = correlation.cpu().double()  # some GPUs have no doubles
    found = []
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            rows = torch.tensor(chosen)
            inverse = torch.zeros_like(exact)
            inverse[rows[:, None], rows] = torch.linalg.inv(exact[rows[:, None], rows])
            found.append(inverse)
    return torch.stack(found)


def _distance(above: Tensor, mixes: Tensor) -> Tensor:
    """max over λ ≥ 0 of λᵀz / √(λᵀRλ), for z (B, K): (B,).

    Where it is positive, λ is R⁻¹z on the shares that it mixes, and 0 elsewhere: so it is among the
    sets of shares on which that is nowhere negative, and there it is √(zᵀR⁻¹z). With six shares all
    63 are looked at, which is exact, and one product of matrices in any runtime.
    """
    sets, count, _ = mixes.shape
    weights = above @ mixes.permute(2, 0, 1).reshape(count, sets * count)
    weights = weights.view(-1, sets, count)
    squares = (weights * above.unsqueeze(1)).sum(dim=2)
    possible = weights.amin(dim=2) >= 0
    mixed = torch.where(possible, squares, torch.zeros_like(squares)).amax(dim=1)
    alone = above.amax(dim=1)
    return torch.where(alone > 0, mixed.clamp_min(0).sqrt(), alone)
