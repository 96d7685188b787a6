"""What the database keeps of an image and its masks: the records, reading them and writing them."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from pathlib import Path

from inspector.core.samples import Problem, Split, Truth
from inspector.project.database import Database
from inspector.project.paths import from_stored, now

GROUND_TRUTH = "ground-truth"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells, without reading a file, whether it is still the same one."""

    file_size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class MaskRecord:
    """A ground-truth mask file; `path` as `paths.to_stored` makes it of the source's folder."""

    path: str
    sha256: str
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image file and all that is known of it. Two equal records need no write.

    `path` is as `paths.to_stored` makes it of the source's folder. Where `problem` is set, what
    could not be found out is None.
    """

    path: str
    class_name: str
    split: Split
    truth: Truth
    defect_kind: str
    stamp: FileStamp | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    bit_depth: int | None = None
    channels: int | None = None
    problem: str | None = None
    hint: str | None = None
    masks: tuple[MaskRecord, ...] = ()

    def with_problem(self, reason: str, hint: str) -> ImageRecord:
        """This record, of no use until the problem is solved."""
        return replace(self, problem=reason, hint=hint)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A record, its row's id, and the folder that its paths are relative to."""

    image_id: int
    root: Path
    record: ImageRecord

    @property
    def path(self) -> Path:
        """The image file, absolute."""
        return from_stored(self.root, self.record.path)

    @property
    def mask_paths(self) -> tuple[Path, ...]:
        """The mask files, absolute; their union is the mask."""
        return tuple(from_stored(self.root, mask.path) for mask in self.record.masks)

    @property
    def problem(self) -> Problem | None:
        """Why the image is of no use, if it is not."""
        if self.record.problem is None:
            return None
        return Problem(self.path, self.record.problem, self.record.hint or "")


def add_image(database: Database, source_id: int, record: ImageRecord) -> None:
    """Insert a new image and its masks; inside the caller's transaction."""
    image_id = database.run(
        """
        INSERT INTO image (source_id, path, class_name, split, truth, defect_kind, file_size,
            mtime_ns, sha256, width, height, bit_depth, channels, problem, hint)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (source_id, record.path, *_columns(record)),
    )
    _add_masks(database, image_id, record.masks, version=1)


def change_image(database: Database, stored: StoredImage, record: ImageRecord) -> None:
    """Bring an image's row and masks up to `record`; inside the caller's transaction."""
    database.run(
        """
        UPDATE image SET class_name = ?, split = ?, truth = ?, defect_kind = ?, file_size = ?,
            mtime_ns = ?, sha256 = ?, width = ?, height = ?, bit_depth = ?, channels = ?,
            problem = ?, hint = ?
        WHERE id = ?
        """,
        (*_columns(record), stored.image_id),
    )
    if record.masks != stored.record.masks:
        row = database.row("SELECT max(version) FROM mask WHERE image_id = ?", (stored.image_id,))
        version = (row[0] or 0) + 1 if row is not None else 1
        database.run("DELETE FROM mask WHERE image_id = ?", (stored.image_id,))
        _add_masks(database, stored.image_id, record.masks, version)


def _add_masks(
    database: Database, image_id: int, masks: tuple[MaskRecord, ...], version: int
) -> None:
    created = now()
    database.run_many(
        """
        INSERT INTO mask (image_id, version, kind, created, path, sha256, file_size, mtime_ns)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (image_id, version, GROUND_TRUTH, created, mask.path, mask.sha256, *astuple(mask.stamp))
            for mask in masks
        ],
    )


def _columns(record: ImageRecord) -> tuple[str | int | None, ...]:
    stamp = record.stamp
    return (
        record.class_name,
        record.split,
        record.truth,
        record.defect_kind,
        stamp.file_size if stamp else None,
        stamp.mtime_ns if stamp else None,
        record.sha256,
        record.width,
        record.height,
        record.bit_depth,
        record.channels,
        record.problem,
        record.hint,
    )
