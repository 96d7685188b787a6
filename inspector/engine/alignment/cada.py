"""CADA and its siblings: no class is known at inference (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.alignment.base import Statistics
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.alignment.regressed import Layers, Regressed

_SIGMAS = 3.0  # γ̂ := û + 3 σ̂


class Cada(Regressed):
    """Regresses (û, γ̂), the mean and the maximum of an image's normal pixels."""

    def __init__(
        self, channels: int, layers: Layers = "conv-2-linear", dropout: float = 0.25
    ) -> None:
        super().__init__(channels, 2, 2, layers, dropout)

    def read(self, outputs: Tensor) -> Statistics:
        predicted = self.in_units(outputs)
        return Statistics(predicted[:, 0], predicted[:, 1])


class CadaSigma(Regressed):
    """CADA-σ: regresses (û, σ̂) and takes γ̂ := û + 3σ̂.

    A maximum is moved by a single defective spot, a deviation hardly: for training folders that
    contain unnoticed defects.
    """

    def __init__(
        self, channels: int, layers: Layers = "conv-2-linear", dropout: float = 0.25
    ) -> None:
        super().__init__(channels, 2, 2, layers, dropout)

    def read(self, outputs: Tensor) -> Statistics:
        predicted = self.in_units(outputs)
        return Statistics(predicted[:, 0], predicted[:, 0] + _SIGMAS * predicted[:, 1])


class CadaQ(Regressed):
    """CADA-q *(ours)*: regresses two quantiles of the image score, its median and a higher one.

    û is the median and γ̂ the higher quantile: aligned, half of the normal images of any look lie
    below 0 and equally many above 1. They cannot cross.
    """

    def __init__(
        self, channels: int, layers: Layers = "conv-2-linear", dropout: float = 0.25
    ) -> None:
        super().__init__(channels, 2, 1, layers, dropout)

    def quantiles(self, outputs: Tensor) -> Tensor:
        """Both quantiles, standardised, (B, 2)."""
        median = outputs[:, :1]
        return torch.cat([median, median + F.softplus(outputs[:, 1:])], dim=1)

    def read(self, outputs: Tensor) -> Statistics:
        predicted = self.in_units(self.quantiles(outputs))
        return Statistics(predicted[:, 0], predicted[:, 1])


class CadaB(Regressed):
    """CaDA-B: a classifier picks the class, whose statistics are those of CaDA-A.

    Classes are known at training only.
    """

    def __init__(
        self,
        class_names: Sequence[str],
        channels: int,
        layers: Layers = "conv-2-linear",
        dropout: float = 0.25,
    ) -> None:
        super().__init__(channels, len(class_names), 0, layers, dropout)
        self.table = ClassStatistics(class_names)

    def read(self, outputs: Tensor) -> Statistics:
        found = outputs.argmax(dim=1)
        return Statistics(self.table.u[found], self.table.gamma[found])
