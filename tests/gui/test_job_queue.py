"""The queue with real worker processes: it runs, stops, is left and found again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ResumeRequest, ScoreRequest, TrainRequest, prepare
from inspector.gui.session import Session
from inspector.jobs import events
from inspector.jobs.process import Worker
from inspector.project.project import Project
from inspector.project.runs import RunState
from inspector.project.workers import announce_worker, is_worker_alive

_PATIENCE_MS = 180_000
_CHANGES: dict[str, Any] = {
    "image_size": 64,
    "revdist.iterations": 6,
    "revdist.batch_size": 4,
    "alignment.iterations": 20,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}


def request(**changes: Any) -> TrainRequest:
    """A training that takes seconds, or with `endless` one that would take hours."""
    endless = changes.pop("endless", False)
    many = {"revdist.iterations": 200_000} if endless else {}
    return TrainRequest(
        method="revdist",
        preset="quick",
        changes=_CHANGES | many | changes,
        device="cpu",
        precision="float32",
    )


@pytest.fixture
def project(
    session: Session, tmp_path: Path, tiny_parts: Path, qtbot: QtBot, monkeypatch: Any
) -> Iterator[Project]:
    """An open project of sample parts; whatever still runs after the test is killed."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = tmp_path / "project"
    with Project.create(folder) as made:
        made.import_folder(tiny_parts)
    session.open_project(folder)
    assert session.project is not None
    yield session.project
    for run in Path(folder / "runs").iterdir():
        pid = run / "worker.pid"
        if is_worker_alive(run):
            os.kill(int(pid.read_text().split(":")[1].split(",")[0]), signal.SIGTERM)


def learning(job: Job) -> Callable[[], bool]:
    """Whether the detector is being fitted."""
    return lambda: (
        job.stage is not None
        and job.stage.name == "detector"
        and job.progress is not None
        and job.progress.done >= 2
    )


def test_from_a_training_to_scores(session: Session, project: Project, qtbot: QtBot) -> None:
    told: list[Any] = []
    session.jobs.told.connect(lambda job, event: told.append(event))
    job = session.jobs.add(request())
    assert job.state is JobState.STARTING
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_PATIENCE_MS)
    assert (job.state, job.message) == (JobState.DONE, "")
    model = project.find_model()
    assert job.results["model"] == model.name
    assert session.scale.model == model
    assert isinstance(told[0], events.Hello)
    assert any(isinstance(event, events.Metric) for event in told)
    # Scoring and evaluation follow by themselves, in one pass.
    qtbot.waitUntil(
        lambda: session.jobs.current is None and not session.jobs.waiting, timeout=_PATIENCE_MS
    )
    assert [job.state for job in session.jobs.jobs] == [JobState.DONE] * 2
    qtbot.waitUntil(lambda: session.library.scores.n_scored == 30)
    assert (session.library.scores.map_rows >= 0).all()
    assert {run.state for run in project.runs()} == {RunState.DONE}


def test_a_cancelled_job_leaves_nothing(session: Session, project: Project, qtbot: QtBot) -> None:
    job = session.jobs.add(request(endless=True))
    qtbot.waitUntil(learning(job), timeout=_PATIENCE_MS)
    session.jobs.cancel(job)
    assert job.ending == "cancel"
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_PATIENCE_MS)
    assert job.state is JobState.CANCELLED
    assert project.models() == ()


def test_a_killed_worker_can_be_resumed(session: Session, project: Project, qtbot: QtBot) -> None:
    job = session.jobs.add(request(endless=True))
    qtbot.waitUntil(learning(job), timeout=_PATIENCE_MS)
    assert session.jobs._worker is not None
    os.kill(session.jobs._worker.pid, signal.SIGTERM)
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_PATIENCE_MS)
    assert job.state is JobState.LOST
    notice = session.notices.history[-1]
    assert [action.text for action in notice.actions] == ["Resume"]
    notice.actions[0].run()
    again = session.jobs.jobs[-1]
    assert isinstance(again.request, ResumeRequest)
    qtbot.waitUntil(learning(again), timeout=_PATIENCE_MS)
    session.jobs.cancel(again)
    qtbot.waitUntil(lambda: again.state.is_over, timeout=_PATIENCE_MS)
    assert again.state is JobState.CANCELLED


