"""Fitting all learned aligners side by side, watched on images that they do not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from inspector.engine.alignment.regressed import Regressed
from inspector.jobs.parameters import AlignmentParameters
from training.checkpoints import Saved
from training.objectives import Objective
from training.run import Run
from training.sampling import batch_rows

_METRIC_EVERY = 20
_CHUNK = 64
_GRADIENT_CLIP = 5.0  # (ours): standardised targets may hold outliers
_AVERAGING = 0.99  # (ours) what an average of the weights keeps of itself in a step
_LOOKS = 100  # at the held-out images


@dataclass(frozen=True, slots=True)
class Examples:
    """Images of which one learned aligner is to predict something.

    Attributes:
        inputs: As `Regressed.inputs` gives them, N rows.
        targets: As `Objective.targets` gives them, N rows.
    """

    inputs: Tensor
    targets: Tensor


@dataclass(slots=True)
class Look:
    """What one aligner said of held-out images after some steps of its fit."""

    steps: int
    outputs: Tensor  # (H, k)
    loss: float  # mean over them


@dataclass(slots=True)
class _Fit:
    """One aligner while it learns.

    Its weights jump about at the paper's constant rate; their running average *(ours)* does not,
    and predicts held-out images better. It is what is kept in the end.
    """

    objective: Objective
    examples: Examples
    optimiser: torch.optim.SGD
    average: Regressed
    looks: list[Look] = field(default_factory=list)

    def step(self, chosen: list[int], number: int) -> float:
        aligner = self.objective.aligner
        outputs = aligner(self.examples.inputs[chosen])
        loss = self.objective.losses(outputs, self.examples.targets[chosen]).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(aligner.parameters(), _GRADIENT_CLIP)
        self.optimiser.step()
        kept = min(_AVERAGING, (1 + number) / (10 + number))  # the start is soon forgotten
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), aligner.parameters(), strict=True):
                mean.lerp_(now, 1 - kept)
        return loss.item()

    @torch.no_grad()
    def look(self, held_out: Examples, steps: int) -> None:
        outputs = self.average(held_out.inputs)
        loss = self.objective.losses(outputs, held_out.targets).mean().item()
        self.looks.append(Look(steps, outputs, loss))


class SideBySide:
    """All learned aligners of one set of images, fitted in one pass.

    Adding or leaving out an aligner changes nothing for the others: every step of each draws its
    dropout from its own seed.

    Args:
        objectives: By variant; their aligners are changed in place.
        examples: By variant.
        parameters: Of the fit.
        seed: Of the order of the images and of the dropout.
    """

    def __init__(
        self,
        objectives: Mapping[str, Objective],
        examples: Mapping[str, Examples],
        parameters: AlignmentParameters,
        seed: int,
    ) -> None:
        self._parameters = parameters
        self._seed = seed
        self._fits = {
            name: _Fit(
                objective,
                examples[name],
                torch.optim.SGD(
                    objective.aligner.train().parameters(),
                    lr=parameters.learning_rate,
                    momentum=0.9,
                    weight_decay=parameters.weight_decay,
                ),
                deepcopy(objective.aligner).eval().requires_grad_(False),
            )
            for name, objective in objectives.items()
        }

    def run(
        self,
        run: Run,
        lengths: Mapping[str, int],
        held_out: Mapping[str, Examples] | None = None,
    ) -> dict[str, list[Look]]:
        """Fits each variant for its number of steps; the aligners are in eval mode then.

        Args:
            run: In a stage of its own.
            lengths: Steps by variant.
            held_out: By variant: what to look at from time to time. None for nothing.

        Returns:
            The looks by variant.
        """
        every = max(1, self._parameters.iterations // _LOOKS)
        rows = range(min(len(fit.examples.inputs) for fit in self._fits.values()))
        for step in run.rounds(self, max(lengths.values()), "steps"):
            chosen = batch_rows(rows, self._parameters.batch_size, step, self._seed)
            for number, (name, fit) in enumerate(self._fits.items()):
                if step >= lengths[name]:
                    continue
                _reseed((self._seed * 1_000_003 + step) * 16 + number, fit.examples.inputs.device)
                loss = fit.step(chosen, step)
                if step % _METRIC_EVERY == 0:
                    run.metric(_curve("loss", name), step, loss)
                if held_out is not None and (step == 0 or (step + 1) % every == 0):
                    fit.look(held_out[name], step + 1)
                    run.metric(_curve("validation_loss", name), step, fit.looks[-1].loss)
        for fit in self._fits.values():
            fit.objective.aligner.load_state_dict(fit.average.state_dict())
            fit.objective.aligner.eval()
        return {name: fit.looks for name, fit in self._fits.items()}

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Resumable`."""
        tensors: dict[str, Tensor] = {}
        facts: dict[str, Any] = {}
        for name, fit in self._fits.items():
            tensors |= {f"{name}.average.{k}": v for k, v in fit.average.state_dict().items()}
            facts[name] = [(look.steps, look.loss) for look in fit.looks]
            if fit.looks:
                tensors[f"{name}.looks"] = torch.stack([look.outputs for look in fit.looks])
            if complete:
                continue
            aligner = fit.objective.aligner
            tensors |= {f"{name}.model.{k}": v for k, v in aligner.state_dict().items()}
            for index, slots in fit.optimiser.state_dict()["state"].items():
                if slots.get("momentum_buffer") is not None:
                    tensors[f"{name}.momentum.{index}"] = slots["momentum_buffer"]
        return tensors, {"looks": facts}

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """See `Resumable`."""
        for name, fit in self._fits.items():
            fit.average.load_state_dict(_under(saved.tensors, f"{name}.average."))
            outputs = saved.tensors.get(f"{name}.looks")
            device = fit.examples.inputs.device
            fit.looks = [
                Look(int(steps), outputs[index].to(device), float(loss))
                for index, (steps, loss) in enumerate(saved.facts["looks"][name])
                if outputs is not None
            ]
            if complete:
                continue
            fit.objective.aligner.load_state_dict(_under(saved.tensors, f"{name}.model."))
            momentum = _under(saved.tensors, f"{name}.momentum.")
            groups = fit.optimiser.state_dict()["param_groups"]
            state = {int(index): {"momentum_buffer": value} for index, value in momentum.items()}
            fit.optimiser.load_state_dict({"state": state, "param_groups": groups})


