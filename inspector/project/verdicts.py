"""What people say about images: verdicts, only ever added, and undo as a verdict that names one.

The table is a journal. An image's newest row is what counts for it. Taking a verdict back adds a
row that repeats what the image had before and names, in `undoes`, the row that it takes back;
giving it again adds one that names the row that took it back. So the journal itself is the undo
stack: read backwards, each undo cancels the nearest verdict before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from inspector.project.database import Database

# In the order of the attributes of `VerdictRow`, then of `Trace`.
_COLUMNS = """id, image_id, verdict, operator, created, defect_kind, note, undoes,
    model_name, model_id, variant, threshold, score, raw_score, snapshot_id"""


_PROGRAM = "Inspector"


class Verdict(StrEnum):
    """What a person says of an image. (What the data set says of it is a `Truth`.)"""

    OK = "ok"
    NG = "ng"
    UNSURE = "unsure"
    NONE = "none"
    """Nothing any more: taken back."""


_BY_VALUE = {str(verdict): verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Trace:
    """What the person saw when giving a verdict; None where there was nothing to see.

    Attributes:
        model_name: The model as it was called then.
        model_id: Its number. The model may have been deleted since; the number is not used again.
        variant: The alignment variant of the score.
        threshold: The threshold on that variant's scale.
        score: The image's score of that variant.
        raw_score: Its score without alignment.
        snapshot_id: The images that were scored.
    """

    model_name: str | None = None
    model_id: int | None = None
    variant: str | None = None
    threshold: float | None = None
    score: float | None = None
    raw_score: float | None = None
    snapshot_id: int | None = None


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One row of the journal.

    Attributes:
        verdict_id: Its number; a later row has a higher one.
        image_id: The image that it is about.
        verdict: What holds for the image from this row on.
        operator: Who gave the verdict, or took one back.
        created: When, in UTC, ISO 8601 to the millisecond.
        defect_kind: The kind of defect; may be empty.
        note: Free text; may be empty.
        undoes: The row that this one takes back; None for a verdict that was given.
        trace: What the person saw. A row that restores a verdict repeats that verdict's.
    """

    verdict_id: int
    image_id: int
    verdict: Verdict
    operator: str
    created: str
    defect_kind: str
    note: str
    undoes: int | None
    trace: Trace


def add_verdict(
    database: Database,
    image_id: int,
    verdict: Verdict,
    operator: str,
    trace: Trace,
    defect_kind: str = "",
    note: str = "",
) -> VerdictRow:
    """Add a verdict; it is on the disk, safe from a power cut, when this returns.

    `Verdict.NONE` clears the image's verdict, and can be undone like any other.
    """
    with database.transaction():
        return record_verdict(database, image_id, verdict, operator, trace, defect_kind, note)


def undo_verdict(database: Database, operator: str, since_id: int = 0) -> VerdictRow | None:
    """Take back the newest verdict that is not taken back yet, as far as one was given after row
    `since_id`; its image has again what it had before.

    Returns:
        The row that was added, or None where there is nothing to take back.
    """
    with database.transaction():
        row = _newest_standing(database, since_id)
        if row is None:
            return None
        before = database.row(
            f"SELECT {_COLUMNS} FROM verdict WHERE image_id = ? AND id < ? ORDER BY id DESC",
            (row["image_id"], row["id"]),
        )
        return _repeat(database, row, before, operator)


def redo_verdict(database: Database, operator: str, since_id: int = 0) -> VerdictRow | None:
    """Give again the verdict that was taken back last, where none was given since.

    Returns:
        The row that was added, or None where there is nothing to give again after row `since_id`.
    """
    with database.transaction():
        row = _newest_undo(database, since_id)
        if row is None:
            return None
        taken_back = database.row(f"SELECT {_COLUMNS} FROM verdict WHERE id = ?", (row["undoes"],))
        return _repeat(database, row, taken_back, operator)


def latest_verdicts(database: Database) -> dict[int, VerdictRow]:
    """The row that counts of each image that has a verdict, by the image's number."""
    rows = database.rows(
        f"""
        SELECT {_COLUMNS} FROM verdict
        WHERE id IN (SELECT max(id) FROM verdict GROUP BY image_id) AND verdict != 'none'
        """
    )
    return {row[1]: _row(row) for row in rows}


def latest_verdict(database: Database, image_id: int) -> VerdictRow | None:
    """The row that counts of one image; None where it has no verdict."""
    row = database.row(
        f"SELECT {_COLUMNS} FROM verdict WHERE image_id = ? ORDER BY id DESC LIMIT 1", (image_id,)
    )
    found = _row(row) if row is not None else None
    return None if found is None or found.verdict is Verdict.NONE else found


def verdict_history(database: Database, image_id: int) -> tuple[VerdictRow, ...]:
    """All rows about an image, oldest first."""
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM verdict WHERE image_id = ? ORDER BY id", (image_id,)
    )
    return tuple(map(_row, rows))


def verdicts_since(database: Database, since_id: int = 0) -> tuple[VerdictRow, ...]:
    """All rows after row `since_id`, oldest first: a session's, or the whole journal."""
    rows = database.rows(f"SELECT {_COLUMNS} FROM verdict WHERE id > ? ORDER BY id", (since_id,))
    return tuple(map(_row, rows))


