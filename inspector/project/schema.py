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

_THIRD = (
    # Kinds of defect that people paint. The names differ by more than case.
    """
    CREATE TABLE defect_type (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        colour TEXT NOT NULL CHECK (
            colour GLOB '#[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
        ),
        pattern TEXT NOT NULL CHECK (pattern IN ('solid', 'diagonal', 'dots', 'cross')),
        created TEXT NOT NULL
    ) STRICT
    """,
    # What a person painted, as versions that are only ever added. The newest of an image and type
    # counts; one without a mask says that nothing is painted any more. `last_stroke` is a plain
    # number: the newest stroke of the image when the version was cut.
    """
    CREATE TABLE annotation (
        id INTEGER PRIMARY KEY,
        image_id INTEGER NOT NULL REFERENCES image (id),
        defect_type_id INTEGER NOT NULL REFERENCES defect_type (id),
        version INTEGER NOT NULL,
        mask BLOB,
        sha256 TEXT,
        area INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        operator TEXT NOT NULL,
        tool TEXT NOT NULL,
        created TEXT NOT NULL,
        last_stroke INTEGER NOT NULL,
        UNIQUE (image_id, defect_type_id, version),
        CHECK ((mask IS NULL) = (area = 0) AND (mask IS NULL) = (sha256 IS NULL))
    ) STRICT
    """,
    """
    CREATE TRIGGER annotation_is_never_changed BEFORE UPDATE ON annotation
    BEGIN SELECT RAISE(ABORT, 'annotations are only ever added'); END
    """,
    """
    CREATE TRIGGER annotation_is_never_deleted BEFORE DELETE ON annotation
    BEGIN SELECT RAISE(ABORT, 'annotations are only ever added'); END
    """,
    """
    CREATE TRIGGER annotation_is_never_replaced BEFORE INSERT ON annotation
    WHEN EXISTS (
        SELECT 1 FROM annotation WHERE id = NEW.id OR (image_id = NEW.image_id
            AND defect_type_id = NEW.defect_type_id AND version = NEW.version)
    )
    BEGIN SELECT RAISE(ABORT, 'annotations are only ever added'); END
    """,
    # What is painted now, with every finished stroke; a version is cut from it later.
    """
    CREATE TABLE working_mask (
        image_id INTEGER NOT NULL REFERENCES image (id),
        defect_type_id INTEGER NOT NULL REFERENCES defect_type (id),
        mask BLOB,
        sha256 TEXT,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        PRIMARY KEY (image_id, defect_type_id),
        CHECK ((mask IS NULL) = (sha256 IS NULL))
    ) STRICT
    """,
    # The strokes that led there. The patch is what a stroke changed in a rectangle (core.masks);
    # those undone are an image's newest, until a new stroke takes their place. AUTOINCREMENT: the
    # number of a stroke that was dropped is not used again, as versions tell strokes by it.
    """
    CREATE TABLE stroke (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        image_id INTEGER NOT NULL REFERENCES image (id),
        defect_type_id INTEGER NOT NULL REFERENCES defect_type (id),
        x INTEGER NOT NULL,
        y INTEGER NOT NULL,
        w INTEGER NOT NULL,
        h INTEGER NOT NULL,
        patch BLOB NOT NULL,
        image_width INTEGER NOT NULL,
        image_height INTEGER NOT NULL,
        tool TEXT NOT NULL,
        operator TEXT NOT NULL,
        created TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX stroke_by_image ON stroke (image_id, undone)",
    """
    CREATE TRIGGER stroke_is_never_changed BEFORE UPDATE OF id, image_id, defect_type_id, x, y, w,
        h, patch, image_width, image_height, tool, operator, created ON stroke
    BEGIN SELECT RAISE(ABORT, 'a stroke is only ever undone and redone'); END
    """,
    """
    CREATE TRIGGER stroke_that_counts_is_never_deleted BEFORE DELETE ON stroke
    WHEN OLD.undone = 0
    BEGIN SELECT RAISE(ABORT, 'only strokes that were undone are dropped'); END
    """,
    """
    CREATE TRIGGER stroke_is_never_replaced BEFORE INSERT ON stroke
    WHEN EXISTS (SELECT 1 FROM stroke WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a stroke is only ever undone and redone'); END
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD)
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
