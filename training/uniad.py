"""Fitting UniAD (METHODS section 1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.detectors.uniad import UniAd
from inspector.jobs.parameters import UniAdParameters
from training.distributed import own
from training.features import FeatureSource
from training.fitting import Assignment
from training.run import Run
from training.sampling import batch_rows
from training.whitening import learn_whitening

_WARM_UP_STEPS = 20  # (ours): for the short fits, whose rate is high
_DROP_AT, _DROP = 0.8, 0.1
_METRIC_EVERY = 10
_VALIDATIONS = 8
_SCALE_IMAGES = 64
_BATCH = 16


def fit(detector: UniAd, task: Assignment, run: Run) -> None:
    """Fits in place. AdamW on the mean squared error of what was given back of jittered features.

    Resumable: see `Run.steps`.
    """
    parameters: UniAdParameters = task.parameters
    detector.scale.copy_(_scale(detector, task.source, task.rows))
    optimiser = torch.optim.AdamW(
        detector.parameters(),
        lr=parameters.learning_rate,
        betas=(0.9, 0.999),
        weight_decay=parameters.weight_decay,
    )
    torch.manual_seed(task.seed)
    every = max(1, parameters.iterations // _VALIDATIONS)
    detector.train()
    for step in run.steps(detector, optimiser, task.steps):
        rate = parameters.learning_rate * _schedule(step, parameters.iterations)
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = own(batch_rows(task.rows, parameters.batch_size, step, task.seed))
        features = task.source.batch(chosen)
        with task.device.autocast():
            found = detector.reconstruct(features, parameters.jitter)
        loss = F.mse_loss(found.rebuilt.float(), found.target)
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
    if parameters.whitening:
        learn_whitening(
            detector.whitening,
            lambda features: detector.reconstruct(features).left_over,
            task.source,
            [task.rows],
            run,
        )


@torch.no_grad()
def _scale(detector: UniAd, source: FeatureSource, rows: Sequence[int]) -> Tensor:
    """Root mean square of the features of some of the rows, spread evenly over all."""
    some = rows[:: max(1, len(rows) // _SCALE_IMAGES)][:_SCALE_IMAGES]
    squares = [
        detector.gather(source.batch(some[start : start + _BATCH])).square().mean(dim=(1, 2, 3))
        for start in range(0, len(some), _BATCH)
    ]
    return torch.cat(squares).mean().sqrt()


def _schedule(step: int, iterations: int) -> float:
    """Share of the learning rate: a short warm-up, a plateau, a tenth of it at the end."""
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (_DROP if step >= _DROP_AT * iterations else 1.0)
