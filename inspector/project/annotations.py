"""What people painted, as versions: who, when, with which tool. They are only ever added.

A version is cut from what is painted now (`strokes`) when somebody leaves the image, closes the
project, learns or exports; not per stroke, as each version holds a whole mask. These are a
person's; the data set's own masks (`records`) are never mixed up with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from inspector.core.masks import Mask, decode_mask
from inspector.errors import InspectorError
from inspector.project.database import Database, Value
from inspector.project.paths import now
from inspector.project.strokes import record_mask
from inspector.project.verdicts import Trace, Verdict, record_verdict, storable


@dataclass(frozen=True, slots=True)
class Annotation:
    """A version of what a person painted on an image with one defect type.

    Attributes:
        annotation_id: Its number; a later version has a higher one.
        image_id: The image.
        type_id: The defect type's number.
        defect_type: The defect type's name, as it is called now.
        version: Counts from 1 for each image and type.
        sha256: Of the mask as a PNG; None where nothing is painted any more.
        area: Painted pixels.
        width: Columns of the mask and of the image as it was then.
        height: Rows.
        operator: Who painted it; several names separated by commas.
        tool: What it was painted with since the version before; several separated by commas.
        created: When the version was cut, in UTC, ISO 8601.
    """

    annotation_id: int
    image_id: int
    type_id: int
    defect_type: str
    version: int
    sha256: str | None
    area: int
    width: int
    height: int
    operator: str
    tool: str
    created: str


def list_annotations(database: Database, image_id: int | None = None) -> tuple[Annotation, ...]:
    """The newest version of each image and type, as far as anything is painted in it.

    In order of images and types; of one image, or of all. Those painted before the image file was
    replaced by one of another size are left out.
    """
    return _select(database, f"{_COUNTS} AND (?1 IS NULL OR a.image_id = ?1)", (image_id,))


def annotation_history(database: Database, image_id: int) -> tuple[Annotation, ...]:
    """All versions of an image, oldest first."""
    return _select(database, "a.image_id = ?", (image_id,), order="a.id")


def contents_of(database: Database, annotation_ids: Collection[int]) -> frozenset[tuple[int, str]]:
    """Image id and SHA-256 of the masks of some versions; those that are not there are left out."""
    rows = [
        database.row("SELECT image_id, sha256 FROM annotation WHERE id = ?", (number,))
        for number in sorted(annotation_ids)
    ]
    return frozenset((row["image_id"], row["sha256"]) for row in rows if row is not None)


def annotation_png(database: Database, annotation_id: int) -> bytes:
    """The mask of a version as the PNG that its `sha256` is of.

    Raises:
        InspectorError: There is no such version, or nothing is painted in it.
    """
    row = database.row("SELECT mask FROM annotation WHERE id = ?", (annotation_id,))
    if row is None or row["mask"] is None:
        raise InspectorError(
            f"The project '{database.folder}' has no painted mask {annotation_id}.",
            "Choose one of its history.",
        )
    png: bytes = row["mask"]
    return png


def annotation_mask(database: Database, annotation_id: int) -> Mask:
    """The mask (H, W) of a version; all False where nothing is painted in it.

    Raises:
        InspectorError: There is no such version, or it is damaged.
    """
    row = database.row("SELECT mask, width, height FROM annotation WHERE id = ?", (annotation_id,))
    if row is not None and row["mask"] is None:
        return np.zeros((row["height"], row["width"]), np.bool_)
    return decode_mask(annotation_png(database, annotation_id))


def cut_versions(
    database: Database, image_id: int | None = None, operator: str | None = None
) -> tuple[Annotation, ...]:
    """Cut a version of all that was painted since the newest one.

    Args:
        database: The project's.
        image_id: Only of this image; None for all.
        operator: Whose version it is; None for those who painted it.

    Returns:
        The new versions; none where nothing changed.
    """
    if not _changed(database, image_id):
        return ()  # most images that are left were only looked at: no need to write
    with database.transaction():
        return record_versions(database, image_id, operator)


def record_versions(
    database: Database, image_id: int | None = None, operator: str | None = None
) -> tuple[Annotation, ...]:
    """As `cut_versions`, inside the caller's transaction."""
    cut = [_cut(database, row, operator) for row in _changed(database, image_id)]
    return tuple(version for number in cut for version in _select(database, "a.id = ?", (number,)))


