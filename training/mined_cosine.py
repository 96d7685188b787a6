"""Global cosine with hard mining: the loss of ReContrast and Dinomaly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.maps import cosine_distance
from training.distributed import everyones

Limit = Callable[[Tensor], Tensor]
"""Distances of a stage's points (B, h, w) to the distance below which a point is easy, ()."""


def hard_cosine_loss(
    targets: Sequence[Tensor], decoded: Sequence[Tensor], limit: Limit, easy_weight: float = 0.0
) -> Tensor:
    """Sum over the stages of 1 − cosine of the flattened stages, where easy points pull little.

    No gradient reaches the targets. What was decoded at easy points gets `easy_weight` of its
    gradient; the value is that of all points.

    Args:
        targets, decoded: Stages [(B, C_i, h_i, w_i)].
        limit: Tells easy points from hard ones by their own distance 1 − cosine.
        easy_weight: In [0, 1].
    """
    losses = []
    for target, one in zip(targets, decoded, strict=True):
        fixed, free = target.detach().float(), one.float()
        held = free.detach()
        distance = cosine_distance(fixed, held)
        easy = (distance < limit(everyones(distance))).unsqueeze(1)
        mined = torch.where(easy, held + easy_weight * (free - held), free)
        losses.append((1 - F.cosine_similarity(mined.flatten(1), fixed.flatten(1), dim=1)).mean())
    total: Tensor = sum(losses[1:], start=losses[0])
    return total


def above_mean(hardness: float) -> Limit:
    """Mean + hardness · standard deviation of the batch's points.

    Args:
        hardness: α; ReContrast lets it rise from −3 (nearly all points count) to 1.
    """
    return lambda distance: distance.mean() + hardness * distance.std()


def easiest(share: float) -> Limit:
    """What parts the easiest points of the batch, about this share of them, from the others.

    Args:
        share: In [0, 1); Dinomaly lets it rise from 0 (all points count) to 0.9.
    """

    def limit(distance: Tensor) -> Tensor:
        n_hard = max(1, round(distance.numel() * (1 - share)))
        return distance.flatten().topk(n_hard).values[-1]

    return limit
