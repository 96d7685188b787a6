"""The worker process: one job in its run folder, told about in events, ended by an outcome.

Nothing may write to stdout but the event stream: its descriptor is duplicated, then pointed at
stderr, so that stray prints of any library land in `worker.log`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

from inspector.errors import InspectorError
from inspector.jobs.process import COMMANDS_FILE
from inspector.jobs.spec import ExportJob, Job, LearnJob, ScoreJob, ServeJob, TrainJob, read_job
from inspector.project.workers import announce_worker
from training.attempt import EventWriter, carry_out, greet
from training.commands import Commands


def main(run_folder: Path) -> int:
    """Runs the job of a run folder. Returns the process's exit code."""
    stream = _claim_stdout()
    # Unbuffered: a thread that waits in a buffered read would abort the interpreter at its end.
    stdin = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
    commands = Commands(stdin, run_folder / COMMANDS_FILE)
    announce_worker(run_folder)  # from now on it may be told by that file
    emit = EventWriter(run_folder, stream)
    greet(emit)

    def work() -> dict[str, Any]:
        return _run(read_job(run_folder), run_folder, emit, commands)

    return carry_out(work, run_folder, emit, run_folder)


def _run(job: Job, run_folder: Path, emit: EventWriter, commands: Commands) -> dict[str, Any]:
    # torch comes in here, after the first event: the parent sees a living worker at once.
    import torch

    from training.export_job import export
    from training.learn_job import Learner
    from training.run import Run
    from training.score_job import score
    from training.serving import serve
    from training.train_job import train

    try:
        match job:
            case TrainJob():
                return train(job, Run(run_folder, emit, commands, job.checkpoint_seconds))
            case ScoreJob():
                return score(job, Run(run_folder, emit, commands))
            case ExportJob():
                return export(job, Run(run_folder, emit, commands))
            case LearnJob():
                return Learner().learn(job, Run(run_folder, emit, commands))
            case ServeJob():
                return serve(run_folder, commands)
    except torch.OutOfMemoryError as error:
        raise InspectorError(
            "The device ran out of memory.",
            "Use a smaller image_size or batch_size (--set), or --device cpu.",
        ) from error


def _claim_stdout() -> BinaryIO:
    """The event stream: what stdout was. stdout itself is stderr from now on."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream
