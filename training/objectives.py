"""What each alignment variant learns from normal images (METHODS section 2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.alignment.base import Aligner, smallest_believable_spread
from inspector.engine.alignment.cada import Cada, CadaB, CadaQ, CadaSigma
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.alignment.regressed import Regressed
from training.normal_statistics import NormalStatistics

_LINEAR_FROM = 1.0  # (ours) SmoothL1's α in units of the targets' spread
_UNKNOWN = -1  # a class of which all images are held out
_LEVELS = (0.5, 0.9)  # of CADA-q's quantiles


def set_class_statistics(
    table: ClassStatistics, statistics: NormalStatistics, class_names: Sequence[str]
) -> None:
    """û_c and γ̂_c of CaDA-A from N normal images and their classes."""
    for index, name in enumerate(table.class_names):
        own = torch.tensor([other == name for other in class_names], device=statistics.u.device)
        if bool(own.any()):
            table.u[index] = statistics.u[own].mean()
            table.gamma[index] = statistics.gamma[own].mean()


class Objective(ABC):
    """Targets and loss of one learned aligner, on N training images.

    Args:
        aligner: Whose scales are set here.
        statistics: Of the training images.
        class_names: Their classes; read by CaDA-B alone.
    """

    def __init__(
        self, aligner: Regressed, statistics: NormalStatistics, class_names: Sequence[str]
    ) -> None:
        self.aligner = aligner

    @abstractmethod
    def targets(self, statistics: NormalStatistics, class_names: Sequence[str]) -> Tensor:
        """What is to be predicted of N images, one row each."""

    @abstractmethod
    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each image, (N,), from outputs (N, k) and rows of `targets`."""


class _Statistics(Objective):
    """SmoothL1 of two statistics of the map."""

    def __init__(
        self, aligner: Regressed, statistics: NormalStatistics, class_names: Sequence[str]
    ) -> None:
        super().__init__(aligner, statistics, class_names)
        aligner.scale_targets(self._raw(statistics))

    @staticmethod
    def _raw(statistics: NormalStatistics) -> Tensor:
        return torch.stack([statistics.u, statistics.gamma], dim=1)

    def targets(self, statistics: NormalStatistics, class_names: Sequence[str]) -> Tensor:
        return self.aligner.standardised(self._raw(statistics))

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        wrong = F.smooth_l1_loss(outputs, targets, beta=_LINEAR_FROM, reduction="none")
        return wrong.sum(dim=1)


class CadaObjective(_Statistics):
    """(û, γ̂): SmoothL1(û, u) + SmoothL1(γ̂, γ)."""


class CadaSigmaObjective(_Statistics):
    """(û, σ̂)."""

    @staticmethod
    def _raw(statistics: NormalStatistics) -> Tensor:
        return torch.stack([statistics.u, statistics.sigma], dim=1)


class CadaQObjective(Objective):
    """Two quantiles of the image score: the pinball loss of each."""

    def __init__(
        self, aligner: Regressed, statistics: NormalStatistics, class_names: Sequence[str]
    ) -> None:
        super().__init__(aligner, statistics, class_names)
        aligner.scale_targets(statistics.score.unsqueeze(1))

    def targets(self, statistics: NormalStatistics, class_names: Sequence[str]) -> Tensor:
        return self.aligner.standardised(statistics.score.unsqueeze(1))

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        assert isinstance(self.aligner, CadaQ)
        levels = torch.tensor(_LEVELS, device=outputs.device)
        above = targets - self.aligner.quantiles(outputs)
        return torch.maximum(levels * above, (levels - 1) * above).sum(dim=1)


class CadaBObjective(Objective):
    """The class: cross-entropy. What it then says of the class is CaDA-A's."""

    def __init__(
        self, aligner: Regressed, statistics: NormalStatistics, class_names: Sequence[str]
    ) -> None:
        super().__init__(aligner, statistics, class_names)
        assert isinstance(aligner, CadaB)
        set_class_statistics(aligner.table, statistics, class_names)
        self._number = {name: index for index, name in enumerate(aligner.table.class_names)}

    def targets(self, statistics: NormalStatistics, class_names: Sequence[str]) -> Tensor:
        numbers = [self._number.get(name, _UNKNOWN) for name in class_names]
        return torch.tensor(numbers, device=statistics.u.device)

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(outputs, targets, reduction="none", ignore_index=_UNKNOWN)


OBJECTIVES: dict[type[Aligner], type[Objective]] = {
    Cada: CadaObjective,
    CadaSigma: CadaSigmaObjective,
    CadaQ: CadaQObjective,
    CadaB: CadaBObjective,
}
"""Of each learned aligner."""


def least_spread(aligner: Aligner, statistics: NormalStatistics) -> float:
    """ε of an aligner from N normal images: half of the smallest spread seen *(ours)*.

    The spread is what γ̂ − û stands for. Of one image's score there is none: CADA-q takes a tenth
    of the spread over all images.
    """
    if isinstance(aligner, CadaQ):
        return max(0.1 * float(statistics.score.std(correction=0)), 1e-6)
    if isinstance(aligner, CadaSigma):
        return smallest_believable_spread(statistics.u, statistics.u + 3 * statistics.sigma)
    return smallest_believable_spread(statistics.u, statistics.gamma)
