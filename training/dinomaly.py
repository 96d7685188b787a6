"""Fitting Dinomaly (METHODS section 1)."""

from __future__ import annotations

import math

import torch

from inspector.engine.detectors.dinomaly import Dinomaly
from inspector.jobs.parameters import DinomalyParameters
from training.distributed import own
from training.fitting import Assignment
from training.mined_cosine import easiest, hard_cosine_loss
from training.run import Run
from training.sampling import batch_rows

_WARM_UP = 0.01  # share of the steps: 100 of the paper's 10 000
_FEWEST_WARM_UP_STEPS = 20  # (ours): as for RevDist
_RISING = 0.1  # share of the steps in which mining reaches its end
_EASY_WEIGHT = 0.1
_METRIC_EVERY = 10
_VALIDATIONS = 8


def fit(detector: Dinomaly, task: Assignment, run: Run) -> None:
    """Fits in place. AdamW with amsgrad on the mined cosine of both groups of blocks.

    The paper's StableAdamW also limits the update of each tensor; torch has none, and the
    gradient's norm, which the paper limits too, keeps steps small by itself *(ours)*.

    Resumable: see `Run.steps`.
    """
    parameters: DinomalyParameters = task.parameters
    detector.bottleneck.dropout = parameters.dropout
    optimiser = torch.optim.AdamW(
        detector.parameters(),
        lr=parameters.learning_rate,
        betas=(0.9, 0.999),
        eps=1e-10,
        weight_decay=parameters.weight_decay,
        amsgrad=True,
    )
    torch.manual_seed(task.seed)
    every = max(1, parameters.iterations // _VALIDATIONS)
    detector.train()
    for step in run.steps(detector, optimiser, task.steps):
        rate = rate_at(step, parameters)
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = own(batch_rows(task.rows, parameters.batch_size, step, task.seed))
        features = task.source.batch(chosen)
        with task.device.autocast():
            groups = detector.decode(features).groups
        limit = easiest(easy_share_at(step, parameters))
        loss = hard_cosine_loss(features, groups, limit, _EASY_WEIGHT) / len(groups)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(detector.parameters(), parameters.gradient_clip)
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, rate)
        if (step + 1) % every == 0:
            detector.eval()
            task.validate(step)
            detector.train()
    detector.eval()


def easy_share_at(step: int, parameters: DinomalyParameters) -> float:
    """The share of easy points: from 0 straight to its end in the first tenth of the iterations."""
    return parameters.easy_share * min(1.0, step / (_RISING * parameters.iterations))


def rate_at(step: int, parameters: DinomalyParameters) -> float:
    """The learning rate: a straight warm-up, then half a cosine down to the final rate."""
    warm_up = max(_FEWEST_WARM_UP_STEPS, round(_WARM_UP * parameters.iterations))
    if step < warm_up:
        return parameters.learning_rate * (step + 1) / warm_up
    passed = (step - warm_up) / max(1, parameters.iterations - warm_up)
    high, low = parameters.learning_rate, parameters.final_rate
    return low + (high - low) * (1 + math.cos(math.pi * passed)) / 2
