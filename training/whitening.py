"""Mean and covariance of the errors that a reconstruction makes on normal images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from inspector.engine.whitening import Whitening
from training.features import FeatureSource
from training.run import Run

_BATCH = 16
_MOST = 256  # of a group, spread evenly: a covariance needs no more


@torch.no_grad()
def learn_whitening(
    whitening: Whitening,
    error: Callable[[list[Tensor]], Tensor],
    source: FeatureSource,
    groups: Sequence[Sequence[int]],
    run: Run,
) -> None:
    """Fits in place.

    Args:
        whitening: What learns.
        error: Features of a batch to its errors (B, C, h, w).
        source: Of the features.
        groups: Rows of normal images; every group counts as much as any other.
        run: Asked, batch by batch, whether to go on.
    """
    channels = len(whitening.mean)
    total = torch.zeros(channels, dtype=torch.float64)
    moment = torch.zeros(channels, channels, dtype=torch.float64)
    filled = [rows[:: max(1, -(-len(rows) // _MOST))] for rows in groups if rows]
    for rows in filled:
        for start in range(0, len(rows), _BATCH):
            run.check()
            found = error(source.batch(rows[start : start + _BATCH])).float()
            share = len(found) / (len(rows) * len(filled))
            flat = found.movedim(1, -1).flatten(0, 2)
            total += share * flat.mean(dim=0).cpu().double()
            moment += share * (flat.T @ flat / len(flat)).cpu().double()
    whitening.learn(total, moment - torch.outer(total, total))
