"""`kill -9` at random moments: the resumed training ends with the weights of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from inspector.jobs import events
from inspector.jobs.process import Worker
from inspector.project.runs import RunState
from inspector.project.settling import settle

SEED = 20
STAGES = ("features", "detector", "fold-1", "fold-2", "measure", "cada")
KILLS = 3
LATEST_S = 0.1  # after a stage has begun; what follows the last one takes several times as long


def test_killed_three_times_it_ends_with_the_same_weights(
    workshop: Any, uninterrupted: bytes
) -> None:
    choose = random.Random(SEED)
    moments = sorted(choose.sample(range(len(STAGES)), KILLS))
    row = workshop.new_training()
    for moment in moments:
        stage, delay = STAGES[moment], choose.uniform(0.0, LATEST_S)

        def kill(worker: Worker, event: Any, stage: str = stage, delay: float = delay) -> None:
            if isinstance(event, events.Stage) and event.name == stage:
                time.sleep(delay)
                os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

        killed = workshop.follow(row, kill)
        assert killed.outcome.state == "lost"
        assert "Resume" in killed.outcome.hint
        (lost,) = (r for r in workshop.project.mark_lost_runs() if r.run_id == row.run_id)
        assert lost.state is RunState.LOST
        row = workshop.project.resume_run(row.run_id)

    last = workshop.follow(row)
    assert last.outcome.state == "done"
    assert (row.folder / "model" / "model.safetensors").read_bytes() == uninterrupted
    model = settle(workshop.project, row, last.outcome)["model"]
    folder: Path = workshop.project.find_model(model).folder
    assert (folder / "model.safetensors").read_bytes() == uninterrupted
    # Nothing half-written stays beside what counts.
    assert not [p for p in folder.parent.rglob("*") if p.name.startswith(".")]
