"""Fitting the aligners on statistics of normal images (METHODS section 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.alignment.base import smallest_believable_spread
from inspector.engine.alignment.cada import Cada
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.jobs.parameters import AlignmentParameters
from training.run import Run
from training.sampling import batch_rows

_METRIC_EVERY = 20
_CHUNK = 64
_GRADIENT_CLIP = 5.0  # (ours): standardised targets may hold outliers
_LINEAR_FROM = 1.0  # (ours) SmoothL1's α in units of the targets' spread


def fit_cada(
    descriptors: Tensor,
    u: Tensor,
    gamma: Tensor,
    parameters: AlignmentParameters,
    run: Run,
    seed: int,
    steps: int,
) -> Cada:
    """The regressor of (û, γ̂) from descriptors (N, C, h, w) and targets (N,), (N,).

    `steps` is how many of the schedule's iterations to do: fewer where the fit that it repeats was
    ended early.

    SGD with momentum on SmoothL1 of both targets; the rate falls to zero along a cosine *(ours)*,
    which makes short fits end quietly.
    """
    torch.manual_seed(seed)
    targets = torch.stack([u, gamma], dim=1)
    aligner = Cada(descriptors.shape[1], dropout=parameters.dropout).to(descriptors.device)
    aligner.standardise(descriptors, targets)
    aligner.minimum_spread.fill_(smallest_believable_spread(u, gamma))
    standardised = (targets - aligner.target_mean) / aligner.target_std
    optimiser = torch.optim.SGD(
        aligner.parameters(), lr=0.0, momentum=0.9, weight_decay=parameters.weight_decay
    )
    rows = range(len(descriptors))
    with torch.no_grad():
        windows = torch.cat(
            [aligner.window_means(chunk) for chunk in torch.split(descriptors, _CHUNK)]
        )
    aligner.train()
    for step in run.steps(aligner, optimiser, steps):
        falling = 0.5 * (1 + math.cos(math.pi * step / parameters.iterations))
        rate = parameters.learning_rate * falling
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = batch_rows(rows, parameters.batch_size, step, seed)
        predicted = aligner(windows[chosen])
        wrong = F.smooth_l1_loss(
            predicted, standardised[chosen], beta=_LINEAR_FROM, reduction="sum"
        )
        loss = wrong / len(chosen)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(aligner.parameters(), _GRADIENT_CLIP)
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, rate)
    return aligner.eval()


def fit_class_statistics(class_names: Sequence[str], u: Tensor, gamma: Tensor) -> ClassStatistics:
    """CaDA-A from one class name and statistics (N,), (N,) per image."""
    names = sorted(set(class_names))
    aligner = ClassStatistics(names)
    for index, name in enumerate(names):
        own = torch.tensor([other == name for other in class_names])
        aligner.u[index] = u.cpu()[own].mean()
        aligner.gamma[index] = gamma.cpu()[own].mean()
    aligner.minimum_spread.fill_(smallest_believable_spread(u, gamma))
    return aligner.to(u.device).eval()
