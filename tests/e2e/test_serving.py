"""A real serving worker: warm, told anew in the middle of its work, killed, left alone."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from inspector.core.files import write_atomically
from inspector.jobs import events
from inspector.jobs.events import replay
from inspector.jobs.outcome import CANCELLED, DONE, LOST, read_outcome
from inspector.jobs.process import Worker
from inspector.jobs.spec import JOB_FILE, ServeJob
from inspector.project.learning import Order, prepare_learning
from inspector.project.project import Project
from inspector.project.results import MAPS_FILE, RESULTS_FILE
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.work import Computing

_PATIENCE_S = 120.0


@pytest.fixture
def project(tiny_dmad: Any, tmp_path: Path, one_thread: None) -> Iterator[Project]:
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    with Project.open(tmp_path / "project") as opened:
        opened.add_defect_type("flaw")
        yield opened


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Worker]:
    folder = tmp_path / "serving"
    folder.mkdir()
    write_atomically(folder / JOB_FILE, msgspec.json.encode(ServeJob()))
    worker = Worker(folder, listen=False)
    yield worker
    if worker.is_running:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()


def prepared(project: Project, area: int, **wishes: Any) -> RunRow:
    mask = np.zeros((64, 64), np.bool_)
    mask[:area, :area] = True
    (flaw,) = project.defect_types()
    project.add_annotation(3, flaw.type_id, mask, "anna", "brush")
    run = prepare_learning(project, project.find_model(), Computing("cpu"), Order(3), **wishes)
    assert run is not None
    return run


def wait(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def has_ended(run: RunRow) -> bool:
    return read_outcome(run.folder).state != LOST


def test_one_worker_serves_one_run_after_the_other(project: Project, serving: Worker) -> None:
    for area in (12, 20, 0):
        run = prepared(project, area)
        serving.request(run.folder)
        wait(lambda run=run: has_ended(run))  # type: ignore[misc]
        outcome = read_outcome(run.folder)
        assert outcome.state == DONE, outcome
        said = list(replay(run.folder))
        assert isinstance(said[0], events.Hello)
        assert said[0].pid == serving.pid
        told = [event for event in said if isinstance(event, events.Rescored)]
        assert (told[0].current, told[-1].done) == (3, 30)
        settle(project, run, outcome)
        model = project.find_model()
        assert {s.run_id for s in project.scores(model.model_id)} == {run.run_id}
    serving.let_go()
    wait(lambda: not serving.is_running)
    assert serving.wait().results == {"n_served": 3}


def test_a_newer_request_stops_the_one_under_way(project: Project, serving: Worker) -> None:
    older, newer = prepared(project, 12), prepared(project, 20)
    serving.request(older.folder)
    serving.request(newer.folder)
    wait(lambda: has_ended(newer))
    assert read_outcome(newer.folder).state == DONE
    # The older one was not begun, or was stopped: half of it is nowhere.
    assert read_outcome(older.folder).state in (CANCELLED, LOST)
    assert not (older.folder / RESULTS_FILE).exists()
    assert not (older.folder / MAPS_FILE).exists()


def test_a_killed_worker_leaves_no_outcome_and_the_run_can_be_done_again(
    project: Project, serving: Worker, tmp_path: Path
) -> None:
    run = prepared(project, 12)
    serving.request(run.folder)
    wait(lambda: any(True for _ in replay(run.folder)))
    os.kill(serving.pid, signal.SIGKILL)
    wait(lambda: not serving.is_running)
    assert read_outcome(run.folder).state == LOST
    before = project.scores(project.find_model().model_id)
    assert run.run_id not in {s.run_id for s in before}
    again = Worker(serving.run_folder, listen=False)
    again.request(run.folder)
    wait(lambda: has_ended(run))
    assert read_outcome(run.folder).state == DONE, read_outcome(run.folder)
    settle(project, run, read_outcome(run.folder))
    again.let_go()
    wait(lambda: not again.is_running)


def test_the_end_of_the_parent_ends_it_in_the_middle_of_its_work(
    project: Project, serving: Worker
) -> None:
    run = prepared(project, 12)
    serving.request(run.folder)
    serving.let_go()
    wait(lambda: not serving.is_running)
    assert read_outcome(run.folder).state in (DONE, LOST)
    if read_outcome(run.folder).state == LOST:
        assert not (run.folder / RESULTS_FILE).exists()


def test_what_is_no_learning_is_refused_and_the_worker_lives_on(
    project: Project, serving: Worker, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    write_atomically(wrong / JOB_FILE, msgspec.json.encode(ServeJob()))
    serving.request(wrong)
    wait(lambda: (wrong / "outcome.json").exists())
    assert "only learns at once" in read_outcome(wrong).message
    run = prepared(project, 12)
    serving.request(run.folder)
    wait(lambda: has_ended(run))
    assert read_outcome(run.folder).state == DONE, read_outcome(run.folder)
