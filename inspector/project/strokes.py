"""What is painted on an image now, and the journal of strokes that undo and redo walk along.

A stroke is kept as what it changed (`core.masks.Patch`), in the same transaction as the mask that
it leads to: so no finished stroke is lost, and any number can be undone after a restart. The
strokes that are undone are always an image's newest; a new stroke drops them.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

import numpy as np

from inspector.core.masks import Mask, Patch, apply_patch, decode_mask, encode_mask, xor_patch
from inspector.errors import InspectorError
from inspector.project.database import Database
from inspector.project.defect_types import find_defect_type
from inspector.project.paths import now
from inspector.project.verdicts import storable


@dataclass(frozen=True, slots=True)
class Stroke:
    """One finished stroke, or any other single change of a mask.

    Attributes:
        stroke_id: Its number; a later stroke has a higher one.
        image_id: The image that it was painted on.
        type_id: The defect type that it was painted with.
        patch: What it changed; undoing and redoing it both turn these pixels over.
        tool: What it was painted with, such as "brush".
        operator: Who painted it.
        created: When, in UTC, ISO 8601.
    """

    stroke_id: int
    image_id: int
    type_id: int
    patch: Patch
    tool: str
    operator: str
    created: str


def working_masks(database: Database, image_id: int) -> dict[int, Mask]:
    """What is painted on an image now: (H, W) of each defect type that has any, by its number.

    A mask that was painted before the image file was replaced by one of another size is left out.
    """
    rows = database.rows(
        """
        SELECT defect_type_id, mask FROM working_mask
        JOIN image ON image.id = image_id
            AND image.width = working_mask.width AND image.height = working_mask.height
        WHERE image_id = ? AND mask IS NOT NULL ORDER BY defect_type_id
        """,
        (image_id,),
    )
    return {row["defect_type_id"]: decode_mask(row["mask"]) for row in rows}


def annotated_image_ids(database: Database) -> frozenset[int]:
    """The images on which anything is painted now."""
    rows = database.rows(
        """
        SELECT DISTINCT image_id FROM working_mask
        JOIN image ON image.id = image_id
            AND image.width = working_mask.width AND image.height = working_mask.height
        WHERE mask IS NOT NULL
        """
    )
    return frozenset(row["image_id"] for row in rows)


def painted_masks(database: Database) -> frozenset[tuple[int, str]]:
    """(image id, SHA-256 of the mask) of all that is painted now, as far as it fits its image."""
    rows = database.rows(
        """
        SELECT w.image_id, w.sha256 FROM working_mask w JOIN image i ON i.id = w.image_id
            AND i.width = w.width AND i.height = w.height
        WHERE w.mask IS NOT NULL
        """
    )
    return frozenset((row["image_id"], row["sha256"]) for row in rows)


def add_stroke(
    database: Database, image_id: int, type_id: int, patch: Patch, tool: str, operator: str
) -> Stroke:
    """Add a finished stroke; it is on the disk, safe from a power cut, when this returns.

    Strokes of the image that were undone are dropped.

    Raises:
        InspectorError: There is no such image or type, or the image is of no use.
        ValueError: The patch reaches beyond the image.
    """
    with database.transaction():
        mask = apply_patch(_working_mask(database, image_id, type_id), patch)
        return _insert(database, image_id, type_id, mask, patch, tool, operator)


def set_mask(
    database: Database, image_id: int, type_id: int, mask: Mask, tool: str, operator: str
) -> Stroke | None:
    """Replace all that is painted of a type, as one stroke; None where that changes nothing.

    Raises:
        InspectorError: There is no such image or type, the image is of no use, or the mask (H, W)
            is of another size.
    """
    with database.transaction():
        return record_mask(database, image_id, type_id, mask, tool, operator)


def record_mask(
    database: Database, image_id: int, type_id: int, mask: Mask, tool: str, operator: str
) -> Stroke | None:
    """As `set_mask`, inside the caller's transaction."""
    before = _working_mask(database, image_id, type_id)
    if mask.shape != before.shape:
        raise InspectorError(
            f"The mask ({mask.shape[1]}×{mask.shape[0]}) is not of the size of image {image_id} "
            f"({before.shape[1]}×{before.shape[0]}).",
            "Make it of the same size, turned the same way.",
        )
    patch = xor_patch(before, mask)
    if patch is None:
        return None
    return _insert(database, image_id, type_id, mask, patch, tool, operator)


def undo_stroke(database: Database, image_id: int) -> Stroke | None:
    """Take back the image's newest stroke that counts; None where there is none."""
    return _turn_over(database, image_id, undone=0, order="DESC")


