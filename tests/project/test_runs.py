"""Runs: their folders, their states, and what becomes of those whose worker died."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.workers import announce_worker, is_worker_alive


def _start(project: Project, method: str = "revdist") -> RunRow:
    return project.new_run("train", method, b'{"steps": 3}', None)


def _settle(project: Project, run: RunRow) -> RunRow:
    project.mark_lost_runs()
    return project.find_run(run.run_id)


def _worker_file(run: RunRow, pid: int, started: float) -> None:
    (run.folder / "worker.pid").write_text(json.dumps({"pid": pid, "started": started}))


def test_a_new_run_has_a_numbered_folder_and_keeps_its_spec(project: Project) -> None:
    run, second = _start(project), _start(project, "Ünï AD/../v2 ")
    assert run.folder == project.folder / "runs" / "0001-revdist"
    assert run.folder.is_dir()
    assert (run.state, run.spec_json, run.finished) == (RunState.RUNNING, b'{"steps": 3}', None)
    assert second.folder.name == "0002-uni-ad-v2"
    assert project.runs() == (run, second)


def test_a_run_without_method_is_named_after_its_kind(project: Project) -> None:
    assert project.new_run("evaluate", "", b"{}", None).folder.name == "0001-evaluate"


def test_a_folder_left_over_is_never_reused(project: Project) -> None:
    left_over = project.folder / "runs" / "0006-revdist"
    left_over.mkdir()
    (left_over / "outcome.json").write_text('{"state": "done"}')
    assert _start(project).folder.name == "0007-revdist"


def test_a_run_whose_folder_cannot_be_made_is_not_kept(project: Project) -> None:
    (project.folder / "runs").rmdir()
    (project.folder / "runs").write_text("in the way")
    with pytest.raises(InspectorError):
        _start(project)
    assert project.runs() == ()


@pytest.mark.parametrize("state", [RunState.DONE, RunState.CANCELLED, RunState.FAILED])
def test_a_run_ends_once(project: Project, state: RunState) -> None:
    run = _start(project)
    finished = project.finish_run(run.run_id, b'{"a": 1}', state)
    assert (finished.state, finished.outcome_json) == (state, b'{"a": 1}')
    assert finished.finished is not None
    with pytest.raises(InspectorError, match=f"Run 1 is {state}"):
        project.finish_run(run.run_id, None, RunState.FAILED)
    assert project.find_run(run.run_id) == finished


def test_an_unknown_run_is_explained(project: Project) -> None:
    with pytest.raises(InspectorError, match="no run 9"):
        project.finish_run(9, None, RunState.DONE)


def test_opening_marks_a_run_lost_whose_worker_never_announced_itself(project: Project) -> None:
    run = _start(project)
    with Project.open(project.folder) as again:
        assert again.find_run(run.run_id).state is RunState.LOST


def test_a_run_with_a_living_worker_stays_running(project: Project) -> None:
    run = _start(project)
    announce_worker(run.folder)
    assert _settle(project, run).state is RunState.RUNNING


def test_a_killed_worker_is_noticed(project: Project) -> None:
    run = _start(project)
    code = (
        "import sys, time; from pathlib import Path;"
        "from inspector.project.workers import announce_worker;"
        "announce_worker(Path(sys.argv[1])); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run.folder)], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None and worker.stdout.readline() == "up\n"
        assert _settle(project, run).state is RunState.RUNNING
        worker.kill()
        if sys.platform == "linux":  # dead, but its parent has not asked for its exit code yet
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
            assert not is_worker_alive(run.folder)
    assert _settle(project, run).state is RunState.LOST


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to know when a process began")
def test_a_process_that_took_over_the_workers_number_does_not_count(project: Project) -> None:
    run = _start(project)
    _worker_file(run, os.getpid(), started=time.time() - 86400.0)
    assert _settle(project, run).state is RunState.LOST


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to know when a process began")
def test_a_clock_that_is_set_does_not_make_a_worker_dead(project: Project) -> None:
    run = _start(project)
    announce_worker(run.folder)
    file = run.folder / "worker.pid"
    written = json.loads(file.read_text())
    file.write_text(json.dumps(written | {"started": written["started"] - 86400.0}))
    assert is_worker_alive(run.folder)
    file.write_text(json.dumps(written | {"ticks": written["ticks"] - 1}))
    assert not is_worker_alive(run.folder)


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 7, 2**70])
def test_impossible_process_numbers_mean_no_worker(project: Project, pid: int) -> None:
    run = _start(project)
    _worker_file(run, pid, time.time())
    assert not is_worker_alive(run.folder)


@pytest.mark.parametrize("content", ["", "{", '{"pid": "x"}', "[]"])
def test_an_unreadable_worker_file_means_no_worker(project: Project, content: str) -> None:
    run = _start(project)
    (run.folder / "worker.pid").write_text(content)
    assert not is_worker_alive(run.folder)


@pytest.mark.parametrize("state", ["done", "cancelled", "failed"])
def test_an_outcome_completes_a_run_that_nobody_watched(project: Project, state: str) -> None:
    run = _start(project)
    outcome = json.dumps({"state": state, "model": "model", "metrics": {"auroc": 0.9}})
    (run.folder / "outcome.json").write_text(outcome)
    settled = _settle(project, run)
    assert settled.state == state
    assert settled.outcome_json == outcome.encode()
    assert project.mark_lost_runs() == ()


@pytest.mark.parametrize("outcome", ["", "{", "[]", "{}", '{"state": "running"}', '{"state": 1}'])
def test_an_outcome_that_says_nothing_leaves_a_run_lost(project: Project, outcome: str) -> None:
    run = _start(project)
    (run.folder / "outcome.json").write_text(outcome)
    settled = _settle(project, run)
    assert (settled.state, settled.outcome_json) == (RunState.LOST, None)


def test_a_run_taken_for_lost_may_still_report(project: Project) -> None:
    run = _start(project)
    assert _settle(project, run).state is RunState.LOST
    assert project.finish_run(run.run_id, b"{}", RunState.DONE).state is RunState.DONE


def test_lost_and_failed_runs_resume_and_others_do_not(project: Project) -> None:
    lost, failed, done = _start(project), _start(project), _start(project)
    _settle(project, lost)
    (failed.folder / "outcome.json").write_text('{"state": "failed"}')
    project.finish_run(failed.run_id, b'{"state": "failed"}', RunState.FAILED)
    project.finish_run(done.run_id, None, RunState.DONE)
    for run in (lost, failed):
        resumed = project.resume_run(run.run_id)
        assert resumed == run  # running, unfinished, without an outcome
    assert not (failed.folder / "outcome.json").exists()
    for run in (lost, done):
        with pytest.raises(InspectorError, match=r"Run . is (running|done)"):
            project.resume_run(run.run_id)


def test_a_moved_project_finds_its_runs(project: Project, tmp_path: Path) -> None:
    run = _start(project)
    project.close()
    moved = project.folder.rename(tmp_path / "moved")
    with Project.open(moved) as again:
        assert again.find_run(run.run_id).folder == moved / "runs" / "0001-revdist"


def test_a_run_that_was_only_lost_sight_of_is_completed_and_not_resumed_meanwhile(
    project: Project,
) -> None:
    """Its worker had not yet announced itself when another window looked for it."""
    run = _start(project)
    assert _settle(project, run).state is RunState.LOST
    announce_worker(run.folder)  # this process, which lives
    assert _settle(project, run).state is RunState.LOST
    with pytest.raises(InspectorError, match="still being worked on"):
        project.resume_run(run.run_id)
    (run.folder / "worker.pid").unlink()
    (run.folder / "outcome.json").write_bytes(b'{"state": "done"}')
    assert _settle(project, run).state is RunState.DONE
    assert project.mark_lost_runs() == ()
