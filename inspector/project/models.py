"""Trained models: one folder each under `models/`, moved there whole from the run that made it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.database import Database
from inspector.project.paths import MODELS, from_stored, now
from inspector.project.runs import RunRow, find_run


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the project keeps it.

    Attributes:
        model_id: Its number in the project.
        name: Its folder's name, "0007-revdist" if run 7 made it.
        run_id: The run that made it.
        folder: Its folder, absolute.
        created: When it was registered.
        method: Name of the method in the catalogue.
        backbone: Name of the frozen network whose features it uses.
        snapshot_id: The images that it was trained on.
        digest: Digest of that snapshot.
    """

    model_id: int
    name: str
    run_id: int
    folder: Path
    created: str
    method: str
    backbone: str
    snapshot_id: int | None
    digest: str


def add_model(database: Database, run_id: int, source_folder: Path) -> ModelRow:
    """Move the finished model folder of a run to `models/` and register it: both or neither.

    If the program died between the two, calling this again registers what was moved.

    Raises:
        InspectorError: There is no such run, the folder holds no valid model, it was trained on
            another snapshot than the run's, or it cannot be moved.
    """
    run = find_run(database, run_id)
    name = run.folder.name
    target = database.folder / MODELS / name
    was_moved = target.is_dir() and not source_folder.is_dir() and not _is_known(database, name)
    card = read_model_card(target if was_moved else source_folder)
    _check_snapshot(database, run, card)
    with database.transaction():
        if not was_moved:
            name = _free_name(database, name)
        model_id = database.run(
            """
            INSERT INTO model (name, run_id, folder, created, method, backbone, snapshot_id, digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                name,
                run_id,
                f"{MODELS}/{name}",
                now(),
                card.method,
                card.backbone,
                run.snapshot_id,
                card.snapshot_digest,
            ),
        )
        if not was_moved:
            _move(source_folder, database.folder / MODELS / name)
    return find_model(database, model_id)


def list_models(database: Database) -> tuple[ModelRow, ...]:
    """All models, oldest first."""
    return tuple(_row(database, row) for row in database.rows("SELECT * FROM model ORDER BY id"))


def find_model(database: Database, name_or_id: str | int | None = None) -> ModelRow:
    """The model with this name or number, or the newest one.

    Raises:
        InspectorError: There is none; the hint lists what there is.
    """
    models = list_models(database)
    if not models:
        raise InspectorError(
            f"The project '{database.folder}' has no model yet.", "Train one first."
        )
    if name_or_id is None:
        return models[-1]
    for model in models:
        if name_or_id in (model.name, model.model_id, str(model.model_id)):
            return model
    listed = ", ".join(f"{model.name} ({model.model_id})" for model in models)
    raise InspectorError(
        f"The project '{database.folder}' has no model '{name_or_id}'.", f"There are: {listed}."
    )


def remove_model(database: Database, name_or_id: str | int) -> None:
    """Delete a model, its folder and its scores.

    Raises:
        InspectorError: There is no such model, or its folder is in use.
    """
    model = find_model(database, name_or_id)
    # Moved aside first: where a file is in use this fails with everything still in place.
    aside = model.folder.with_name(f".removed-{model.name}")
    with database.transaction():
        database.run("DELETE FROM model WHERE id = ?", (model.model_id,))
        if model.folder.exists():
            _move(model.folder, aside)
    shutil.rmtree(aside, ignore_errors=True)


def _check_snapshot(database: Database, run: RunRow, card: ModelCard) -> None:
    row = database.row("SELECT digest FROM snapshot WHERE id = ?", (run.snapshot_id,))
    if row is not None and row["digest"] != card.snapshot_digest:
        raise InspectorError(
            f"The model of run {run.run_id} was trained on other images than the run's snapshot.",
            "Train the model again.",
        )


def _is_known(database: Database, name: str) -> bool:
    return database.row("SELECT 1 FROM model WHERE name = ?", (name,)) is not None


def _free_name(database: Database, name: str) -> str:
    """`name`, or `name-2`, `name-3` and so on, if a resumed run has made a model before."""
    candidate, number = name, 1
    while _is_known(database, candidate) or (database.folder / MODELS / candidate).exists():
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        raise InspectorError(
            f"'{source}' could not be moved to '{target}': {error.strerror or error}.",
            "Close other programs that use the folder, check the disk, and try again.",
        ) from error


def _row(database: Database, row: sqlite3.Row) -> ModelRow:
    return ModelRow(
        model_id=row["id"],
        name=row["name"],
        run_id=row["run_id"],
        folder=from_stored(database.folder, row["folder"]),
        created=row["created"],
        method=row["method"],
        backbone=row["backbone"],
        snapshot_id=row["snapshot_id"],
        digest=row["digest"],
    )
