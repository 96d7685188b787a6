"""Running a worker and showing how far it is: stage, rate, time left, stop early, cancel."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable
from types import FrameType

from rich.progress import Progress, TaskID

from inspector.cli.output import Output
from inspector.cli.progress import progress_bars
from inspector.jobs import events
from inspector.jobs.events import Event
from inspector.jobs.outcome import JobOutcome
from inspector.jobs.process import Worker
from inspector.project.runs import RunRow
from inspector.project.work import TRAIN
from inspector.project.workers import announce_worker

# Names of the stages that learn; the others cannot keep half of what they do.
_CAN_END_EARLY = ("names", "detector", "fold-", "cada", "calibration-")
_AGAIN_SECONDS = 5.0


class _Stages:
    """Shows the stages of a run, one bar each on a terminal, one line each elsewhere."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._console = progress.console
        self._task: TaskID | None = None

    def show(self, event: Event) -> None:
        match event:
            case events.Stage():
                self._finish_bar()
                label = f"{event.index}/{event.count} {event.title}"
                if self._console.is_terminal:
                    self._task = self._progress.add_task(label, total=None, unit="")
                else:
                    self._console.print(label)
            case events.Progress() if self._task is not None:
                self._progress.update(
                    self._task, completed=event.done, total=event.total, unit=event.unit
                )
            case events.Note():
                self._console.print(f"Note: {event.message}", markup=False)

    def _finish_bar(self) -> None:
        if self._task is not None:
            task = self._progress.tasks[self._task]
            self._progress.update(self._task, total=task.total or 1, completed=task.total or 1)


def follow(run: RunRow, output: Output, on_stop: Callable[[], object] | None = None) -> JobOutcome:
    """Starts the worker of a run folder (or resumes it) and waits for its end.

    Ctrl-C ends a stage that learns early and keeps what is learned; a second one soon after it
    cancels the job and discards it, as the first one does with a scoring. Where this process is
    killed, the worker saves a checkpoint and ends.

    With `on_stop`, Ctrl-C calls that and means: save the work of a training, to go on another time,
    and give up any other job.
    """
    worker = Worker(run.folder)
    announce_worker(run.folder, worker.pid)
    console = output.progress_console
    last_asked, learning = -math.inf, False

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last_asked
        again = time.monotonic() - last_asked < _AGAIN_SECONDS
        last_asked = time.monotonic()
        if on_stop is not None:
            on_stop()
            (worker.interrupt if run.kind == TRAIN else worker.cancel)()
            console.print("Stopping; what is done is kept.")
        elif run.kind == TRAIN and not again:
            if learning:
                worker.finish_early()
                console.print("Ending this stage early, keeping what is learned.")
            else:
                console.print("This stage cannot be ended early.")
            console.print(f"Ctrl-C again within {_AGAIN_SECONDS:.0f} s: cancel and discard.")
        else:
            worker.cancel()
            console.print("Cancelling; nothing of this run will be kept.")

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        with progress_bars(output) as progress:
            stages = _Stages(progress)
            for event in worker.events():
                if isinstance(event, events.Stage):
                    learning = event.name.startswith(_CAN_END_EARLY)
                stages.show(event)
        return worker.wait()
    finally:
        signal.signal(signal.SIGINT, previous)
