"""A worker that stays: it keeps a model warm and carries out one run after the other.

Each run has a folder of its own with its job, its events and its outcome, as if a worker had been
started for it alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.spec import LearnJob, ServeRequest, read_job
from training.attempt import EXIT_FAILED, EXIT_INTERRUPTED, EventWriter, carry_out, greet
from training.commands import Cancelled, Commands, Interrupted
from training.learn_job import Learner
from training.run import Run


class _UntilTheNext(Commands):
    """For one run: a newer request cancels it."""

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        self._all = commands

    def check(self) -> None:
        self._all.check()
        if self._all.has_request():
            raise Cancelled


def serve(own_folder: Path, commands: Commands) -> dict[str, Any]:
    """Carries out requests until the parent ends them, which is no failure."""
    learner = Learner()
    served = 0
    while True:
        try:
            request = commands.next_request()
        except Interrupted:
            return {"n_served": served}
        code = _carry_out(request, own_folder, learner, commands)
        if code == EXIT_INTERRUPTED:
            return {"n_served": served}
        if code == EXIT_FAILED:
            learner = Learner()  # whatever it kept, it may be what failed
        served += 1


def _carry_out(request: bytes, own_folder: Path, learner: Learner, commands: Commands) -> int:
    folder = Path(msgspec.json.decode(request, type=ServeRequest).run)
    emit = EventWriter(folder)
    greet(emit)

    def work() -> dict[str, Any]:
        job = read_job(folder)
        if not isinstance(job, LearnJob):
            raise InspectorError(
                "A serving worker only learns at once.", "Start a worker of its own for this job."
            )
        return learner.learn(job, Run(folder, emit, _UntilTheNext(commands)))

    try:
        return carry_out(work, folder, emit, own_folder)
    finally:
        emit.close()
