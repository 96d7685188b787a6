"""One try at a job: what it says goes into its run folder, and so does how it ended."""

from __future__ import annotations

import os
import shutil
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import inspector
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.events import EVENTS_FILE, Event, encode_event
from inspector.jobs.fresh_file import FRESH_FILE
from inspector.jobs.outcome import CANCELLED, DONE, FAILED, JobOutcome, write_outcome
from inspector.jobs.spec import MODEL_FOLDER
from inspector.project.results import (
    CHANGES_FILE,
    CURRENT_FOLDER,
    DESCRIPTORS_FILE,
    EVALUATION_FILE,
    MAPS_FILE,
    RESULTS_FILE,
    remove_portions,
)
from inspector.project.rows_file import part_of
from training.commands import Cancelled, Interrupted

EXIT_DONE, EXIT_FAILED, EXIT_CANCELLED, EXIT_INTERRUPTED = 0, 1, 3, 4


class EventWriter:
    """Writes each event to `events.jsonl` and to the parent, the file first: it is the truth."""

    def __init__(self, run_folder: Path, stream: BinaryIO | None = None) -> None:
        path = run_folder / EVENTS_FILE
        self._resumed = path.exists()
        self._file = path.open("ab", buffering=0)
        if self._resumed:
            self._file.write(b"\n")  # ends a line that a killed worker may have torn
        self._stream = stream

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

    def close(self) -> None:
        """Closes the file: nothing more is to be said."""
        self._file.close()


def greet(emit: EventWriter) -> None:
    """Says that the job has somebody who does it."""
    emit(
        events.Hello(
            time=time.time(), pid=os.getpid(), version=inspector.__version__, resumed=emit.resumed
        )
    )


def carry_out(
    work: Callable[[], dict[str, Any]], run_folder: Path, emit: EventWriter, log_folder: Path
) -> int:
    """Does the work of a job and leaves its outcome. Returns the worker's exit code.

    `log_folder` is the run folder that the worker was started for, where its log lies.
    """
    try:
        results = work()
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
        hint = f"This is a bug in Inspector; the details are in {log_folder / 'worker.log'}."
        emit(events.Failure(time=time.time(), kind="bug", message=message, hint=hint))
        outcome = JobOutcome(state=FAILED, message=message, hint=hint)
        return _end(run_folder, emit, outcome, EXIT_FAILED)
    return _end(run_folder, emit, JobOutcome(state=DONE, results=results), EXIT_DONE)


def _end(run_folder: Path, emit: EventWriter, outcome: JobOutcome, code: int) -> int:
    emit(events.Done(time=time.time(), state=outcome.state))
    write_outcome(run_folder, outcome)
    return code


def _discard(run_folder: Path) -> None:
    from training.checkpoints import Checkpoints

    Checkpoints(run_folder / "checkpoints").clear()
    for folder in (MODEL_FOLDER, CURRENT_FOLDER):
        shutil.rmtree(run_folder / folder, ignore_errors=True)
    remove_portions(run_folder)
    for name in (
        MAPS_FILE,
        DESCRIPTORS_FILE,
        RESULTS_FILE,
        EVALUATION_FILE,
        CHANGES_FILE,
        FRESH_FILE,
    ):
        (run_folder / name).unlink(missing_ok=True)
        part_of(run_folder / name).unlink(missing_ok=True)
