"""The tables of `project.db`, as the steps that lead from an empty file to the present version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from inspector.errors import InspectorError
from inspector.project.database import Database

APPLICATION_ID = 0x494E5350
"""Marks an SQLite file as a project of this program ("INSP")."""

_FIRST = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    # A folder of images that was imported. The last three columns are what the user said then;
    # they hold for later imports of the same folder until something else is said.
    """
    CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        layout TEXT NOT NULL,
        description TEXT NOT NULL,
        imported TEXT NOT NULL,
        asked_layout TEXT,
        assumed_truth TEXT,
        given_class TEXT
    ) STRICT
    """,
    # What could not be found out about a file with a problem is NULL.
    """
    CREATE TABLE image (
        id INTEGER PRIMARY KEY,
        source_id INTEGER NOT NULL REFERENCES source (id),
        path TEXT NOT NULL,
        sha256 TEXT,
        file_size INTEGER,
        mtime_ns INTEGER,
        class_name TEXT NOT NULL,
        split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test', 'unassigned')),
        truth TEXT NOT NULL CHECK (truth IN ('good', 'defective', 'unknown')),
        defect_kind TEXT NOT NULL,
        width INTEGER,
        height INTEGER,
        bit_depth INTEGER,
        channels INTEGER,
        problem TEXT,
        hint TEXT,
        UNIQUE (source_id, path),
        CHECK (problem IS NOT NULL OR (sha256 IS NOT NULL AND width > 0 AND height > 0
               AND bit_depth IS NOT NULL AND channels IS NOT NULL))
    ) STRICT
    """,
    # The masks of an image with the same version form its mask together; the version counts how
    # often they changed.
    """
    CREATE TABLE mask (
        id INTEGER PRIMARY KEY,
        image_id INTEGER NOT NULL REFERENCES image (id),
        version INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('ground-truth')),
        path TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        file_size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        created TEXT NOT NULL,
        UNIQUE (image_id, version, path)
    ) STRICT
    """,
    """
    CREATE TABLE class_window (
        class_name TEXT PRIMARY KEY,
        low REAL NOT NULL,
        high REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE snapshot (
        id INTEGER PRIMARY KEY,
        created TEXT NOT NULL,
        digest TEXT NOT NULL,
        file TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        method TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed', 'lost')),
        created TEXT NOT NULL,
        finished TEXT,
        snapshot_id INTEGER REFERENCES snapshot (id),
        spec_json BLOB NOT NULL,
        outcome_json BLOB,
        CHECK ((state = 'running') = (finished IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE model (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        run_id INTEGER NOT NULL REFERENCES run (id),
        folder TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        method TEXT NOT NULL,
        backbone TEXT NOT NULL,
        snapshot_id INTEGER REFERENCES snapshot (id),
        digest TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE score (
        model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
        snapshot_id INTEGER NOT NULL REFERENCES snapshot (id),
        image_id INTEGER NOT NULL REFERENCES image (id),
        variant TEXT NOT NULL,
        raw_score REAL NOT NULL,
        u REAL,
        gamma REAL,
        score REAL NOT NULL,
        PRIMARY KEY (model_id, image_id, variant)
    ) STRICT
    """,
    "CREATE INDEX score_by_image ON score (image_id)",
)

_SECOND = (
    # The run that scored the image last, and the row of the image in the arrays of its folder.
    "ALTER TABLE score ADD COLUMN run_id INTEGER REFERENCES run (id)",
    "ALTER TABLE score ADD COLUMN map_row INTEGER",
    # The first version kept the default variant's values under every variant.
    "UPDATE score SET u = NULL, gamma = NULL",
    # When the model was put into the trash; NULL while it is in use.
    "ALTER TABLE model ADD COLUMN trashed TEXT",
    # What people said about images, and what they saw when they said it. 'none' takes back; an
    # undo names the row that it takes back. The model and the snapshot are plain numbers: a
    # verdict outlives the model that it was given with.
    """
    CREATE TABLE verdict (
        id INTEGER PRIMARY KEY,
        image_id INTEGER NOT NULL REFERENCES image (id),
        verdict TEXT NOT NULL CHECK (verdict IN ('ok', 'ng', 'unsure', 'none')),
        defect_kind TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        operator TEXT NOT NULL,
        created TEXT NOT NULL,
        model_name TEXT,
        model_id INTEGER,
        variant TEXT,
        threshold REAL,
        score REAL,
        raw_score REAL,
        snapshot_id INTEGER,
        undoes INTEGER REFERENCES verdict (id)
    ) STRICT
    """,
    "CREATE INDEX verdict_by_image ON verdict (image_id)",
    """
    CREATE TRIGGER verdict_is_never_changed BEFORE UPDATE ON verdict
    BEGIN SELECT RAISE(ABORT, 'verdicts are only ever added'); END
    """,
    """
    CREATE TRIGGER verdict_is_never_deleted BEFORE DELETE ON verdict
    BEGIN SELECT RAISE(ABORT, 'verdicts are only ever added'); END
    """,
    # INSERT OR REPLACE deletes without asking the trigger above.
    """
    CREATE TRIGGER verdict_is_never_replaced BEFORE INSERT ON verdict
    WHEN EXISTS (SELECT 1 FROM verdict WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'verdicts are only ever added'); END
    """,
    # The value is JSON.
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND)
"""Step n leads from version n to version n + 1. A released step is never edited, only added to."""


def open_database(folder: Path) -> Database:
    """Open the database of a project folder, bringing it to the present version.

    Raises:
        InspectorError: The file is not a project's, or was made by a newer Inspector.
    """
    database = Database(folder)
    try:
        _migrate(database)
        database.run("PRAGMA journal_mode = WAL")
        database.run("PRAGMA synchronous = FULL")  # a committed row survives a power cut
        database.run("PRAGMA foreign_keys = ON")
    except (InspectorError, sqlite3.Error):
        database.close()
        raise
    return database


def _migrate(database: Database) -> None:
    if _check_version(database) == len(MIGRATIONS):
        return
    with database.transaction():
        # Asked again, now that nobody else can be migrating the same file.
        for version in range(_check_version(database), len(MIGRATIONS)):
            for statement in MIGRATIONS[version]:
                database.run(statement)
            database.run(f"PRAGMA user_version = {version + 1}")


def _check_version(database: Database) -> int:
    version = _pragma(database, "user_version")
    is_empty = database.row("SELECT 1 FROM sqlite_master") is None
    if _pragma(database, "application_id") != APPLICATION_ID and not is_empty:
        raise InspectorError(
            f"'{database.file}' belongs to another program.",
            "Choose the folder of an Inspector project, or another folder for a new one.",
        )
    if version > len(MIGRATIONS):
        raise InspectorError(
            f"The project '{database.folder}' was made by a newer Inspector.",
            "Update Inspector to open it; nothing was changed.",
        )
    return version


def _pragma(database: Database, name: str) -> int:
    row = database.row(f"PRAGMA {name}")
    return int(row[0]) if row is not None else 0
