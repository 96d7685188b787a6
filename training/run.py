"""A run as its code sees it: stages, progress, metrics, commands and checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.events import Event
from training.checkpoints import Checkpoints, pack_training, unpack_model, unpack_optimiser
from training.commands import Commands, Interrupted

_PROGRESS_SECONDS = 0.2

Emit = Callable[[Event], None]


class Run:
    """What a job uses to tell how far it is, to be told to stop, and to be resumable.

    Args:
        folder: The run folder.
        emit: Where events go.
        commands: Where commands come from.
        checkpoint_seconds: Time between checkpoints of a fit.
    """

    def __init__(
        self,
        folder: Path,
        emit: Emit,
        commands: Commands | None = None,
        checkpoint_seconds: float = 20.0,
    ) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self.checkpoints = Checkpoints(folder / "checkpoints")
        self._emit = emit
        self._commands = commands or Commands()
        self._checkpoint_seconds = checkpoint_seconds
        self._stage = ""
        self._stages: tuple[str, ...] = ()
        self._last_progress = 0.0
        self._steps_done = 0

    def plan(self, *stages: str) -> None:
        """Names all stages in their order, so that each can say "2 of 5"."""
        self._stages = stages

    def begin(self, stage: str, title: str) -> None:
        """A new stage begins."""
        self._stage = stage
        self._last_progress = 0.0
        self._commands.take_finish_early()  # one meant for the stage before is void
        index = self._stages.index(stage) + 1
        self._emit(
            events.Stage(
                time=time.time(), name=stage, title=title, index=index, count=len(self._stages)
            )
        )

    def progress(self, done: int, total: int, unit: str) -> None:
        """How far the stage is; also where cancelling takes effect.

        Raises:
            Cancelled, Interrupted: By command.
        """
        self.check()
        now = time.monotonic()
        if done >= total or now - self._last_progress >= _PROGRESS_SECONDS:
            self._last_progress = now
            self._emit(events.Progress(time=time.time(), done=done, total=total, unit=unit))

    def check(self) -> None:
        """Raises Cancelled or Interrupted where that was asked for."""
        self._commands.check()

    def metric(self, name: str, step: int, value: float) -> None:
        """One point of a curve.

        Raises:
            InspectorError: The value is not finite: the fit has diverged.
        """
        if not math.isfinite(value):
            raise InspectorError(
                f"The training diverged at step {step} ({name} is not a number).",
                "Train again with a lower learning rate.",
            )
        self._emit(
            events.Metric(
                time=time.time(), stage=self._stage, name=name, step=step, value=float(value)
            )
        )

    def note(self, message: str) -> None:
        """A sentence for the user and the model card; the same one is said once."""
        if message not in self.notes:
            self.notes.append(message)
            self._emit(events.Note(time=time.time(), message=message))

    def steps(
        self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, total: int
    ) -> Iterator[int]:
        """The step numbers of a fit, 0 … total − 1, each to be followed by one update.

        Restores model, optimiser and random state where the stage was begun before, saves them
        from time to time and when interrupted, and ends early where the user asks for it. A stage
        that was complete yields nothing.
        """
        step = 0
        saved = self.checkpoints.load(self._stage)
        if saved is not None:
            step = self._steps_done = int(saved.facts["step"])
            unpack_model(saved, model)
            if saved.facts["complete"]:
                return
            unpack_optimiser(saved, optimiser)
        last_saved = time.monotonic()
        while step < total and not (step and self._commands.take_finish_early()):
            yield step
            step += 1
            try:
                self.progress(step, total, "steps")
            except Interrupted:
                self._save(model, optimiser, step, complete=False)
                raise
            if step < total and time.monotonic() - last_saved >= self._checkpoint_seconds:
                self._save(model, optimiser, step, complete=False)
                last_saved = time.monotonic()
        self._save(model, optimiser, step, complete=True)
        self._steps_done = step

    def steps_done(self) -> int:
        """Steps that the last fit has done, those before a resumption included."""
        return self._steps_done

    def _save(
        self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, step: int, *, complete: bool
    ) -> None:
        tensors, facts = pack_training(model, optimiser)
        if complete:  # it will never be stepped again: the optimiser's memory is dead weight
            tensors = {name: t for name, t in tensors.items() if name.startswith("model.")}
        self.checkpoints.save(self._stage, tensors, facts | {"step": step, "complete": complete})
        self._emit(events.Checkpoint(time=time.time(), stage=self._stage, step=step))
