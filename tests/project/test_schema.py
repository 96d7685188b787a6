"""The database file: migrations, foreign files, transactions, locks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.project import schema
from inspector.project.database import Database
from inspector.project.schema import MIGRATIONS, open_database


def _version(folder: Path) -> int:
    connection = sqlite3.connect(folder / "project.db")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return version


def _fill(database: Database) -> None:
    """One image with one score, in the columns of the first version."""
    moment = "2026-01-01T00:00:00+00:00"
    database.run(
        "INSERT INTO source (id, path, layout, description, imported) VALUES (1, 'p', 'l', '', ?)",
        (moment,),
    )
    database.run(
        """
        INSERT INTO image (id, source_id, path, class_name, split, truth, defect_kind, problem)
        VALUES (1, 1, 'a.png', 'bolt', 'test', 'good', '', 'unreadable')
        """
    )
    database.run("INSERT INTO snapshot VALUES (1, ?, 'digest', 'snapshots/0001.json')", (moment,))
    database.run(
        """
        INSERT INTO run (id, kind, method, folder, state, created, finished, spec_json)
        VALUES (1, 'train', 'revdist', 'runs/0001-revdist', 'done', ?, ?, x'7b7d')
        """,
        (moment, moment),
    )
    database.run(
        """
        INSERT INTO model (id, name, run_id, folder, created, method, backbone, digest)
        VALUES (1, '0001-revdist', 1, 'models/0001-revdist', ?, 'revdist', 'lite0', 'digest')
        """,
        (moment,),
    )
    database.run(
        """
        INSERT INTO score (model_id, snapshot_id, image_id, variant, raw_score, score)
        VALUES (1, 1, 1, 'none', 0.5, 0.5)
        """
    )


_VERDICT = "(id, image_id, verdict, operator, created) VALUES (1, 1, 'ok', 'Ada', 'now')"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE verdict SET note = 'changed'",
        "DELETE FROM verdict",
        f"INSERT OR REPLACE INTO verdict {_VERDICT.replace('ok', 'ng')}",
    ],
)
def test_a_verdict_is_never_changed_deleted_or_replaced(tmp_path: Path, change: str) -> None:
    database = open_database(tmp_path)
    with database.transaction():
        _fill(database)
        database.run(f"INSERT INTO verdict {_VERDICT}")
    with (
        pytest.raises(sqlite3.IntegrityError, match="only ever added"),
        database.transaction(),
    ):
        database.run(change)
    row = database.row("SELECT verdict, note FROM verdict")
    assert row is not None and tuple(row) == ("ok", "")
    database.close()


def test_only_known_verdicts_are_kept(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.transaction():
        _fill(database)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.run(f"INSERT INTO verdict {_VERDICT.replace('ok', 'perhaps')}")
    database.close()


def test_a_new_database_has_the_present_version_and_is_in_wal_mode(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    assert database.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert database.rows("PRAGMA foreign_keys")[0][0] == 1
    database.close()
    assert _version(tmp_path) == len(MIGRATIONS)


def test_every_table_is_strict(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    tables = {row["name"]: row["strict"] for row in database.rows("PRAGMA table_list")}
    database.close()
    ours = {name: strict for name, strict in tables.items() if not name.startswith("sqlite_")}
    assert set(ours) == {
        "source", "image", "mask", "class_window", "snapshot", "run", "model", "score",
        "verdict", "setting", "defect_type", "annotation", "working_mask", "stroke",
    }  # fmt: skip
    assert all(ours.values())


def test_reopening_keeps_the_data(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.transaction():
        database.run("INSERT INTO class_window VALUES ('bolt', 1.0, 2.0)")
    database.close()
    database = open_database(tmp_path)
    assert [tuple(row) for row in database.rows("SELECT * FROM class_window")] == [
        ("bolt", 1.0, 2.0)
    ]
    database.close()


def test_a_project_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    newer = len(MIGRATIONS) + 1
    connection = sqlite3.connect(tmp_path / "project.db")
    connection.execute(f"PRAGMA user_version = {newer}")
    connection.close()
    with pytest.raises(InspectorError, match="made by a newer Inspector") as error:
        open_database(tmp_path)
    assert "Update Inspector" in error.value.hint
    assert _version(tmp_path) == newer


def test_an_older_project_is_migrated_with_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(tmp_path)
    with database.transaction():
        database.run("INSERT INTO class_window VALUES ('bolt', 1.0, 2.0)")
    database.close()
    step = ("ALTER TABLE class_window ADD COLUMN note TEXT NOT NULL DEFAULT 'x'",)
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, step))
    database = open_database(tmp_path)
    assert [tuple(row) for row in database.rows("SELECT * FROM class_window")] == [
        ("bolt", 1.0, 2.0, "x")
    ]
    database.close()
    assert _version(tmp_path) == len(MIGRATIONS) + 1


def test_a_project_of_the_first_version_keeps_its_models_and_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as first_version:
        first_version.setattr(schema, "MIGRATIONS", MIGRATIONS[:1])
        database = open_database(tmp_path)
        with database.transaction():
            _fill(database)
        database.close()
        assert _version(tmp_path) == 1
    database = open_database(tmp_path)
    score = database.row("SELECT score, run_id, map_row FROM score")
    assert score is not None and tuple(score) == (0.5, None, None)
    model = database.row("SELECT name, trashed FROM model")
    assert model is not None and tuple(model) == ("0001-revdist", None)
    database.close()


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(tmp_path).close()
    step = ("CREATE TABLE half_done (id INTEGER) STRICT", "CREATE TABLE no such syntax")
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, step))
    with pytest.raises(sqlite3.OperationalError):
        open_database(tmp_path)
    assert _version(tmp_path) == len(MIGRATIONS)
    monkeypatch.undo()
    database = open_database(tmp_path)
    assert database.row("SELECT 1 FROM sqlite_master WHERE name = 'half_done'") is None
    database.close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "project.db")
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    with pytest.raises(InspectorError, match="another program"):
        open_database(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project.db").write_bytes(b"no database " * 100)
    with pytest.raises(InspectorError, match="is not a database"):
        open_database(tmp_path)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, InspectorError("x"), ValueError])
def test_a_transaction_is_all_or_nothing(
    tmp_path: Path, interruption: type[BaseException] | BaseException
) -> None:
    database = open_database(tmp_path)
    with pytest.raises((KeyboardInterrupt, InspectorError, ValueError)), database.transaction():
        database.run("INSERT INTO class_window VALUES ('bolt', 1.0, 2.0)")
        raise interruption
    assert database.rows("SELECT * FROM class_window") == []
    with database.transaction():  # and the next one works
        database.run("INSERT INTO class_window VALUES ('nut', 1.0, 2.0)")
    assert len(database.rows("SELECT * FROM class_window")) == 1
    database.close()


def test_a_locked_database_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.project.database._BUSY_SECONDS", 0.05)
    first, second = open_database(tmp_path), open_database(tmp_path)
    with (
        first.transaction(),
        pytest.raises(InspectorError, match="in use by another Inspector") as error,
        second.transaction(),
    ):
        pytest.fail("two writers at once")
    assert "close it" in error.value.hint
    with second.transaction():
        second.run("INSERT INTO class_window VALUES ('bolt', 1.0, 2.0)")
    first.close()
    second.close()


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="could not be opened"):
        Database(tmp_path / "nowhere")


def test_a_database_that_is_damaged_inside_is_explained(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.transaction():
        database.run_many(
            "INSERT INTO class_window VALUES (?, 1.0, 2.0)", [(f"{n:0100d}",) for n in range(500)]
        )
    database.close()
    file = tmp_path / "project.db"
    content = file.read_bytes()
    file.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    with pytest.raises(InspectorError, match="is damaged") as error:
        damaged = open_database(tmp_path)
        damaged.rows("SELECT * FROM class_window")
    assert "backup" in error.value.hint


def test_wrong_sql_stays_a_bug(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        database.rows("SELECT nothing FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError):
        database.run("INSERT INTO mask VALUES (1, 99, 1, 'ground-truth', 'p', 's', 1, 1, 'now')")
    database.close()
