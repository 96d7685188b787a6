"""How normal patches differ from their nearest neighbours, and filters matched to painted defects.

A defect moves a patch away from its normal neighbour in a direction of its own. Seen through the
spread of normal differences that direction is a matched filter, as target detection in many-channel
images has it, and a handful of painted defects is enough for it *(ours; METHODS section 3 has only
the mapper, which over-fits a handful)*.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from inspector.engine.memory.bank import take_size

NOTABLE = 3.0  # (ours) standard deviations of normal patches from which on a response counts
_SHRINKAGE = 0.3  # (ours) share of the covariance that is the same for all directions
_SAMPLE = 8192  # differences that are kept, at most
_PER_PART = 256  # of each part, at most
_RARE = 0.999  # (ours) share of normal patches below the level


class Spread(nn.Module):
    """Mean, covariance and a sample of normal differences; before `fit`, zero, one and nothing.

    Attributes:
        mean: (C,) float32.
        covariance: (C, C) float32.
        precision: (C, C) float32, its inverse once it is shrunk towards a multiple of one.
        sample: (N, C) float16, some of the differences.
    """

    mean: Tensor
    covariance: Tensor
    precision: Tensor
    sample: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("covariance", torch.eye(channels))
        self.register_buffer("precision", torch.eye(channels))
        self.register_buffer("sample", torch.zeros(0, channels, dtype=torch.float16))
        self.register_load_state_dict_pre_hook(take_size)  # type: ignore[no-untyped-call]

    def fit(self, differences: Iterable[Tensor]) -> None:
        """From differences of normal patches to their nearest bank entries, parts of (n, C)."""
        generator = torch.Generator().manual_seed(0)
        kept = []
        channels = len(self.mean)
        count, total = 0, torch.zeros(channels, dtype=torch.float64)
        squares = torch.zeros(channels, channels, dtype=torch.float64)
        for part in differences:
            count += len(part)
            total += part.sum(dim=0).cpu().double()
            squares += (part.T @ part).cpu().double()
            kept.append(_some(part, _PER_PART, generator).half())
        mean = total / max(1, count)
        covariance = squares / max(1, count) - torch.outer(mean, mean)
        level = covariance.diagonal().mean().clamp_min(1e-12) * torch.eye(channels)
        shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * level
        self.mean.copy_(mean)
        self.covariance.copy_(covariance)
        self.precision.copy_(torch.linalg.inv(shrunk))
        sample = torch.cat(kept) if kept else self.sample[:0]
        self.sample = _some(sample, _SAMPLE, generator).contiguous()

    def filter_for(self, differences: Tensor) -> Tensor:
        """The filter w (C,) matched to a defect, given the differences (n, C) of its patches.

        (d − mean)·w is 0 ± 1 for differences d of normal patches, and large for those that point
        where the defect does.
        """
        direction = self.precision @ (differences.mean(dim=0) - self.mean)
        variance = direction @ self.covariance @ direction
        return direction / variance.clamp_min(1e-12).sqrt()

    def level(self, responses: Tensor) -> float:
        """The response that one normal patch in a thousand has to one of several filters.

        Not below `NOTABLE`. The more filters, the higher: so that they do not flag normal parts.

        Args:
            responses: Of the sample to each filter, (N, K): see `respond_to_sample`.
        """
        if responses.numel() == 0:
            return NOTABLE
        return max(NOTABLE, float(torch.quantile(responses.amax(dim=1), _RARE)))

    def respond_to_sample(self, filters: Tensor) -> Tensor:
        """What filters (K, C) say of the sample, (N, K)."""
        return (self.sample.float() - self.mean) @ filters.T


def _some(rows: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Rows at random: a fixed stride would take few columns of every image's grid."""
    chosen = torch.randperm(len(rows), generator=generator)[:most]
    return rows[chosen.to(rows.device)]
