"""The worker process: one job in its run folder, told about in events, ended by an outcome.

Nothing may write to stdout but the event stream: its descriptor is duplicated, then pointed at
stderr, so that stray prints of any library land in `worker.log`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import inspector
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.events import EVENTS_FILE, Event, encode_event
from inspector.jobs.outcome import CANCELLED, DONE, FAILED, JobOutcome, write_outcome
from inspector.jobs.process import COMMANDS_FILE
from inspector.jobs.spec import MODEL_FOLDER, Job, ScoreJob, TrainJob, read_job
from inspector.project.results import (
    DESCRIPTORS_FILE,
    EVALUATION_FILE,
    MAPS_FILE,
    RESULTS_FILE,
)
from inspector.project.workers import announce_worker
from training.commands import Cancelled, Commands, Interrupted

EXIT_DONE, EXIT_FAILED, EXIT_CANCELLED, EXIT_INTERRUPTED = 0, 1, 3, 4


class EventWriter:
    """Writes each event to `events.jsonl` and to the parent, the file first: it is the truth."""

    def __init__(self, run_folder: Path, stream: BinaryIO) -> None:
        path = run_folder / EVENTS_FILE
        self._resumed = path.exists()
        self._file = path.open("ab", buffering=0)
        if self._resumed:
            self._file.write(b"\n")  # ends a line that a killed worker may have torn
        self._stream: BinaryIO | None = stream

    @property
    def resumed(self) -> bool:
        return self._resumed

    def __call__(self, event: Event) -> None:
        line = encode_event(event)
        self._file.write(line)
        if self._stream is None:
            return
        try:
            self._stream.write(line)
            self._stream.flush()
        except OSError:
            self._stream = None  # nobody listens any more; stdin's end says what to do


def main(run_folder: Path) -> int:
    """Runs the job of a run folder. Returns the process's exit code."""
    stream = _claim_stdout()
    # Unbuffered: a thread that waits in a buffered read would abort the interpreter at its end.
    stdin = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
    commands = Commands(stdin, run_folder / COMMANDS_FILE)
    announce_worker(run_folder)  # from now on it may be told by that file
    emit = EventWriter(run_folder, stream)
    emit(
        events.Hello(
            time=time.time(),
            pid=os.getpid(),
            version=inspector.__version__,
            resumed=emit.resumed,
        )
    )
    try:
        results = _run(read_job(run_folder), run_folder, emit, commands)
    except Cancelled:
        _discard(run_folder)
        return _end(run_folder, emit, JobOutcome(state=CANCELLED), EXIT_CANCELLED)
    except Interrupted:
        emit(events.Done(time=time.time(), state="interrupted"))
        return EXIT_INTERRUPTED
    except InspectorError as error:
        emit(events.Failure(time=time.time(), kind="user", message=error.message, hint=error.hint))
        outcome = JobOutcome(state=FAILED, message=error.message, hint=error.hint)
        return _end(run_folder, emit, outcome, EXIT_FAILED)
    except Exception as error:  # noqa: BLE001  (a bug: reported whole, never swallowed)
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}"
        hint = f"This is a bug in Inspector; the details are in {run_folder / 'worker.log'}."
        emit(events.Failure(time=time.time(), kind="bug", message=message, hint=hint))
        outcome = JobOutcome(state=FAILED, message=message, hint=hint)
        return _end(run_folder, emit, outcome, EXIT_FAILED)
    return _end(run_folder, emit, JobOutcome(state=DONE, results=results), EXIT_DONE)


def _run(job: Job, run_folder: Path, emit: EventWriter, commands: Commands) -> dict[str, Any]:
    # torch comes in here, after the first event: the parent sees a living worker at once.
    import torch

    from training.run import Run
    from training.score_job import score
    from training.train_job import train

    try:
        match job:
            case TrainJob():
                return train(job, Run(run_folder, emit, commands, job.checkpoint_seconds))
            case ScoreJob():
                return score(job, Run(run_folder, emit, commands))
    except torch.OutOfMemoryError as error:
        raise InspectorError(
            "The device ran out of memory.",
            "Use a smaller image_size or batch_size (--set), or --device cpu.",
        ) from error


def _end(run_folder: Path, emit: EventWriter, outcome: JobOutcome, code: int) -> int:
    emit(events.Done(time=time.time(), state=outcome.state))
    write_outcome(run_folder, outcome)
    return code


def _discard(run_folder: Path) -> None:
    from training.checkpoints import Checkpoints

    Checkpoints(run_folder / "checkpoints").clear()
    shutil.rmtree(run_folder / MODEL_FOLDER, ignore_errors=True)
    for name in (MAPS_FILE, f".{MAPS_FILE}.part", DESCRIPTORS_FILE, RESULTS_FILE, EVALUATION_FILE):
        (run_folder / name).unlink(missing_ok=True)


def _claim_stdout() -> BinaryIO:
    """The event stream: what stdout was. stdout itself is stderr from now on."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream
