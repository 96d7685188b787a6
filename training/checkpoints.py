"""The state of a fit on disk, so that a killed worker goes on as if nothing had happened.

One file a stage: tensors as safetensors, everything else as JSON in its header, so that the file is
replaced as a whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from inspector.core.files import write_atomically


class Saved(NamedTuple):
    """What was saved of a stage: tensors by name, and the rest."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class Resumable(Protocol):
    """Something that is worked on in rounds and can go on from a checkpoint."""

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and facts; those that only further rounds need are left out of a complete one."""
        ...

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """Puts back what `pack` gave."""
        ...


class Training:
    """A model and its optimiser."""

    def __init__(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> None:
        self.model = model
        self._optimiser = optimiser

    def parameters(self) -> list[torch.nn.Parameter]:
        """What the optimiser changes."""
        return [p for group in self._optimiser.param_groups for p in group["params"]]

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Resumable`."""
        tensors, facts = pack_training(self.model, self._optimiser)
        if complete:  # it will never be stepped again: the optimiser's memory is dead weight
            tensors = {name: t for name, t in tensors.items() if name.startswith("model.")}
        return tensors, facts

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """See `Resumable`."""
        unpack_model(saved, self.model)
        if not complete:
            unpack_optimiser(saved, self._optimiser)


class Checkpoints:
    """The checkpoint folder of one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, stage: str, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Replaces the stage's file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        plain = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
        data = save(plain, metadata={"facts": msgspec.json.encode(facts).decode()})
        write_atomically(self._file(stage), data)

    def load(self, stage: str) -> Saved | None:
        """What was saved last; None where nothing was, or where the file is damaged."""
        try:
            with safe_open(self._file(stage), framework="pt") as file:
                facts = msgspec.json.decode(file.metadata()["facts"])
                return Saved({name: file.get_tensor(name) for name in file.keys()}, facts)  # noqa: SIM118
        except (FileNotFoundError, SafetensorError, KeyError, msgspec.MsgspecError):
            return None

    def clear(self) -> None:
        """Removes all; for a run that is over."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, stage: str) -> Path:
        return self._folder / f"{stage}.safetensors"


def pack_training(
    model: torch.nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Model, optimiser and random number generators as tensors and facts."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    state = optimiser.state_dict()
    for index, slots in state["state"].items():
        for name, value in slots.items():
            if value is not None:
                tensors[f"optimiser.{index}.{name}"] = torch.as_tensor(value)
    tensors["rng.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["rng.cuda"] = torch.cuda.get_rng_state()
    return tensors, {"groups": state["param_groups"]}


def unpack_model(saved: Saved, model: torch.nn.Module) -> None:
    """Puts back the model that `pack_training` took."""
    prefix = "model."
    model.load_state_dict(
        {k.removeprefix(prefix): v for k, v in saved.tensors.items() if k.startswith(prefix)}
    )


def unpack_optimiser(saved: Saved, optimiser: torch.optim.Optimizer) -> None:
    """Puts back the optimiser and the random number generators."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in saved.tensors.items():
        if name.startswith("optimiser."):
            _, index, slot = name.split(".", 2)
            state.setdefault(int(index), {})[slot] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": saved.facts["groups"]})
    torch.set_rng_state(saved.tensors["rng.cpu"])
    if "rng.cuda" in saved.tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(saved.tensors["rng.cuda"])
