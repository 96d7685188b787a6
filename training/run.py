"""A run as its code sees it: stages, progress, metrics, commands and checkpoints."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.events import Event
from training import distributed
from training.batch_statistics import shared_statistics
from training.checkpoints import Checkpoints, Resumable, Training
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
        self._ended_early = False

    def plan(self, *stages: str) -> None:
        """Names all stages in their order, so that each can say "2 of 5"."""
        self._stages = stages

    def begin(self, stage: str, title: str) -> None:
        """A new stage begins."""
        self._stage = stage
        self._ended_early = False
        self._last_progress = 0.0
        self._commands.take_finish_early()  # one meant for the stage before is void
        index = self._stages.index(stage) + 1
        self._emit(
            events.Stage(
                time=time.time(),
                name=stage,
                title=title,
                index=index,
                count=len(self._stages),
                plan=self._stages,
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

    def rescored(
        self, changes: tuple[events.Change, ...], done: int, total: int, current: int
    ) -> None:
        """A portion of images was scored with what was learned at once: see `events.Rescored`."""
        self._emit(
            events.Rescored(
                time=time.time(), changes=changes, done=done, total=total, current=current
            )
        )

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

        Restores model, optimiser and random state where the stage was begun before; see `rounds`.
        """
        yield from self.rounds(Training(model, optimiser), total, "steps")

    def rounds(self, state: Resumable, total: int, unit: str, part: str = "") -> Iterator[int]:
        """The numbers 0 … total − 1 of a stage's work, each to be followed by one round of it.

        Restores the state where this was begun before, saves it from time to time and when
        interrupted, and ends early where the user asks for it. What was complete yields nothing.
        A `Training` is done by all processes of the run, each with its share of the images.

        Args:
            state: What the rounds change.
            total: How many to do.
            unit: What a round is called, for the progress.
            part: Tells one of several loops of the stage from the others.
        """
        name = f"{self._stage}-{part}" if part else self._stage
        number, seed = 0, torch.initial_seed()
        saved = self.checkpoints.load(name)
        if saved is not None:
            number = self._steps_done = int(saved.facts["step"])
            complete = bool(saved.facts["complete"])
            state.unpack(saved, complete=complete)
            if complete:
                self._ended_early |= number < total
                return
        last_saved = time.monotonic()
        with self._paced(state, number, seed) as pace:
            while number < total:
                asked = number > 0 and self._commands.take_finish_early()
                if pace.is_to_end(number, asked=asked):
                    break
                yield number
                number += 1
                try:
                    self.progress(number, total, unit)
                except Interrupted:
                    self._save(name, state, number, complete=False)
                    raise
                if number < total and time.monotonic() - last_saved >= self._checkpoint_seconds:
                    self._save(name, state, number, complete=False)
                    last_saved = time.monotonic()
        self._save(name, state, number, complete=True)
        self._steps_done = number
        self._ended_early |= number < total

    @contextlib.contextmanager
    def _paced(self, state: Resumable, number: int, seed: int) -> Iterator[distributed.Pace]:
        """How the rounds of a state are kept in step with those of the other processes."""
        if not isinstance(state, Training):
            yield distributed.Alone()
            return
        with (
            distributed.together(state, number, seed, self.check) as pace,
            shared_statistics(state.model),
        ):
            yield pace

    def by_first(self, module: torch.nn.Module, work: Callable[[], None]) -> None:
        """Has the first process do what changes a module; the others wait and take over its state.

        They know then, as it does, how far the loops in it came.
        """
        if distributed.is_first():
            work()
        came = distributed.exchange((self._steps_done, self._ended_early), self.check)
        self._steps_done, self._ended_early = came[0]
        distributed.take_over(module)

    def ended_early(self) -> bool:
        """Whether a loop of the present stage was ended before it had done all its rounds."""
        return self._ended_early

    def steps_done(self) -> int:
        """Rounds that the last loop has done, those before a resumption included."""
        return self._steps_done

    def _save(self, name: str, state: Resumable, step: int, *, complete: bool) -> None:
        tensors, facts = state.pack(complete=complete)
        self.checkpoints.save(name, tensors, facts | {"step": step, "complete": complete})
        self._emit(events.Checkpoint(time=time.time(), stage=self._stage, step=step))


class QuietRun(Run):
    """The run as all processes but the first see it: they read its checkpoints and leave nothing.

    Their metrics are those of other images than the first one's; where a fit diverges, the first
    one's does as well.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda event: None)

    def metric(self, name: str, step: int, value: float) -> None:
        """Says nothing."""

    def _save(self, name: str, state: Resumable, step: int, *, complete: bool) -> None:
        """Saves nothing."""
