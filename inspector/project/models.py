"""Trained models: one folder each under `models/`, moved there whole from the run that made it.

A person may give a model another name or put it into the trash; its folder stays as it is.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.database import Database
from inspector.project.paths import MODELS, from_stored, now
from inspector.project.runs import RunRow, find_run
from inspector.project.settings import get_setting, set_setting

_LONGEST_NAME = 80
_REMOVED = "newest_removed_model"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the project keeps it.

    Attributes:
        model_id: Its number in the project.
        name: What a person calls it; at first its folder's name, "0007-revdist" if run 7 made it.
        run_id: The run that made it.
        folder: Its folder, absolute.
        created: When it was registered.
        method: Name of the method in the catalogue.
        backbone: Name of the frozen network whose features it uses.
        snapshot_id: The images that it was trained on.
        digest: Digest of that snapshot.
        trashed: When it was put into the trash; None while it is in use.
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
    trashed: str | None = None


def add_model(database: Database, run_id: int, source_folder: Path) -> ModelRow:
    """Move the finished model folder of a run to `models/` and register it: both or neither.

    If the program died between the two, calling this again registers what was moved.

    Raises:
        InspectorError: There is no such run, the folder holds no valid model, it was trained on
            another snapshot than the run's, or it cannot be moved.
    """
    run = find_run(database, run_id)
    folder = database.folder / MODELS / run.folder.name
    with database.transaction():  # asked within: another process may be at it, too
        was_moved = (
            folder.is_dir() and not source_folder.is_dir() and not _has_row(database, folder)
        )
        card = read_model_card(folder if was_moved else source_folder)
        _check_snapshot(database, run, card)
        if not was_moved:
            folder = _free_folder(database, folder)
        model_id = database.run(
            """
            INSERT INTO model
                (id, name, run_id, folder, created, method, backbone, snapshot_id, digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                _unused_id(database),
                _free_name(database, folder.name),
                run_id,
                _stored(folder),
                now(),
                card.method,
                card.backbone,
                run.snapshot_id,
                card.snapshot_digest,
            ),
        )
        if not was_moved:
            _move(source_folder, folder)
    return find_model(database, model_id)


def list_models(database: Database, trashed: bool = False) -> tuple[ModelRow, ...]:
    """The models in use or, with `trashed`, those in the trash; oldest first."""
    return tuple(model for model in _all_models(database) if (model.trashed is not None) == trashed)


def trashed_models(database: Database) -> tuple[ModelRow, ...]:
    """The models in the trash, oldest first."""
    return list_models(database, trashed=True)


def find_model(database: Database, name_or_id: str | int | None = None) -> ModelRow:
    """The model in use with this name or number, or the newest one.

    Raises:
        InspectorError: There is none; the hint lists what there is, or says that it is in the
            trash.
    """
    models = list_models(database)
    in_trash = trashed_models(database)
    if name_or_id is None and models:
        return models[-1]
    found = _pick(models, name_or_id)
    if found is not None:
        return found
    if _pick(in_trash, name_or_id) is not None:
        raise InspectorError(f"The model '{name_or_id}' is in the trash.", "Restore it first.")
    if not models and in_trash:
        raise InspectorError(
            f"All models of the project '{database.folder}' are in the trash.",
            "Restore one, or train another.",
        )
    if not models:
        raise InspectorError(
            f"The project '{database.folder}' has no model yet.", "Train one first."
        )
    raise _unknown(database, name_or_id, models)


def find_model_by_folder(database: Database, folder: Path) -> ModelRow:
    """The model whose folder has the name of `folder`, in use or in the trash.

    Only the name is compared: the project may have moved since the path was written down.

    Raises:
        InspectorError: There is none.
    """
    for model in _all_models(database):
        if model.folder.name == folder.name:
            return model
    raise InspectorError(
        f"The project '{database.folder}' no longer has the model in '{folder.name}'.",
        "It was deleted meanwhile; use another model.",
    )


def rename_model(database: Database, name_or_id: str | int, new_name: str) -> ModelRow:
    """Give a model in use another name; its folder keeps the one that it has.

    Raises:
        InspectorError: There is no such model, or the name is not valid or taken.
    """
    name = new_name.strip()
    _check_name(name)
    with database.transaction():
        model = find_model(database, name_or_id)
        if name.casefold() in _names(database) - {model.name.casefold()}:
            raise InspectorError(
                f"Another model is named '{name}' already.",
                "Choose another name; models in the trash keep theirs.",
            )
        database.run("UPDATE model SET name = ? WHERE id = ?", (name, model.model_id))
    return find_model(database, model.model_id)


def trash_model(database: Database, name_or_id: str | int) -> ModelRow:
    """Put a model into the trash; its folder and its scores stay until it is removed.

    Raises:
        InspectorError: No model in use has this name or number.
    """
    model = find_model(database, name_or_id)
    return _set_trashed(database, model, now())


