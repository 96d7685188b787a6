"""Measuring which runtime computes a backbone fastest on this machine (`inspector bench`)."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import torch
from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.engine.device import Device
from inspector.engine.folding import fold_batch_norms
from inspector.engine.runtimes import Runner, Unusable, difference_of, make_runner
from inspector.jobs.runtime_choice import (
    TORCH,
    Choice,
    Timing,
    installed_runtimes,
    runtime_version,
    this_machine,
)

_WORTHWHILE = 1.1
"""Torch stays where another runtime is not at least so many times as fast."""

Compute = Callable[[Tensor], list[Tensor]]


def measure(
    backbone: Backbone, size: int, batch: int, repeats: int, tell: Callable[[str], None]
) -> Choice:
    """Times every installed runtime on a backbone, in turns, and chooses.

    Args:
        backbone: On the CPU.
        size: Side of the square input in pixels.
        batch: Images at once.
        repeats: Turns; the median counts.
        tell: Is given a sentence for each runtime that cannot be used.
    """
    runners: dict[str, Runner] = {}
    for name in installed_runtimes():
        if name == TORCH:
            continue
        try:
            runners[name] = make_runner(name, backbone, size)
        except Unusable as error:
            tell(str(error))
    in_torch = _as_scoring_does(backbone, size)
    computes: dict[str, Compute] = {TORCH: lambda images: in_torch.through(in_torch.body, images)}
    computes |= runners
    many = _in_turns(computes, _images(batch, size), repeats)
    single = _in_turns(computes, _images(1, size), repeats)
    measured = [
        Timing(
            runtime=name,
            version=runtime_version(name),
            batch_ms=round(1000 * many[name], 2),
            single_ms=round(1000 * single[name], 2),
            difference=difference_of(runners[name], backbone, size) if name in runners else 0.0,
        )
        for name in computes
    ]
    return Choice(
        runtime=_fastest(many),
        machine=this_machine(),
        image_size=size,
        batch=batch,
        measured=measured,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _as_scoring_does(backbone: Backbone, size: int) -> Backbone:
    """A copy of it, placed and folded."""
    copied = copy.deepcopy(backbone)
    Device("cpu").place(copied)
    probe = _images(1, size)
    fold_batch_norms(copied, lambda: copied.through(copied.body, probe))
    return copied


def _images(count: int, size: int) -> Tensor:
    return torch.rand(count, 3, size, size).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def _in_turns(computes: dict[str, Compute], images: Tensor, repeats: int) -> dict[str, float]:
    """Median seconds of each; in turns, so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in computes}
    for turn in range(repeats + 1):
        for name, compute in computes.items():
            start = time.perf_counter()
            compute(images)
            if turn:  # the first turn warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def _fastest(seconds: dict[str, float]) -> str:
    best = min(seconds, key=lambda name: seconds[name])
    return best if seconds[TORCH] > _WORTHWHILE * seconds[best] else TORCH