@torch.no_grad()
def inputs_of(aligner: Regressed, descriptors: Tensor) -> Tensor:
    """What `aligner` reads of descriptors (N, C, h, w)."""
    return torch.cat([aligner.inputs(chunk) for chunk in torch.split(descriptors, _CHUNK)])


def best_lengths(looks: Sequence[Mapping[str, list[Look]]], sizes: Sequence[int]) -> dict[str, int]:
    """The number of steps after which held-out images were predicted best, by variant.

    Args:
        looks: Of each fold, by variant.
        sizes: How many images each fold held out.
    """
    best: dict[str, int] = {}
    for name in looks[0]:
        curves = [{look.steps: look.loss for look in fold[name]} for fold in looks]
        together = set.intersection(*(set(curve) for curve in curves))
        total = {
            steps: sum(curve[steps] * size for curve, size in zip(curves, sizes, strict=True))
            for steps in sorted(together)
        }
        best[name] = min(total, key=lambda steps: total[steps])
    return best


def _reseed(seed: int, device: torch.device) -> None:
    """Seeds the one generator that dropout on this device draws from.

    `torch.manual_seed` seeds those of all devices, and takes milliseconds for it.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def _curve(kind: str, variant: str) -> str:
    """What a curve is called; CADA's needs no more than its kind."""
    return kind if variant == "cada" else f"{kind}_{variant}"


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
