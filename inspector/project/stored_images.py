"""All images of a project in a few compact columns, each made into a record when it is asked for.

100 000 records take long to make and hundreds of megabytes to hold, while lists look at a screenful
of them at a time.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from inspector.core.samples import Split, Truth
from inspector.project.database import Database
from inspector.project.paths import from_stored
from inspector.project.records import FileStamp, ImageRecord, MaskRecord, StoredImage

SPLITS: tuple[Split, ...] = tuple(Split)
TRUTHS: tuple[Truth, ...] = tuple(Truth)

_UNKNOWN = -1
"""In a column of numbers: NULL."""

# An image has a stamp where size and time are known.
_IMAGES = f"""
    SELECT id, source_id, path, class_name, split, truth, defect_kind, coalesce(sha256, ''),
        iif(mtime_ns IS NULL, {_UNKNOWN}, coalesce(file_size, {_UNKNOWN})), coalesce(mtime_ns, 0),
        coalesce(width, {_UNKNOWN}), coalesce(height, {_UNKNOWN}), coalesce(bit_depth, {_UNKNOWN}),
        coalesce(channels, {_UNKNOWN}), problem, hint
    FROM image ORDER BY id
"""
_MASKS = "SELECT image_id, path, sha256, file_size, mtime_ns FROM mask ORDER BY id"
_AT_ONCE = 2000  # rows: other threads get their turn between


class CodedTexts:
    """A column of texts of which many are the same.

    Attributes:
        texts: The different ones, in the order in which they came first.
        codes: One number a row, the place of its text in `texts`.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._places = {text: place for place, text in enumerate(texts)}
        self.texts = list(self._places)
        self.codes = array("i")

    def extend(self, column: Iterable[str]) -> None:
        """Appends rows."""
        places = self._places
        self.codes.extend([places.setdefault(text, len(places)) for text in column])
        self.texts.extend(list(places)[len(self.texts) :])

    def __getitem__(self, row: int) -> str:
        return self.texts[self.codes[row]]

    def in_order(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """The different texts in alphabetical order, and each row's place among them."""
        order = sorted(range(len(self.texts)), key=self.texts.__getitem__)
        places = np.empty(len(order), np.int32)
        places[order] = np.arange(len(order))
        return tuple(self.texts[place] for place in order), places[np.array(self.codes, np.intp)]


class StoredImages(Sequence[StoredImage]):
    """The images in the order of their ids. Whole in memory: any thread may read it.

    Its columns have one entry a row; in columns of numbers, −1 stands for what is not known.

    Attributes:
        ids: Of the images.
        paths: As in `ImageRecord`.
        class_names, defect_kinds: Likewise.
        splits, truths: Places in `SPLITS` and `TRUTHS`.
        file_times: In nanoseconds; 0 where not known.
        bit_depths: Of the files.
        problems: row -> (problem, hint), of those that have one.
    """

    def __init__(self) -> None:
        self.ids = array("q")
        self.paths: list[str] = []
        self.class_names = CodedTexts()
        self.defect_kinds = CodedTexts()
        self.splits = CodedTexts(SPLITS)
        self.truths = CodedTexts(TRUTHS)
        self.file_times = array("q")
        self.bit_depths = array("q")
        self.problems: dict[int, tuple[str | None, str | None]] = {}
        self._roots: dict[int, Path] = {}
        self._sources = array("q")
        self._hashes: list[str] = []
        self._sizes, self._widths, self._heights, self._channels = (array("q") for _ in range(4))
        self._masks: dict[int, list[tuple[str, str, int, int]]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, row: int) -> StoredImage: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[StoredImage, ...]: ...
    def __getitem__(self, row: int | slice) -> StoredImage | tuple[StoredImage, ...]:
        if isinstance(row, slice):
            return tuple(map(self._image, range(*row.indices(len(self)))))
        return self._image(range(len(self))[row])

    def __iter__(self) -> Iterator[StoredImage]:
        return map(self._image, range(len(self)))

    def _image(self, row: int) -> StoredImage:
        image_id, size = self.ids[row], self._sizes[row]
        problem, hint = self.problems.get(row, (None, None))
        record = ImageRecord(
            path=self.paths[row],
            class_name=self.class_names[row],
            split=SPLITS[self.splits.codes[row]],
            truth=TRUTHS[self.truths.codes[row]],
            defect_kind=self.defect_kinds[row],
            stamp=None if size == _UNKNOWN else FileStamp(size, self.file_times[row]),
            sha256=self._hashes[row] or None,
            width=_known(self._widths[row]),
            height=_known(self._heights[row]),
            bit_depth=_known(self.bit_depths[row]),
            channels=_known(self._channels[row]),
            problem=problem,
            hint=hint,
            masks=tuple(
                MaskRecord(path, sha256, FileStamp(file_size, mtime_ns))
                for path, sha256, file_size, mtime_ns in self._masks.get(image_id, ())
            ),
        )
        return StoredImage(image_id, self._roots[self._sources[row]], record)

    @property
    def hashes(self) -> Sequence[str]:
        """SHA-256 of each file's content; empty where it is not known."""
        return self._hashes

    def has_hash(self, hashes: Iterable[str]) -> NDArray[np.bool_]:
        """(N,) bool: whether the content of each file has one of these SHA-256."""
        wanted = set(hashes)
        return np.array([known in wanted for known in self._hashes], np.bool_)

    @classmethod
    def load(cls, database: Database) -> StoredImages:
        """All images of the project, those with a problem too, in order of import."""
        made = cls()
        made._roots = {
            number: from_stored(database.folder, path)
            for number, path in database.rows("SELECT id, path FROM source")
        }
        for batch in database.batches(_MASKS, _AT_ONCE):
            for image_id, *mask in batch:
                made._masks.setdefault(image_id, []).append(tuple(mask))
        for batch in database.batches(_IMAGES, _AT_ONCE):
            made._extend(batch)
        return made

    def _extend(self, rows: list[sqlite3.Row]) -> None:
        first = len(self)
        *columns, problems, hints = zip(*rows, strict=True)
        places = (
            self.ids,
            self._sources,
            self.paths,
            self.class_names,
            self.splits,
            self.truths,
            self.defect_kinds,
            self._hashes,
            self._sizes,
            self.file_times,
            self._widths,
            self._heights,
            self.bit_depths,
            self._channels,
        )
        for place, column in zip(places, columns, strict=True):
            place.extend(column)  # type: ignore[attr-defined]
        for row, told in enumerate(zip(problems, hints, strict=True), first):
            if told != (None, None):
                self.problems[row] = told


def _known(number: int) -> int | None:
    return None if number == _UNKNOWN else number


def load_images(database: Database) -> tuple[StoredImage, ...]:
    """All images of the project as records, for those who need every one of them."""
    return tuple(StoredImages.load(database))
