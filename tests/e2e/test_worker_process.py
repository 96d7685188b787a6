"""A worker as a process: what it says, how it is told to stop, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.jobs import events
from inspector.jobs.events import Event, Tail, decode_event, replay
from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import OUTCOME_FILE
from inspector.jobs.process import (
    CANCEL,
    COMMANDS_FILE,
    Worker,
    send_command,
    worker_command,
    worker_environment,
)
from inspector.project.runs import RunState
from inspector.project.settling import settle, take_over_finished

WEIGHTS = Path("model", "model.safetensors")

# What a careless library does: prints of all kinds, from Python and past it, early and late.
NOISE = """
import atexit, os, sys
print("noise at start")
atexit.register(lambda: print("noise at exit"))
atexit.register(lambda: os.write(1, b"raw noise at exit\\n"))
class Noisy:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "timm", "training.train_job"):
            print('{"event": "noise", "importing": "%s"}' % name)
            sys.stdout.flush()
            os.write(1, b"raw noise\\n")
            os.write(2, b"noise on stderr\\n")
        return None
sys.meta_path.insert(0, Noisy())
"""

# A package that cannot be imported, in place of one that takes seconds.
BROKEN = 'raise RuntimeError("this is not the torch you know")\n'


@pytest.fixture
def first_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a module before all others of the processes that are started."""

    def put(name: str, source: str) -> None:
        folder = tmp_path / "path"
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(source)
        here = Path(__file__).parents[2]
        monkeypatch.setenv("PYTHONPATH", f"{folder}{';' if sys.platform == 'win32' else ':'}{here}")

    return put


def test_stray_prints_cannot_reach_the_events_and_equal_runs_give_equal_weights(
    workshop: Any, uninterrupted: bytes, first_on_path: Callable[[str, str], None]
) -> None:
    first_on_path("sitecustomize", NOISE)
    row = workshop.new_training()
    with (row.folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            worker_command(row.folder),
            stdin=subprocess.PIPE,  # held open: its end would mean that the parent died
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(worker_environment()),
        )
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        assert process.wait(240) == 0
    assert (row.folder / WEIGHTS).read_bytes() == uninterrupted
    # What was printed before the worker could take hold of stdout is one line; then events.
    assert lines[0] == b"noise at start"
    assert [decode_event(line) for line in lines[1:]] == list(replay(row.folder))
    printed = (row.folder / "worker.log").read_bytes().splitlines()
    for stray in (b"noise at exit", b"raw noise at exit", b"raw noise", b"noise on stderr"):
        assert stray in printed
    assert b'{"event": "noise", "importing": "torch"}' in printed


def test_a_worker_says_hello_before_torch_and_reports_a_bug_whole(
    workshop: Any, first_on_path: Callable[[str, str], None]
) -> None:
    first_on_path("torch", BROKEN)
    row = workshop.new_training()
    followed = workshop.follow(row)
    hello, failure, done = followed.events
    assert isinstance(hello, events.Hello)
    assert not hello.resumed
    assert isinstance(failure, events.Failure)
    assert failure.kind == "bug"
    assert done.state == "failed"
    assert (followed.outcome.state, followed.code) == ("failed", 1)
    assert followed.outcome.message == "RuntimeError: this is not the torch you know"
    assert str(row.folder / "worker.log") in followed.outcome.hint
    log = (row.folder / "worker.log").read_text()
    assert "Traceback (most recent call last)" in log
    assert "this is not the torch you know" in log
    # Nothing of it is lost: once torch is mended, the run can go on.
    assert (row.folder / OUTCOME_FILE).exists()


def test_cancelling_discards(workshop: Any) -> None:
    def cancel(worker: Worker, event: Any) -> None:
        if isinstance(event, events.Checkpoint):
            worker.cancel()

    row = workshop.new_training(**{"revdist.iterations": 5000})
    followed = workshop.follow(row, cancel)
    assert (followed.outcome.state, followed.code) == ("cancelled", 3)
    assert followed.events[-1].state == "cancelled"
    assert not (row.folder / "model").exists()
    assert not (row.folder / "checkpoints").exists()
    before = len(workshop.project.models())
    assert settle(workshop.project, row, followed.outcome) == {}
    assert workshop.project.find_run(row.run_id).state is RunState.CANCELLED
    assert len(workshop.project.models()) == before