def restore_model(database: Database, name_or_id: str | int) -> ModelRow:
    """Take a model out of the trash.

    Raises:
        InspectorError: No model in the trash has this name or number.
    """
    in_trash = trashed_models(database)
    model = _pick(in_trash, name_or_id)
    if model is None:
        raise InspectorError(
            f"The trash holds no model '{name_or_id}'.", f"It holds: {_listed(in_trash)}."
        )
    return _set_trashed(database, model, None)


def remove_model(database: Database, name_or_id: str | int) -> ModelRow:
    """Delete for good a model, in use or in the trash, its folder and its scores; not its verdicts.

    Returns what it was.

    Raises:
        InspectorError: There is no such model, or its folder is in use.
    """
    models = _all_models(database)
    model = _pick(models, name_or_id)
    if model is None:
        raise _unknown(database, name_or_id, models)
    # Moved aside first: where a file is in use this fails with everything still in place.
    aside = model.folder.with_name(f".removed-{model.folder.name}")
    newest = max(model.model_id, get_setting(database, _REMOVED, int, 0))
    set_setting(database, _REMOVED, newest)
    with database.transaction():
        database.run("DELETE FROM model WHERE id = ?", (model.model_id,))
        if model.folder.exists():
            _move(model.folder, aside)
    shutil.rmtree(aside, ignore_errors=True)
    return model


def _all_models(database: Database) -> tuple[ModelRow, ...]:
    return tuple(_row(database, row) for row in database.rows("SELECT * FROM model ORDER BY id"))


def _pick(models: Sequence[ModelRow], name_or_id: str | int | None) -> ModelRow | None:
    """By its name, its number in the database, or, as text, by the number that its folder shows."""
    for model in models:
        if name_or_id in (model.name, model.model_id):
            return model
    if isinstance(name_or_id, str) and name_or_id.isdecimal():
        for model in models:
            shown = model.folder.name.partition("-")[0]
            if shown.isdecimal() and int(shown) == int(name_or_id):
                return model
    return None


def _unknown(
    database: Database, name_or_id: str | int | None, models: Sequence[ModelRow]
) -> InspectorError:
    return InspectorError(
        f"The project '{database.folder}' has no model '{name_or_id}'.",
        f"There are: {_listed(models)}.",
    )


def _listed(models: Sequence[ModelRow]) -> str:
    return ", ".join(model.name for model in models) or "none"


def _set_trashed(database: Database, model: ModelRow, moment: str | None) -> ModelRow:
    with database.transaction():
        database.run("UPDATE model SET trashed = ? WHERE id = ?", (moment, model.model_id))
    return replace(model, trashed=moment)


def _check_name(name: str) -> None:
    """Refuse what could not be shown, typed, or told from a number or a path."""
    if not name:
        reason = "A model needs a name."
    elif len(name) > _LONGEST_NAME:
        reason = f"The name is longer than {_LONGEST_NAME} characters."
    elif not name.isprintable():  # control characters, and those that turn the reading direction
        reason = "The name holds characters that cannot be shown."
    elif "/" in name or "\\" in name:
        reason = f"The name '{name}' holds a slash."
    elif name.isdecimal():
        reason = f"The name '{name}' is a number, and numbers stand for models already."
    else:
        return
    raise InspectorError(reason, "Choose another name.")


def _check_snapshot(database: Database, run: RunRow, card: ModelCard) -> None:
    row = database.row("SELECT digest FROM snapshot WHERE id = ?", (run.snapshot_id,))
    if row is not None and row["digest"] != card.snapshot_digest:
        raise InspectorError(
            f"The model of run {run.run_id} was trained on other images than the run's snapshot.",
            "Train the model again.",
        )


def _stored(folder: Path) -> str:
    return f"{MODELS}/{folder.name}"


def _has_row(database: Database, folder: Path) -> bool:
    return database.row("SELECT 1 FROM model WHERE folder = ?", (_stored(folder),)) is not None


def _names(database: Database) -> set[str]:
    """All names in use or in the trash, so that two never differ in upper and lower case only."""
    return {row["name"].casefold() for row in database.rows("SELECT name FROM model")}


def _unused_id(database: Database) -> int:
    """A number that no model has or ever had: verdicts and settings name models by number."""
    row = database.row(
        "SELECT max(id) FROM (SELECT id FROM model UNION ALL SELECT model_id FROM verdict)"
    )
    present = (row[0] or 0) if row is not None else 0
    return max(present, get_setting(database, _REMOVED, int, 0)) + 1


def _free_name(database: Database, name: str) -> str:
    """`name`, or `name-2`, `name-3` and so on, if a person has given it to another model."""
    names = _names(database)
    return next(c for c in _candidates(name) if c.casefold() not in names)


def _free_folder(database: Database, folder: Path) -> Path:
    """`folder`, or `folder-2` and so on, if a resumed run has made a model before."""
    folders = (folder.with_name(name) for name in _candidates(folder.name))
    return next(f for f in folders if not f.exists() and not _has_row(database, f))


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


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
        trashed=row["trashed"],
    )
