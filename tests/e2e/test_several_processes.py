"""Trainings by two processes: to their end, with one killed, and resumed under `torchrun`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from inspector.jobs import events
from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import read_outcome
from inspector.jobs.process import Worker
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.runs import RunRow
from training.run import Run
from training.train_job import train

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds the processes to kill in /proc"
)


def new_training(workshop: Any, processes: int, cache: Path | None = None) -> RunRow:
    """The detector is that of any other training, the rest as short as can be."""
    changes = {"processes": processes} | ({"cache": str(cache)} if cache else {})
    row: RunRow = workshop.new_training(changes, **{"alignment.iterations": 4})
    return row


def weights_of(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def together(workshop: Any) -> Path:
    """The run of a training by two processes that nothing disturbed."""
    row = new_training(workshop, 2)
    followed = workshop.follow(row)
    assert (followed.outcome.state, followed.code) == ("done", 0), followed.outcome
    assert read_model_card(row.folder / "model").processes == 2
    assert not (row.folder / "worker.log").read_bytes()  # the other one is silent
    return Path(row.folder)


def test_two_processes_learn_nearly_what_one_learns(workshop: Any, together: Path) -> None:
    row = new_training(workshop, 1, together / "cache")
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    train(job, Run(row.folder, lambda event: None))
    found = load(weights_of(together))
    for name, alone in load(weights_of(row.folder)).items():
        if name.startswith("detector."):
            # Adam makes much of rounding where a gradient is next to nothing: of single weights.
            difference = np.linalg.norm((found[name] - alone).astype(float))
            assert difference <= 0.02 * np.linalg.norm(alone.astype(float)) + 1e-6, name


def test_one_killed_ends_the_run_and_torchrun_resumes_it(workshop: Any, together: Path) -> None:
    row = new_training(workshop, 2, together / "cache")

    def kill_other(worker: Worker, event: Any) -> None:
        if isinstance(event, events.Checkpoint) and event.stage == "detector":
            for pid in _children(worker.pid):
                os.kill(pid, signal.SIGKILL)

    killed = workshop.follow(row, kill_other)
    assert (killed.outcome.state, killed.code) == ("failed", 1)
    assert "of the 2 that trained together" in killed.outcome.message
    assert "--resume" in killed.outcome.hint

    (row.folder / "outcome.json").unlink()  # as `resume_run` does
    launcher = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    command = ["--nproc-per-node", "2", "-m", "inspector", "--worker", str(row.folder)]
    resumed = subprocess.run(
        [sys.executable, *launcher, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert resumed.returncode == 0, resumed.stderr.decode()[-3000:]
    assert read_outcome(row.folder).state == "done"
    assert weights_of(row.folder) == weights_of(together)


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