def redo_stroke(database: Database, image_id: int) -> Stroke | None:
    """Give again the image's stroke that was undone last; None where there is none."""
    return _turn_over(database, image_id, undone=1, order="ASC")


def stroke_counts(database: Database, image_id: int) -> tuple[int, int]:
    """How many strokes of an image can be undone, and how many redone."""
    row = database.row(
        f"SELECT count(*) - total(undone), total(undone) FROM stroke WHERE {_OF_IMAGE}",
        (image_id,),
    )
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


def strokes(database: Database, image_id: int) -> tuple[Stroke, ...]:
    """The image's strokes that count, oldest first."""
    rows = database.rows(
        f"SELECT * FROM stroke WHERE {_OF_IMAGE} AND undone = 0 ORDER BY id", (image_id,)
    )
    return tuple(map(_row, rows))


def size_of_image(database: Database, image_id: int) -> tuple[int, int]:
    """(height, width) of an image that can be painted on.

    Raises:
        InspectorError: There is no such image, or it is of no use.
    """
    row = database.row("SELECT height, width, path, problem FROM image WHERE id = ?", (image_id,))
    if row is None:
        raise InspectorError(
            f"The project '{database.folder}' has no image {image_id}.", "Import it first."
        )
    if row["problem"] is not None:
        raise InspectorError(
            f"'{row['path']}' cannot be painted on: {row['problem']}",
            "Repair the file and import its folder again.",
        )
    return row["height"], row["width"]


# A stroke does not fit on an image file that was replaced by one of another size.
_OF_IMAGE = """image_id = ? AND EXISTS (SELECT 1 FROM image WHERE image.id = image_id
    AND image.width = image_width AND image.height = image_height)"""


def _insert(
    database: Database,
    image_id: int,
    type_id: int,
    mask: Mask,
    patch: Patch,
    tool: str,
    operator: str,
) -> Stroke:
    find_defect_type(database, type_id)
    height, width = mask.shape
    said = (storable(tool), storable(operator), now())
    place = (patch.x, patch.y, patch.width, patch.height)
    database.run("DELETE FROM stroke WHERE image_id = ? AND undone = 1", (image_id,))
    stroke_id = database.run(
        """
        INSERT INTO stroke (image_id, defect_type_id, x, y, w, h, patch, image_width,
            image_height, tool, operator, created)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (image_id, type_id, *place, patch.data, width, height, *said),
    )
    _save_working_mask(database, image_id, type_id, mask)
    return Stroke(stroke_id, image_id, type_id, patch, *said)


def _turn_over(database: Database, image_id: int, undone: int, order: str) -> Stroke | None:
    with database.transaction():
        row = database.row(
            f"SELECT * FROM stroke WHERE {_OF_IMAGE} AND undone = ? ORDER BY id {order} LIMIT 1",
            (image_id, undone),
        )
        if row is None:
            return None
        stroke = _row(row)
        mask = apply_patch(_working_mask(database, image_id, stroke.type_id), stroke.patch)
        database.run("UPDATE stroke SET undone = ? WHERE id = ?", (1 - undone, stroke.stroke_id))
        _save_working_mask(database, image_id, stroke.type_id, mask)
    return stroke


def _working_mask(database: Database, image_id: int, type_id: int) -> Mask:
    """What is painted of one type; nothing where that was on an image of another size."""
    height, width = size_of_image(database, image_id)
    row = database.row(
        """
        SELECT mask FROM working_mask
        WHERE image_id = ? AND defect_type_id = ? AND width = ? AND height = ?
        """,
        (image_id, type_id, width, height),
    )
    if row is None or row["mask"] is None:
        return np.zeros((height, width), np.bool_)
    return decode_mask(row["mask"])


def _save_working_mask(database: Database, image_id: int, type_id: int, mask: Mask) -> None:
    height, width = mask.shape
    encoded = encode_mask(mask) if mask.any() else None
    digest = hashlib.sha256(encoded).hexdigest() if encoded is not None else None
    database.run(
        """
        INSERT INTO working_mask (image_id, defect_type_id, mask, sha256, width, height)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (image_id, defect_type_id) DO UPDATE SET mask = excluded.mask,
            sha256 = excluded.sha256, width = excluded.width, height = excluded.height
        """,
        (image_id, type_id, encoded, digest, width, height),
    )


def _row(row: sqlite3.Row) -> Stroke:
    patch = Patch(row["x"], row["y"], row["w"], row["h"], row["patch"])
    number, image, kind = row["id"], row["image_id"], row["defect_type_id"]
    return Stroke(number, image, kind, patch, row["tool"], row["operator"], row["created"])
