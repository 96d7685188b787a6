"""A training that is small enough to wait for, and one as a worker has left it."""

from __future__ import annotations

from typing import Any

import msgspec

from inspector.gui.jobs.requests import TrainRequest, prepare
from inspector.jobs import events
from inspector.jobs.outcome import JobOutcome
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState

TINY: dict[str, Any] = {
    "image_size": 64,
    "revdist.iterations": 12,
    "revdist.batch_size": 4,
    "alignment.iterations": 20,
    "alignment.batch_size": 4,
}


def add_run(project: Project, state: RunState, *, end: float = 0.5, message: str = "") -> RunRow:
    """A training as one that ran has left it."""
    request = TrainRequest(method="revdist", preset="quick", changes=TINY, device="cpu")
    run = prepare(request, project)
    said: list[events.Event] = [
        events.Hello(time=100, pid=1, version="0"),
        events.Stage(time=101, name="features", title="Computing features", index=1, count=9),
        events.Stage(time=103, name="detector", title="Learning", index=2, count=9),
    ]
    for stage in ("detector", "fold-1"):
        if stage != "detector":
            said.append(events.Stage(time=120, name=stage, title="Holding out", index=3, count=9))
        for step in range(5):
            done = events.Progress(time=104 + step, done=step + 1, total=12, unit="steps")
            loss = events.Metric(time=104, stage=stage, name="loss", step=step, value=5 - step)
            rate = events.Metric(time=104, stage=stage, name="learning_rate", step=step, value=0.1)
            said += [done, loss, rate]
    said.append(events.Metric(time=130, stage="fold-1", name="validation_score", step=4, value=end))
    said.append(events.Note(time=131, message="A note to read."))
    (run.folder / events.EVENTS_FILE).write_bytes(b"".join(map(events.encode_event, said)))
    (run.folder / "worker.log").write_text("what the worker wrote", "utf-8")
    if state is RunState.LOST:
        return project.mark_lost_runs()[-1]
    outcome = JobOutcome(state=state, message=message, hint="Try this.")
    return project.finish_run(run.run_id, msgspec.json.encode(outcome), state)
