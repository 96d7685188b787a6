"""Commands called in this process, their jobs done in this process too: `tests/e2e` has real ones.

A worker process spends seconds on importing torch; here it is imported once for all tests.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

import inspector.cli.following
from inspector.cli.main import main
from inspector.errors import InspectorError
from inspector.jobs.events import Event
from inspector.jobs.outcome import CANCELLED, DONE, FAILED, JobOutcome, write_outcome
from inspector.jobs.spec import ExportJob, LearnJob, TrainJob, read_job

TINY = (
    "image_size=64",
    "revdist.iterations=3",
    "revdist.batch_size=4",
    "alignment.iterations=4",
    "alignment.batch_size=4",
    "alignment.folds=2",
)


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.out)


class InlineWorker:
    """Does the job of a run folder at once, in this process, as `training.worker` does."""

    started: ClassVar[list[Path]]
    outcome_instead: JobOutcome | None = None
    pid = -1  # no process: it is never alive

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        self.started.append(run_folder)
        self._events: list[Event] = []
        self._outcome = self.outcome_instead or self._work()
        if self._outcome.state != "lost":
            write_outcome(run_folder, self._outcome)

    def _work(self) -> JobOutcome:
        from training.commands import Cancelled
        from training.export_job import export
        from training.learn_job import Learner
        from training.run import Run
        from training.score_job import score
        from training.train_job import train

        run = Run(self.run_folder, self._events.append)
        try:
            job = read_job(self.run_folder)
            if isinstance(job, LearnJob):
                results = Learner().learn(job, run)
            elif isinstance(job, ExportJob):
                results = export(job, run)
            else:
                results = train(job, run) if isinstance(job, TrainJob) else score(job, run)
        except Cancelled:
            return JobOutcome(state=CANCELLED)
        except InspectorError as error:
            return JobOutcome(state=FAILED, message=error.message, hint=error.hint)
        return JobOutcome(state=DONE, results=results)

    def events(self) -> Iterator[Event]:
        yield from self._events

    def wait(self) -> JobOutcome:
        return self._outcome


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> type[InlineWorker]:
    """Takes the place of the worker process; `started` lists the run folders it was given."""

    class Inline(InlineWorker):
        started: ClassVar[list[Path]] = []

    monkeypatch.setattr(inspector.cli.following, "Worker", Inline)
    return Inline


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Calls a command: `call("train", project, "--json")`."""

    def called(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return called


@pytest.fixture
def tiny_settings() -> list[str]:
    """Options of `train` that make it take a second."""
    return ["--device", "cpu", *(argument for pair in TINY for argument in ("--set", pair))]


@pytest.fixture
def project(tmp_path: Path, tiny_project: Any) -> Path:
    """A copy of the trained project, to be changed at will."""
    folder = tmp_path / "project"
    shutil.copytree(tiny_project.folder, folder)
    return folder


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file below a folder, so that "nothing changed" can be said."""

    def read(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(files)
            if not path.name.endswith(("-wal", "-shm"))
        }

    return read
