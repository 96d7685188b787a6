"""The worker that stays beside the queue's: it keeps a model warm for what must answer at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.outcome import OUTCOME_FILE
from inspector.jobs.process import Worker
from inspector.jobs.spec import JOB_FILE, ServeJob
from inspector.project.runs import RunRow
from inspector.project.workers import announce_worker

_FOLDER = "serving"


class Serving:
    """Starts the worker when it is first needed, and again after it has ended.

    Its folder lies in the project's cache: what it makes goes into the folders of the runs that it
    is asked for, so nothing of its own is worth keeping.

    Args:
        cache: The project's cache folder.
    """

    def __init__(self, cache: Path) -> None:
        self.folder = cache / _FOLDER
        self._worker: Worker | None = None

    @property
    def is_running(self) -> bool:
        return self._worker is not None and self._worker.is_running

    @property
    def pid(self) -> int | None:
        """Of the worker that was started last."""
        return self._worker.pid if self._worker is not None else None

    def start(self) -> None:
        """Starts it, if it does not run.

        Raises:
            InspectorError: It cannot be started.
        """
        if self.is_running:
            return
        self.stop()
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / OUTCOME_FILE).unlink(missing_ok=True)
            write_atomically(self.folder / JOB_FILE, msgspec.json.encode(ServeJob()))
            self._worker = Worker(self.folder, listen=False)
        except OSError as error:
            raise InspectorError(
                f"The worker could not be started: {error.strerror or error}.",
                "Check the free memory and that the project folder may be written to.",
            ) from error

    def request(self, run: RunRow) -> None:
        """Asks it to carry out a run now, instead of what it does.

        Raises:
            InspectorError: It cannot be started.
        """
        self.start()
        assert self._worker is not None
        announce_worker(run.folder, self._worker.pid)
        self._worker.request(run.folder)

    def stop(self) -> None:
        """Lets it end, by itself and soon; what it was doing is given up."""
        if self._worker is not None:
            self._worker.let_go()
        self._worker = None
