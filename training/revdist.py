"""Fitting RevDist (METHODS section 1)."""

from __future__ import annotations

import torch

from inspector.engine.detectors.revdist import RevDist, global_cosine_loss
from inspector.jobs.parameters import RevDistParameters
from training.distributed import own
from training.fitting import Assignment
from training.run import Run
from training.sampling import batch_rows

_WARM_UP_STEPS = 20  # (ours): at 2e-3 the first steps of a fresh decoder otherwise overshoot
_METRIC_EVERY = 10
_VALIDATIONS = 8


def fit(detector: RevDist, task: Assignment, run: Run) -> None:
    """Fits in place. AdamW on the global cosine loss, summed over the stages.

    Resumable: see `Run.steps`.
    """
    parameters: RevDistParameters = task.parameters
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
        rate = parameters.learning_rate * _schedule(step, parameters)
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = own(batch_rows(task.rows, parameters.batch_size, step, task.seed))
        features = task.source.batch(chosen)
        with task.device.autocast():
            _, decoded = detector.reconstruct(features)
        loss = global_cosine_loss(features, decoded)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, rate)
        if (step + 1) % every == 0:
            detector.eval()
            task.validate(step)
            detector.train()
    detector.eval()


def _schedule(step: int, parameters: RevDistParameters) -> float:
    """Share of the learning rate: a short warm-up, a plateau, a straight fall to zero."""
    warm_up = (step + 1) / _WARM_UP_STEPS
    falling = parameters.iterations * (1 - parameters.plateau)
    fall = (parameters.iterations - step) / falling if falling else 1.0
    return min(1.0, warm_up, fall)
