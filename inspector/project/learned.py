"""Taking over what was learned at once, and clearing away what newer learning has replaced."""

from __future__ import annotations

import shutil

from inspector.jobs.fresh_file import FRESH_FILE, write_fresh
from inspector.project.database import Database
from inspector.project.models import ModelRow
from inspector.project.paths import from_stored
from inspector.project.results import read_results
from inspector.project.runs import RunRow, RunState, list_runs
from inspector.project.scores import save_scores
from inspector.project.workers import is_worker_alive

LEARN = "learn"
"""What such a run is called; see `work`."""

_KEPT = 2
"""Runs that stay though others have replaced their scores: somebody may be looking at a map."""


def take_over_learning(database: Database, run: RunRow, model: ModelRow) -> None:
    """Makes what a run has learned at once the model's, and stores its scores.

    The file comes first: where this is torn between the two it is done again when the project is
    opened, as the scores are older than the run.

    Raises:
        InspectorError: A file cannot be read or written.
    """
    assert run.snapshot_id is not None
    scored = read_results(run.folder).scored
    file = run.folder / FRESH_FILE
    write_fresh(model.folder, file.read_bytes() if file.exists() else None)
    save_scores(database, model.model_id, run.snapshot_id, scored, run.run_id)
    clear_away(database)


def clear_away(database: Database) -> None:
    """Deletes runs that learned at once, and their snapshots, where nothing refers to them.

    Those under way stay, those that have scores, and the last ones that ended well.
    """
    learnings = [run for run in list_runs(database) if run.kind == LEARN]
    done = [run.run_id for run in learnings if run.state is RunState.DONE]
    for run in learnings:
        # Its worker may live on, as one worker does many of these runs.
        if run.state is RunState.RUNNING or (
            run.state is RunState.LOST and is_worker_alive(run.folder)
        ):
            continue
        if run.run_id in done[-_KEPT:] or _has_scores(database, run.run_id):
            continue
        _remove_run(database, run)
        if run.snapshot_id is not None:
            _remove_snapshot(database, run.snapshot_id)


def _has_scores(database: Database, run_id: int) -> bool:
    return database.row("SELECT 1 FROM score WHERE run_id = ? LIMIT 1", (run_id,)) is not None


def _remove_run(database: Database, run: RunRow) -> None:
    with database.transaction():
        database.run("DELETE FROM run WHERE id = ?", (run.run_id,))
    # What a full or busy disk leaves of the folder is in nobody's way.
    shutil.rmtree(run.folder, ignore_errors=True)


def _remove_snapshot(database: Database, snapshot_id: int) -> None:
    """Deletes a snapshot that nothing names: no run, model, score or verdict."""
    used = database.row(
        """
        SELECT 1 WHERE EXISTS (SELECT 1 FROM run WHERE snapshot_id = ?1)
            OR EXISTS (SELECT 1 FROM model WHERE snapshot_id = ?1)
            OR EXISTS (SELECT 1 FROM score WHERE snapshot_id = ?1)
            OR EXISTS (SELECT 1 FROM verdict WHERE snapshot_id = ?1)
        """,
        (snapshot_id,),
    )
    row = database.row("SELECT file FROM snapshot WHERE id = ?", (snapshot_id,))
    if used is None and row is not None:
        with database.transaction():
            database.run("DELETE FROM snapshot WHERE id = ?", (snapshot_id,))
        from_stored(database.folder, row["file"]).unlink(missing_ok=True)
