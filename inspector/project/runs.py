"""Runs: one training, scoring or evaluation each, in a numbered folder of its own."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.outcome import OUTCOME_FILE
from inspector.project.database import Database
from inspector.project.paths import RUNS, from_stored, next_number, now
from inspector.project.workers import is_worker_alive


class RunState(StrEnum):
    """running → done | cancelled | failed | lost; lost or failed → running again by resuming."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"


class _Outcome(msgspec.Struct):
    """The one key of `outcome.json` that concerns the project."""

    state: RunState


_OUTCOMES = (RunState.DONE, RunState.CANCELLED, RunState.FAILED)
_RESUMABLE = (RunState.LOST, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the project keeps it.

    Attributes:
        run_id: Its number, which begins its folder's name.
        kind: What is done: "train", "score" and so on; the jobs' names.
        method: Name of the method in the catalogue; may be empty.
        folder: Its folder, absolute.
        state: How far it is.
        created: When it was made.
        finished: When it ended, None while it runs.
        snapshot_id: The images that it works on.
        spec_json: The job as JSON.
        outcome_json: What the worker left as its outcome, None where there is none.
    """

    run_id: int
    kind: str
    method: str
    folder: Path
    state: RunState
    created: str
    finished: str | None
    snapshot_id: int | None
    spec_json: bytes
    outcome_json: bytes | None


def new_run(
    database: Database, kind: str, method: str, spec_json: bytes, snapshot_id: int | None
) -> RunRow:
    """Add a run in state *running* and make its empty folder, such as `runs/0007-revdist`.

    Raises:
        InspectorError: The folder cannot be made or the project cannot be written.
    """
    with database.transaction():
        used = [row["id"] for row in database.rows("SELECT id FROM run")]
        run_id = next_number(database.folder / RUNS, used)
        folder = f"{RUNS}/{run_id:04d}-{_slug(method or kind)}"
        database.run(
            """
            INSERT INTO run (id, kind, method, folder, state, created, snapshot_id, spec_json)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (run_id, kind, method, folder, RunState.RUNNING, now(), snapshot_id, spec_json),
        )
        try:
            (database.folder / folder).mkdir()
        except OSError as error:
            raise InspectorError(
                f"The run folder '{database.folder / folder}' could not be made: "
                f"{error.strerror or error}.",
                "Check that the project folder may be written to and that the disk is not full.",
            ) from error
    return find_run(database, run_id)


def finish_run(
    database: Database, run_id: int, outcome_json: bytes | None, state: RunState
) -> RunRow:
    """Note how a run ended. One that was taken for lost may still report.

    Raises:
        InspectorError: There is no such run, or it has ended already.
    """
    with database.transaction():
        _expect(database, run_id, (RunState.RUNNING, RunState.LOST))
        _finish(database, run_id, outcome_json, state)
    return find_run(database, run_id)


def resume_run(database: Database, run_id: int) -> RunRow:
    """Set a lost or failed run running again, in the same folder.

    Raises:
        InspectorError: There is no such run, it is in another state, or it was lost sight of only
            and its worker is at work.
    """
    with database.transaction():
        _expect(database, run_id, _RESUMABLE)
        run = find_run(database, run_id)
        if run.state is RunState.LOST and is_worker_alive(run.folder):
            raise InspectorError(
                f"Run {run_id} is still being worked on.", "Wait for its end, or cancel it."
            )
        _forget_outcome(run.folder)
        database.run(
            "UPDATE run SET state = ?, finished = NULL, outcome_json = NULL WHERE id = ?",
            (RunState.RUNNING, run_id),
        )
    return find_run(database, run_id)


def mark_lost_runs(database: Database) -> tuple[RunRow, ...]:
    """Settle the runs whose worker is gone; returns those that changed.

    A run that left an outcome is completed from it; one without becomes *lost*. One that was lost
    sight of before its worker had announced itself may have left an outcome since.
    """
    settled = []
    for run in list_runs(database):
        if run.state in (RunState.RUNNING, RunState.LOST) and not is_worker_alive(run.folder):
            outcome, state = _outcome_of(run.folder)
            if state is run.state:
                continue
            with database.transaction():
                _finish(database, run.run_id, outcome, state)
            settled.append(find_run(database, run.run_id))
    return tuple(settled)


def list_runs(database: Database) -> tuple[RunRow, ...]:
    """All runs, oldest first."""
    return tuple(_row(database, row) for row in database.rows("SELECT * FROM run ORDER BY id"))


def find_run(database: Database, run_id: int) -> RunRow:
    """The run with this number.

    Raises:
        InspectorError: There is none.
    """
    row = database.row("SELECT * FROM run WHERE id = ?", (run_id,))
    if row is None:
        raise InspectorError(
            f"The project '{database.folder}' has no run {run_id}.", _there(database)
        )
    return _row(database, row)


def _there(database: Database) -> str:
    (number,) = database.row("SELECT max(id) FROM run") or (None,)
    if number is None:
        return "It has no runs yet."
    return f"Its newest is run {number}."


def _finish(database: Database, run_id: int, outcome: bytes | None, state: RunState) -> None:
    database.run(
        "UPDATE run SET state = ?, finished = ?, outcome_json = ? WHERE id = ?",
        (state, now(), outcome, run_id),
    )


def _expect(database: Database, run_id: int, states: tuple[RunState, ...]) -> None:
    state = find_run(database, run_id).state
    if state not in states:
        raise InspectorError(
            f"Run {run_id} is {state}, not {' or '.join(states)}.", "Start a new run instead."
        )


def _forget_outcome(folder: Path) -> None:
    """Delete the outcome of an earlier try, which would be taken for that of the next one."""
    file = folder / OUTCOME_FILE
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise InspectorError(
            f"'{file}' could not be deleted: {error.strerror or error}.",
            "Close other programs that use the run's folder and try again.",
        ) from error


def _outcome_of(folder: Path) -> tuple[bytes | None, RunState]:
    try:
        outcome = (folder / OUTCOME_FILE).read_bytes()
        state = msgspec.json.decode(outcome, type=_Outcome).state
    except (OSError, msgspec.MsgspecError):
        return None, RunState.LOST
    return (outcome, state) if state in _OUTCOMES else (None, RunState.LOST)


def _slug(name: str) -> str:
    """Lower-case ASCII letters, digits and single hyphens: a name for any file system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "run"


def _row(database: Database, row: sqlite3.Row) -> RunRow:
    return RunRow(
        run_id=row["id"],
        kind=row["kind"],
        method=row["method"],
        folder=from_stored(database.folder, row["folder"]),
        state=RunState(row["state"]),
        created=row["created"],
        finished=row["finished"],
        snapshot_id=row["snapshot_id"],
        spec_json=row["spec_json"],
        outcome_json=row["outcome_json"],
    )