def test_left_running_it_is_found_again(session: Session, project: Project, qtbot: QtBot) -> None:
    job = session.jobs.add(request(endless=True))
    waiting = session.jobs.add(request(seed=1))
    qtbot.waitUntil(learning(job), timeout=_PATIENCE_MS)
    folder = project.folder
    assert job.run is not None
    session.jobs.leave_running()
    session.close_project()
    assert is_worker_alive(job.run.folder)
    session.open_project(folder)
    found = session.jobs.current
    assert found is not None
    assert found.run is not None
    assert found.run.run_id == job.run.run_id
    assert [job.request for job in session.jobs.waiting] == [waiting.request]
    session.jobs.withdraw(session.jobs.waiting[0])
    qtbot.waitUntil(learning(found), timeout=_PATIENCE_MS)
    session.jobs.cancel(found)
    qtbot.waitUntil(lambda: found.state.is_over, timeout=_PATIENCE_MS)
    assert found.state is JobState.CANCELLED


def test_what_cannot_be_done_is_said(session: Session, project: Project, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.jobs.finished):
        job = session.jobs.add(ScoreRequest(model="no such model"))
    assert job.state is JobState.FAILED
    assert "no model" in job.message
    assert session.notices.history[-1].text == job.message


def test_a_job_that_is_cancelled_while_it_is_prepared_leaves_no_lost_run(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    job = session.jobs.add(request(endless=True))
    assert job.state is JobState.STARTING
    session.jobs.cancel(job)
    qtbot.waitUntil(lambda: job.state.is_over)
    assert job.state is JobState.CANCELLED
    assert {run.state for run in project.runs()} <= {RunState.CANCELLED}


def test_two_workers_that_are_found_running_are_followed_one_after_the_other(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    folder, workers = project.folder, []
    for seed in (1, 2):
        row = prepare(request(endless=True, seed=seed), project)
        workers.append(Worker(row.folder, listen=False))
        announce_worker(row.folder, workers[-1].pid)
    session.close_project()
    session.open_project(folder)
    first, second = session.jobs.jobs
    assert session.jobs.current is first
    assert session.jobs.waiting == []
    for job in (first, second):
        qtbot.waitUntil(learning(job), timeout=_PATIENCE_MS)
        session.jobs.cancel(job)
        qtbot.waitUntil(lambda job=job: job.state.is_over, timeout=_PATIENCE_MS)  # type: ignore[misc]
        assert job.state is JobState.CANCELLED
    for worker in workers:
        worker.wait()


def test_a_worker_that_has_not_announced_itself_is_not_taken_for_lost(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    job = session.jobs.add(request(endless=True))
    qtbot.waitUntil(lambda: job.state is JobState.RUNNING, timeout=_PATIENCE_MS)
    assert job.run is not None
    with Project.open(project.folder) as other:  # at once: its interpreter has hardly started
        assert other.find_run(job.run.run_id).state is RunState.RUNNING
    session.jobs.cancel(job)
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_PATIENCE_MS)


def test_what_is_closed_while_it_is_prepared_waits_still(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    folder = project.folder
    job = session.jobs.add(request(endless=True))
    assert job.state is JobState.STARTING
    session.close_project()
    session.background.wait()
    session.open_project(folder)
    qtbot.waitUntil(lambda: bool(session.jobs.jobs))
    again = session.jobs.jobs[-1]
    assert again.request == job.request
    session.jobs.cancel(again)
    qtbot.waitUntil(lambda: again.state.is_over, timeout=_PATIENCE_MS)
