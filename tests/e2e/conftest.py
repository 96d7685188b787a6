"""Real worker processes on a project of sample parts."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inspector.core.files import write_atomically
from inspector.jobs.events import Event, replay
from inspector.jobs.outcome import JobOutcome
from inspector.jobs.process import Worker
from inspector.jobs.spec import JOB_FILE, TrainJob, read_job
from inspector.project.project import Project
from inspector.project.runs import RunRow
from inspector.project.work import Computing, prepare_training

_PATIENCE_S = 240.0  # of a test that waits for a process; a hang must fail, not stay
_PARAMETERS = {
    "image_size": 64,
    "revdist.iterations": 8,
    "revdist.batch_size": 4,
    "alignment.iterations": 60,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}
OnEvent = Callable[[Worker, Event], None]


@dataclass(frozen=True)
class Followed:
    """How one process went."""

    outcome: JobOutcome
    events: list[Event]
    code: int


@contextlib.contextmanager
def _killed_when_late(pid: int) -> Iterator[None]:
    timer = threading.Timer(_PATIENCE_S, os.kill, (pid, 9))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@dataclass(frozen=True)
class Workshop:
    """A project, and what the tests do in it."""

    project: Project
    rows: list[RunRow] = field(default_factory=list)

    def new_training(self, job_changes: dict[str, Any] | None = None, **changes: Any) -> RunRow:
        """A training's run folder with a feature cache of its own, checkpoints every moment."""
        row = prepare_training(
            self.project, "revdist", "quick", _PARAMETERS | changes, Computing("cpu", "float32")
        )
        job = read_job(row.folder)
        assert isinstance(job, TrainJob)
        changed = {"cache": str(row.folder / "cache"), "checkpoint_seconds": 0.05}
        job = msgspec.structs.replace(job, **(changed | (job_changes or {})))
        write_atomically(row.folder / JOB_FILE, msgspec.json.encode(job))
        return row

    def follow(self, row: RunRow, on_event: OnEvent = lambda worker, event: None) -> Followed:
        """Runs the worker of a run folder (again) to its end."""
        worker = Worker(row.folder)
        seen = []
        with _killed_when_late(worker.pid):
            for event in worker.events():
                seen.append(event)
                on_event(worker, event)
            outcome = worker.wait()
        assert "Fatal Python error" not in (row.folder / "worker.log").read_text("utf-8")
        told = list(replay(row.folder))
        assert told[len(told) - len(seen) :] == seen  # the file and the stream agree
        return Followed(outcome, seen, worker._process.returncode)


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Processes that are compared compute with equal numbers of threads."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            patch.setenv(name, "1")
        yield


@pytest.fixture(scope="session")
def workshop(
    tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path, one_thread: None
) -> Iterator[Workshop]:
    """The sample parts in a project; each test makes runs of its own."""
    with Project.create(tmp_path_factory.mktemp("e2e") / "project") as project:
        project.import_folder(tiny_parts)
        yield Workshop(project)


@pytest.fixture(scope="session")
def uninterrupted(workshop: Workshop) -> bytes:
    """The weights of a training that nothing disturbed."""
    row = workshop.new_training()
    followed = workshop.follow(row)
    assert (followed.outcome.state, followed.code) == ("done", 0), followed.outcome
    return (row.folder / "model" / "model.safetensors").read_bytes()
