"""The worker process: one job in its run folder, told about in events, ended by an outcome.

Nothing may write to stdout but the event stream: its descriptor is duplicated, then pointed at
stderr, so that stray prints of any library land in `worker.log`.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from inspector.errors import InspectorError
from inspector.jobs.process import COMMANDS_FILE
from inspector.jobs.spec import ExportJob, Job, LearnJob, ScoreJob, ServeJob, TrainJob, read_job
from inspector.project.workers import announce_worker
from training.attempt import EXIT_DONE, EXIT_FAILED, EventWriter, carry_out, greet
from training.commands import Commands
from training.processes import Others, end_with_first_process, helped, own_place


def main(run_folder: Path) -> int:
    """Runs the job of a run folder. Returns the process's exit code.

    Of several processes of a training this is the first; or, with a rank in the environment, one of
    the others.
    """
    place = own_place()
    if place.rank:
        return _help(run_folder)
    stream = _claim_stdout()
    stdin = None
    if place.size == 1:  # else `torchrun` is the parent, and stdin whatever its own one is
        # Unbuffered: a thread that waits in a buffered read would abort the interpreter at its end.
        stdin = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
    commands = Commands(stdin, run_folder / COMMANDS_FILE)
    announce_worker(run_folder)  # from now on it may be told by that file
    emit = EventWriter(run_folder, stream)
    greet(emit)

    def work() -> dict[str, Any]:
        job = read_job(run_folder)
        # First of all, as they take as long as this process to import torch.
        with helped(run_folder, job.processes if isinstance(job, TrainJob) else 1) as others:
            return _run(job, others, run_folder, emit, commands)

    return carry_out(work, run_folder, emit, run_folder)


def _help(run_folder: Path) -> int:
    """Takes part in a training whose first process another one is. Leaves nothing by itself."""
    _claim_stdout()
    end_with_first_process()
    job = read_job(run_folder)
    if not isinstance(job, TrainJob):
        return EXIT_DONE
    from training.run import QuietRun
    from training.train_job import train

    try:
        with _joined(job, None):
            train(job, QuietRun(run_folder))
    except Exception:  # noqa: BLE001  (told to the first process, which reports it)
        traceback.print_exc()
        return EXIT_FAILED
    return EXIT_DONE


@contextmanager
def _joined(job: TrainJob, others: Others | None) -> Iterator[None]:
    """In the group of the training's processes."""
    from training import distributed

    try:
        with _telling_shortage():
            distributed.join(own_place(), others, job.device)
            yield
    except BaseException as error:
        distributed.leave(error)
        raise
    distributed.leave()


@contextmanager
def _telling_shortage() -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InspectorError(
            "The device ran out of memory.",
            "Use a smaller image_size or batch_size (--set), or --device cpu.",
        ) from error


def _run(
    job: Job, others: Others | None, run_folder: Path, emit: EventWriter, commands: Commands
) -> dict[str, Any]:
    # torch comes in here, after the first event: the parent sees a living worker at once.
    from training.export_job import export
    from training.learn_job import Learner
    from training.run import Run
    from training.score_job import score
    from training.serving import serve
    from training.train_job import train

    with _telling_shortage():
        match job:
            case TrainJob():
                with _joined(job, others):
                    return train(job, Run(run_folder, emit, commands, job.checkpoint_seconds))
            case ScoreJob():
                return score(job, Run(run_folder, emit, commands))
            case ExportJob():
                return export(job, Run(run_folder, emit, commands))
            case LearnJob():
                return Learner().learn(job, Run(run_folder, emit, commands))
            case ServeJob():
                return serve(run_folder, commands)


def _claim_stdout() -> BinaryIO:
    """The event stream: what stdout was. stdout itself is stderr from now on."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream
