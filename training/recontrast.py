"""Fitting ReContrast (METHODS section 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.engine.detectors.recontrast import Contrast, ReContrast
from inspector.jobs.parameters import ReContrastParameters
from training.distributed import own
from training.fitting import Assignment
from training.mined_cosine import above_mean, hard_cosine_loss
from training.run import Run
from training.sampling import batch_rows

_WARM_UP_STEPS = 20  # (ours): as for RevDist
_EASIEST = -3.0  # α in the first step
_RISING = 0.1  # share of the steps in which α reaches its end
_DROP_AT, _DROP = 0.8, 0.2
_METRIC_EVERY = 10
_VALIDATIONS = 8


def fit(detector: ReContrast, task: Assignment, run: Run) -> None:
    """Fits in place. AdamW with amsgrad; the encoder learns at a rate of its own.

    Resumable: see `Run.steps`.
    """
    parameters: ReContrastParameters = task.parameters
    detector.adapts_statistics = parameters.batch_norm == "adapted"
    rates = (parameters.learning_rate, parameters.encoder_rate)
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for n, p in detector.named_parameters() if not _is_encoder(n)]},
            {"params": list(detector.encoder.parameters())},
        ],
        lr=parameters.learning_rate,
        betas=(0.9, 0.999),
        weight_decay=parameters.weight_decay,
        amsgrad=True,
    )
    torch.manual_seed(task.seed)
    every = max(1, parameters.iterations // _VALIDATIONS)
    detector.train()
    for step in run.steps(detector, optimiser, task.steps):
        share = _schedule(step, parameters.iterations)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * share
        chosen = own(batch_rows(task.rows, parameters.batch_size, step, task.seed))
        features = task.source.batch(chosen)
        with task.device.autocast():
            found = detector.contrast(features)
        loss = contrast_loss(found, hardness_at(step, parameters))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, parameters.learning_rate * share)
        if (step + 1) % every == 0:
            detector.eval()
            task.validate(step)
            detector.train()
    detector.eval()


def contrast_loss(found: Contrast, hardness: float) -> Tensor:
    """Global cosine with hard mining, the mean of both directions; `hardness` as `above_mean`'s."""
    limit = above_mean(hardness)
    return (
        hard_cosine_loss(found.frozen, found.as_frozen, limit)
        + hard_cosine_loss(found.adapted, found.as_adapted, limit)
    ) / 2


def hardness_at(step: int, parameters: ReContrastParameters) -> float:
    """α of a step: from −3 straight to its end in the first tenth of the iterations."""
    risen = min(1.0, step / (_RISING * parameters.iterations))
    return _EASIEST + (parameters.hardness - _EASIEST) * risen


def _is_encoder(name: str) -> bool:
    return name.startswith("encoder.")


def _schedule(step: int, iterations: int) -> float:
    """Share of the learning rates: a short warm-up, a plateau, a fifth of it at the end."""
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (_DROP if step >= _DROP_AT * iterations else 1.0)
