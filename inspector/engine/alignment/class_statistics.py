"""CaDA-A: statistics per class, for where the class is known at training and inference."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from inspector.engine.alignment.base import Aligner, Statistics


class ClassStatistics(Aligner):
    """û_c: mean over the class's images; γ̂_c: mean of the per-image maxima (section 2).

    A class that was not there at training gets the mean over all classes.
    """

    u: Tensor
    gamma: Tensor

    def __init__(self, class_names: Sequence[str]) -> None:
        super().__init__()
        self.class_names = tuple(class_names)
        self.register_buffer("u", torch.zeros(len(self.class_names)))
        self.register_buffer("gamma", torch.ones(len(self.class_names)))

    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        if class_names is None:
            raise ValueError("CaDA-A needs the class of every image")
        everywhere = len(self.class_names)
        known = {name: index for index, name in enumerate(self.class_names)}
        index = torch.tensor(
            [known.get(name, everywhere) for name in class_names], device=self.u.device
        )
        u = torch.cat([self.u, self.u.mean(0, keepdim=True)])
        gamma = torch.cat([self.gamma, self.gamma.mean(0, keepdim=True)])
        return Statistics(u[index], gamma[index])
