"""The one interface of all aligners: descriptor to statistics, statistics to aligned map."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Statistics(NamedTuple):
    """Where an image's normal pixels lie: û, their mean, and γ̂, their maximum; each (B,)."""

    u: Tensor
    gamma: Tensor


class Aligner(nn.Module, ABC):
    """Puts the maps of every class on one scale: normal pixels get mean 0 and maximum about 1.

    Attributes:
        minimum_spread: ε of section 2, the smallest γ̂ − û that is believed.
    """

    minimum_spread: Tensor

    def __init__(self, minimum_spread: float = 1e-6) -> None:
        super().__init__()
        self.register_buffer("minimum_spread", torch.tensor(float(minimum_spread)))

    @abstractmethod
    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        """Statistics for descriptors (B, C, h, w); only CaDA-A looks at `class_names`."""

    def apply_to(self, values: Tensor, statistics: Statistics) -> Tensor:
        """(values − û) / max(γ̂ − û, ε) for maps (B, H, W) or their levels (B, K).

        Within one image the order of the pixels never changes.
        """
        spread = torch.maximum(statistics.gamma - statistics.u, self.minimum_spread)
        shape = (-1,) + (1,) * (values.dim() - 1)
        return (values - statistics.u.view(shape)) / spread.view(shape)


class NoAlignment(Aligner):
    """The raw map as it is: û = 0, γ̂ = 1."""

    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        zeros = torch.zeros(descriptor.shape[0], device=descriptor.device)
        return Statistics(zeros, zeros + 1)


def smallest_believable_spread(u: Tensor, gamma: Tensor) -> float:
    """ε from training statistics (N,): half of the smallest spread seen *(ours)*."""
    return max(0.5 * float((gamma - u).min()), 1e-6)