def test_finishing_early_keeps_a_model_that_scores(workshop: Any, tiny_parts: Path) -> None:
    def finish(worker: Worker, event: Any) -> None:
        if isinstance(event, events.Progress) and event.unit == "steps" and event.total == 5000:
            worker.finish_early()

    row = workshop.new_training(**{"revdist.iterations": 5000})
    followed = workshop.follow(row, finish)
    assert (followed.outcome.state, followed.code) == ("done", 0)
    model = settle(workshop.project, row, followed.outcome)["model"]
    found = workshop.project.find_model(model)
    card = read_model_card(found.folder)
    assert 1 <= card.steps["detector"] < 5000
    assert any("Stopped early" in note for note in card.notes)
    assert scores_of(found.folder, tiny_parts)


def scores_of(model: Path, parts: Path) -> list[float]:
    """Scores of three images by a saved model, in this process."""
    import torch

    from inspector.core.images import read_for_model
    from inspector.engine.device import Device
    from inspector.engine.model_files import load_model

    pipeline, _ = load_model(model)
    images = sorted(parts.glob("*/test/good/*.png"))[:3]
    batch = torch.stack([torch.from_numpy(read_for_model(path, 64)) for path in images])
    found = pipeline.score(batch.permute(0, 3, 1, 2), ["nut"] * 3, Device("cpu"), ("cada",))
    assert bool(found.scores["cada"].isfinite().all())
    return found.scores["cada"].tolist()


def test_a_worker_whose_parent_died_keeps_its_work(workshop: Any, uninterrupted: bytes) -> None:
    row = workshop.new_training()
    process = subprocess.Popen(
        worker_command(row.folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(worker_environment()),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for line in process.stdout:
        event = decode_event(line)
        if isinstance(event, events.Progress) and event.unit == "steps":
            break
    # The whole parent is gone: nobody listens either.
    process.stdin.close()
    process.stdout.close()
    assert process.wait(240) == 4
    assert not (row.folder / OUTCOME_FILE).exists()
    assert not (row.folder / "model").exists()
    told = list(replay(row.folder))
    assert isinstance(told[-1], events.Done)
    assert told[-1].state == "interrupted"
    assert isinstance(told[-2], events.Checkpoint)
    (lost,) = (r for r in workshop.project.mark_lost_runs() if r.run_id == row.run_id)
    assert lost.state is RunState.LOST

    resumed = workshop.follow(workshop.project.resume_run(row.run_id))
    assert resumed.events[0].resumed
    assert resumed.outcome.state == "done"
    assert (row.folder / WEIGHTS).read_bytes() == uninterrupted


def follow_file(worker: Worker, folder: Path, wanted: type[Event]) -> Event:
    """The first event of this kind, as the file tells it."""
    tail, deadline = Tail(folder), time.monotonic() + 240
    while time.monotonic() < deadline:
        running = worker.is_running
        for event in tail.read():
            if isinstance(event, wanted):
                return event
        assert running, "it ended without that event"
        time.sleep(0.02)
    os.kill(worker.pid, 9)
    raise AssertionError("too late")


@pytest.mark.parametrize("listen", [True, False])
def test_a_detached_worker_goes_on_to_the_end(
    workshop: Any, uninterrupted: bytes, listen: bool
) -> None:
    row = workshop.new_training()
    (row.folder / COMMANDS_FILE).write_bytes(CANCEL)  # of an earlier try
    worker = Worker(row.folder, listen=listen)
    follow_file(worker, row.folder, events.Stage)
    worker.detach()
    done = follow_file(worker, row.folder, events.Done)
    assert isinstance(done, events.Done)
    assert done.state == "done"
    outcome = worker.wait()
    assert outcome.state == "done"
    assert (row.folder / WEIGHTS).read_bytes() == uninterrupted
    assert "Fatal Python error" not in (row.folder / "worker.log").read_text("utf-8")
    # What the next window does.
    settled = workshop.project.mark_lost_runs()
    assert [run.state for run in settled if run.run_id == row.run_id] == [RunState.DONE]
    take_over_finished(workshop.project)
    assert row.run_id in {model.run_id for model in workshop.project.models()}


def test_a_detached_worker_can_be_cancelled(workshop: Any) -> None:
    row = workshop.new_training(**{"revdist.iterations": 100_000})
    worker = Worker(row.folder, listen=False)
    worker.detach()  # before it is up
    follow_file(worker, row.folder, events.Checkpoint)
    send_command(row.folder, CANCEL)
    outcome = worker.wait()
    assert (outcome.state, worker._process.returncode) == ("cancelled", 3)
    assert not (row.folder / "model").exists()
    assert settle(workshop.project, row, outcome) == {}