def last_verdict_id(database: Database) -> int:
    """The number of the newest row, 0 where there is none: what a session begins after."""
    row = database.row("SELECT max(id) FROM verdict")
    return (row[0] or 0) if row is not None else 0


def standing_verdicts(rows: Iterable[VerdictRow]) -> dict[int, VerdictRow]:
    """Of each image, the verdict that counts as it was given: its own time, person and trace.

    Differs from an image's newest row where that row restored an earlier verdict.

    Args:
        rows: Rows of the journal, oldest first. A row whose `undoes` is not among them stands for
            itself.
    """
    given: dict[int, VerdictRow] = {}
    undone_by: dict[int, int] = {}
    standing: dict[int, VerdictRow] = {}
    for row in rows:
        if row.undoes is not None and row.undoes in given:
            undone_by[row.verdict_id] = row.undoes
            standing.pop(row.undoes, None)
        elif row.undoes is not None and row.undoes in undone_by:
            again = undone_by[row.undoes]
            standing[again] = given[again]
        else:
            given[row.verdict_id] = standing[row.verdict_id] = row
    newest = {row.image_id: row for _, row in sorted(standing.items())}
    return {image: row for image, row in newest.items() if row.verdict is not Verdict.NONE}


def _newest_standing(database: Database, since_id: int) -> sqlite3.Row | None:
    undone = 0
    for row in _backwards(database, since_id):
        if row["undoes"] is None and undone == 0:
            return row
        # A verdict that was taken back uses up its undo; so does giving one again.
        undone += 1 if row["is_undo"] else -1
    return None


def _newest_undo(database: Database, since_id: int) -> sqlite3.Row | None:
    redone = 0
    for row in _backwards(database, since_id):
        if row["undoes"] is None or (row["is_undo"] and redone == 0):
            return row if row["is_undo"] else None
        redone += -1 if row["is_undo"] else 1
    return None


def _backwards(database: Database, since_id: int) -> Iterator[sqlite3.Row]:
    """The journal from its end, one row at a time: how far one must read is seldom far."""
    place = last_verdict_id(database) + 1
    while True:
        row = database.row(
            """
            SELECT v.id, v.image_id, v.undoes,
                v.undoes IS NOT NULL AND target.undoes IS NULL AS is_undo
            FROM verdict v LEFT JOIN verdict target ON target.id = v.undoes
            WHERE v.id < ? AND v.id > ? ORDER BY v.id DESC LIMIT 1
            """,
            (place, since_id),
        )
        if row is None:
            return
        yield row
        place = row["id"]


def _repeat(
    database: Database, undone: sqlite3.Row, content: sqlite3.Row | None, operator: str
) -> VerdictRow:
    """Add a row that takes back `undone`, with what `content` says or, if None, with nothing."""
    if content is None:
        nothing = (Verdict.NONE, operator, Trace(), "", "")
        return record_verdict(database, undone["image_id"], *nothing, undoes=undone["id"])
    was = _row(content)
    said = (was.verdict, operator, was.trace, was.defect_kind, was.note)
    return record_verdict(database, was.image_id, *said, undoes=undone["id"])


def record_verdict(
    database: Database,
    image_id: int,
    verdict: Verdict,
    operator: str,
    trace: Trace,
    defect_kind: str,
    note: str,
    undoes: int | None = None,
) -> VerdictRow:
    """Add a row to the journal; inside the caller's transaction."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    operator, defect_kind, note = map(storable, (operator, defect_kind, note))
    said = (image_id, verdict, operator, moment, defect_kind, note, undoes)
    # float(): scores come from arrays, whose numbers SQLite would take for bytes.
    threshold, score, raw_score = (
        None if value is None else float(value)
        for value in (trace.threshold, trace.score, trace.raw_score)
    )
    seen = (trace.model_name, trace.model_id, trace.variant, threshold, score, raw_score)
    verdict_id = database.run(
        """
        INSERT INTO verdict (image_id, verdict, operator, created, defect_kind, note, undoes,
            model_name, model_id, variant, threshold, score, raw_score, snapshot_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (*said, *seen, trace.snapshot_id),
    )
    return VerdictRow(verdict_id, *said, Trace(*seen, trace.snapshot_id))


def take_back(database: Database, image_id: int, why: str) -> None:
    """Take back what stands of an image, in the program's own name; inside the caller's
    transaction."""
    standing = latest_verdict(database, image_id)
    if standing is not None and standing.verdict is not Verdict.NONE:
        record_verdict(database, image_id, Verdict.NONE, _PROGRAM, Trace(), "", why)


def storable(typed: str) -> str:
    """What the database can hold of a text: half a character must not lose a verdict."""
    return typed.encode(errors="replace").decode()


def _row(row: sqlite3.Row) -> VerdictRow:
    # By place, not by name: a project may have a hundred thousand.
    number, image, verdict, operator, created, kind, note, undoes, *_ = row
    return VerdictRow(
        number, image, _BY_VALUE[verdict], operator, created, kind, note, undoes, Trace(*row[8:])
    )
