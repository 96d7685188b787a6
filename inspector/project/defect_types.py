"""The kinds of defect that people paint, each with a colour and a pattern."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.errors import InspectorError
from inspector.project.database import Database
from inspector.project.paths import now
from inspector.project.verdicts import storable

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")
"""Colours that people with any colour vision tell apart (after Okabe and Ito)."""

PATTERNS = ("solid", "diagonal", "dots", "cross")
"""How a painted region is filled, so that types differ without colour too."""


@dataclass(frozen=True, slots=True)
class DefectType:
    """A kind of defect.

    Attributes:
        type_id: Its number.
        name: What people call it; unique, capitals do not matter.
        colour: As '#rrggbb', in lower case.
        pattern: One of `PATTERNS`.
        created: When, in UTC, ISO 8601.
    """

    type_id: int
    name: str
    colour: str
    pattern: str
    created: str


def list_defect_types(database: Database) -> tuple[DefectType, ...]:
    """All types, oldest first."""
    return tuple(map(_row, database.rows("SELECT * FROM defect_type ORDER BY id")))


def add_defect_type(
    database: Database, name: str, colour: str | None = None, pattern: str | None = None
) -> DefectType:
    """Add a type. Where no colour or pattern is given, it gets those that are used least.

    Raises:
        InspectorError: The name is empty or taken, or the colour or pattern is none.
    """
    with database.transaction():
        return insert_defect_type(database, name, colour, pattern)


def insert_defect_type(
    database: Database, name: str, colour: str | None = None, pattern: str | None = None
) -> DefectType:
    """As `add_defect_type`, inside the caller's transaction."""
    present = list_defect_types(database)
    values = (
        _checked_name(name, present),
        _checked_colour(colour or _least_used(COLOURS, [known.colour for known in present])),
        _checked_pattern(pattern or _least_used(PATTERNS, [known.pattern for known in present])),
        now(),
    )
    type_id = database.run(
        "INSERT INTO defect_type (name, colour, pattern, created) VALUES (?, ?, ?, ?)", values
    )
    return DefectType(type_id, *values)


def change_defect_type(
    database: Database,
    type_id: int,
    name: str | None = None,
    colour: str | None = None,
    pattern: str | None = None,
) -> DefectType:
    """Give a type another name, colour or pattern; what is None stays.

    Raises:
        InspectorError: There is no such type, or as for `add_defect_type`.
    """
    with database.transaction():
        known = find_defect_type(database, type_id)
        others = [other for other in list_defect_types(database) if other.type_id != type_id]
        changed = DefectType(
            type_id,
            known.name if name is None else _checked_name(name, others),
            known.colour if colour is None else _checked_colour(colour),
            known.pattern if pattern is None else _checked_pattern(pattern),
            known.created,
        )
        database.run(
            "UPDATE defect_type SET name = ?, colour = ?, pattern = ? WHERE id = ?",
            (changed.name, changed.colour, changed.pattern, type_id),
        )
    return changed


def remove_defect_type(database: Database, type_id: int) -> None:
    """Remove a type that nothing was ever painted with.

    Raises:
        InspectorError: There is no such type, or something was painted with it.
    """
    with database.transaction():
        known = find_defect_type(database, type_id)
        if any(
            database.row(f"SELECT 1 FROM {table} WHERE defect_type_id = ?", (type_id,))
            for table in ("stroke", "working_mask", "annotation")
        ):
            raise InspectorError(
                f"The defect type '{known.name}' cannot be removed: it was painted with.",
                "Rename it instead; what was painted with it is kept.",
            )
        database.run("DELETE FROM defect_type WHERE id = ?", (type_id,))


def find_defect_type(database: Database, type_id: int) -> DefectType:
    """The type with this number.

    Raises:
        InspectorError: There is none.
    """
    row = database.row("SELECT * FROM defect_type WHERE id = ?", (type_id,))
    if row is None:
        raise InspectorError(
            f"The project '{database.folder}' has no defect type {type_id}.", "Add it first."
        )
    return _row(row)


def name_key(name: str) -> str:
    """Equal for names that are the same but for capitals, outer spaces and ways to write accents.

    SQLite knows only the capitals of English.
    """
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _checked_name(name: str, others: Sequence[DefectType]) -> str:
    name = unicodedata.normalize("NFC", storable(name).strip())
    if not name:
        raise InspectorError("A defect type needs a name.", "Give it one, such as 'scratch'.")
    for other in others:
        if name_key(other.name) == name_key(name):
            raise InspectorError(
                f"There is a defect type '{other.name}' already.", "Choose another name."
            )
    return name


def _checked_colour(colour: str) -> str:
    if not re.fullmatch("#[0-9a-f]{6}", colour.lower()):
        raise InspectorError(f"'{colour}' is no colour.", "Write it like '#d55e00'.")
    return colour.lower()


def _checked_pattern(pattern: str) -> str:
    if pattern not in PATTERNS:
        raise InspectorError(f"'{pattern}' is no pattern.", f"Choose one of {', '.join(PATTERNS)}.")
    return pattern


def _least_used(choices: Sequence[str], used: Sequence[str]) -> str:
    counts = Counter(used)
    return min(choices, key=lambda choice: counts[choice])  # the first of those used least


def _row(row: sqlite3.Row) -> DefectType:
    return DefectType(row["id"], row["name"], row["colour"], row["pattern"], row["created"])