def add_annotation(
    database: Database,
    image_id: int,
    type_id: int,
    mask: Mask,
    operator: str,
    tool: str,
    verdict: Verdict | None = None,
    trace: Trace | None = None,
) -> Annotation | None:
    """Replace what is painted of a type by `mask` (H, W), cut a version of it and, where one is
    given, add a verdict: all of it in one transaction, or nothing.

    It counts as a stroke too, so it can be undone.

    Returns:
        The new version; None where the mask is what the newest one holds already.

    Raises:
        InspectorError: As for `strokes.set_mask`.
    """
    with database.transaction():
        record_mask(database, image_id, type_id, mask, tool, operator)
        versions = record_versions(database, image_id, operator)
        if verdict is not None:
            named = [v.defect_type for v in versions if v.type_id == type_id]
            kind = named[0] if verdict is Verdict.NG and named else ""
            record_verdict(database, image_id, verdict, operator, trace or Trace(), kind, "")
    return next((version for version in versions if version.type_id == type_id), None)


_NEWEST = """a.version = (SELECT max(version) FROM annotation
    WHERE image_id = a.image_id AND defect_type_id = a.defect_type_id)"""

_COUNTS = f"""{_NEWEST} AND a.mask IS NOT NULL AND EXISTS (SELECT 1 FROM image
    WHERE id = a.image_id AND width = a.width AND height = a.height)"""


def _select(
    database: Database,
    condition: str,
    values: tuple[Value, ...],
    order: str = "a.image_id, a.defect_type_id",
) -> tuple[Annotation, ...]:
    rows = database.rows(
        f"""
        SELECT a.id, a.image_id, a.defect_type_id, t.name, a.version, a.sha256, a.area, a.width,
            a.height, a.operator, a.tool, a.created
        FROM annotation a JOIN defect_type t ON t.id = a.defect_type_id
        WHERE {condition} ORDER BY {order}
        """,
        values,
    )
    return tuple(Annotation(*row) for row in rows)


def _changed(database: Database, image_id: int | None) -> list[sqlite3.Row]:
    """What is painted and differs from its newest version, with that version's place."""
    return database.rows(
        f"""
        SELECT w.image_id, w.defect_type_id, w.sha256, w.width, w.height,
            coalesce(a.version, 0) AS version, coalesce(a.last_stroke, 0) AS last_stroke
        FROM working_mask w LEFT JOIN annotation a
            ON a.image_id = w.image_id AND a.defect_type_id = w.defect_type_id AND {_NEWEST}
        WHERE w.sha256 IS NOT a.sha256 AND (?1 IS NULL OR w.image_id = ?1)
        ORDER BY w.image_id, w.defect_type_id
        """,
        (image_id,),
    )


def _cut(database: Database, changed: sqlite3.Row, operator: str | None) -> int:
    place = (changed["image_id"], changed["defect_type_id"])
    row = database.row(
        "SELECT mask FROM working_mask WHERE image_id = ? AND defect_type_id = ?", place
    )
    png = row["mask"] if row is not None else None
    area = int(np.count_nonzero(decode_mask(png))) if png is not None else 0
    since = database.rows(
        """
        SELECT tool, operator FROM stroke
        WHERE image_id = ? AND defect_type_id = ? AND id > ? AND undone = 0 ORDER BY id
        """,
        (*place, changed["last_stroke"]),
    )
    newest = database.row(
        "SELECT id, operator FROM stroke WHERE image_id = ? ORDER BY id DESC", place[:1]
    )
    # With none since then, older ones were undone or redone; by whom is not kept.
    tools = dict.fromkeys(stroke["tool"] for stroke in since) or {"undo/redo": None}
    people = dict.fromkeys(stroke["operator"] for stroke in since or (newest and [newest]) or ())
    return database.run(
        """
        INSERT INTO annotation (image_id, defect_type_id, version, mask, sha256, area, width,
            height, operator, tool, created, last_stroke)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            *place,
            changed["version"] + 1,
            png,
            changed["sha256"],
            area,
            changed["width"],
            changed["height"],
            storable(operator) if operator is not None else ", ".join(people),
            ", ".join(tools),
            now(),
            newest["id"] if newest is not None else 0,
        ),
    )
