"""What a trained DMAD says of images, on disk: so the first painted mask is learned at once, too.

Scoring computes it anyway and lays it down here; learning at once finds it, in this worker or the
next. A shard is one file of bytes, a record an image, and the list of its keys, which comes last:
shards are added, never changed, and a killed worker loses at most one. The folder lies in the
project's cache; deleting it costs only time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from inspector.core.evaluation import Expected
from inspector.core.files import sha256_of
from inspector.engine.device import Device
from inspector.engine.rescoring import Assessed, ImageScores
from inspector.jobs.bank_file import learned_annotations, read_muted
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.project.snapshots import SnapshotEntry

_FORMAT = 3
_SHARD_BYTES = 128 << 20
_DISK_SHARE = 0.5  # a shelf that would take more of the free disk is not worth it
_FOLDER = "assessed"


class _Record(msgspec.Struct, frozen=True):
    """What of an image is no array."""

    key: str
    raw_score: float
    scores: dict[str, float]
    statistics: dict[str, Expected]


class _Shapes(msgspec.Struct, frozen=True):
    """Of the arrays of every record, in their order."""

    differences: tuple[int, int]
    shown: tuple[int, int]
    descriptor: int

    @property
    def parts(self) -> tuple[tuple[tuple[int, ...], type[np.generic]], ...]:
        count = (self.differences[0],)
        return (
            (self.differences, np.float16),
            (count, np.float32),
            (count, np.float32),
            (count, np.int32),
            (self.shown, np.float16),
            ((self.descriptor,), np.float16),
        )


class _Index(msgspec.Struct, frozen=True):
    shapes: _Shapes
    records: list[_Record]


class Shelf:
    """Of one model as it was trained, on one kind of device. Leaving it writes what is not written.

    Args:
        cache: The project's cache folder.
        model: The model folder.
        device: Where it computes.
    """

    def __init__(self, cache: Path, model: Path, device: Device) -> None:
        trained = learned_annotations(model)
        muted = sorted(place for place in read_muted(model) if place[0] in trained)
        self.version = f"v{_FORMAT}-{sha256_of(model / WEIGHTS_FILE)[:16]}-{_digest(muted)}"
        root = cache / _FOLDER
        self._folder = root / model.name / f"{self.version}-{device.kind}-{device.precision}"
        self._clear_away(root, model.parent)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._places: dict[str, tuple[NDArray[np.uint8], _Shapes, _Record]] = {}
        self._waiting: dict[str, Assessed] = {}
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.flush()

    def get(self, key: str) -> Assessed | None:
        """What lies here of an image; its arrays are mapped and take memory only while in use."""
        waiting = self._waiting.get(key)
        if waiting is not None:
            return waiting
        place = self._places.get(key)
        return _unpacked(*place) if place is not None else None

    def add(self, key: str, image: Assessed) -> None:
        """Lays down what was found of an image, sooner or later."""
        if key not in self._places:
            self._waiting[key] = image
            if sum(one.bytes for one in self._waiting.values()) >= _SHARD_BYTES:
                self.flush()

    def flush(self) -> None:
        """Writes what waits. Where the disk is too full for it, nothing is written."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        rows = [_packed(image) for image in waiting.values()]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)  # others may have cleared it away
            free = shutil.disk_usage(self._folder).free
        except OSError:
            return
        if sum(len(row) for row in rows) > _DISK_SHARE * free:
            return
        first = next(iter(waiting.values()))
        shapes = _Shapes(
            (int(first.differences.shape[0]), int(first.differences.shape[1])),
            (first.trained.shown.shape[0], first.trained.shown.shape[1]),
            len(first.descriptor),
        )
        records = [
            _Record(key, image.trained.raw_score, image.trained.scores, image.statistics)
            for key, image in waiting.items()
        ]
        name = secrets.token_hex(8)
        with contextlib.suppress(OSError):  # a cache that cannot be written is only not there
            self._write(f"{name}.npy", np.stack(rows))
            index = self._folder / f".{name}.json"
            index.write_bytes(msgspec.json.encode(_Index(shapes, records)))
            index.replace(self._folder / f"{name}.json")
        self._open()

    def _write(self, name: str, rows: NDArray[np.uint8]) -> None:
        temporary = self._folder / f".{name}"
        with temporary.open("wb") as file:
            np.save(file, rows)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / name)

    def _open(self) -> None:
        for file in sorted(self._folder.glob("*.json")):
            try:
                index = msgspec.json.decode(file.read_bytes(), type=_Index)
                if index.records and index.records[0].key in self._places:
                    continue
                rows = np.load(file.with_suffix(".npy"), mmap_mode="c", allow_pickle=False)
            except (OSError, EOFError, ValueError, msgspec.MsgspecError):
                continue  # a damaged shard is computed anew
            if rows.shape == (len(index.records), _length(index.shapes)):
                for row, record in zip(rows, index.records, strict=True):
                    self._places[record.key] = (row, index.shapes, record)

    def _clear_away(self, root: Path, models: Path) -> None:
        """Deletes what lies here of models that are gone, and of earlier states of this one."""
        with contextlib.suppress(OSError):
            for folder in [*root.iterdir()]:
                if not (models / folder.name).is_dir():
                    shutil.rmtree(folder, ignore_errors=True)
            for folder in [*self._folder.parent.iterdir()]:
                if not folder.name.startswith(self.version):
                    shutil.rmtree(folder, ignore_errors=True)


def shelf_key(entry: SnapshotEntry) -> str:
    """What an image lies here under: its content, its window, and its class, which CaDA-A sees."""
    window = "" if entry.window is None else f"-{entry.window.low!r}-{entry.window.high!r}"
    return f"{entry.sha256}{window}/{entry.class_name}"


def _digest(muted: Sequence[tuple[int, int, int]]) -> str:
    return hashlib.sha256(repr(muted).encode()).hexdigest()[:8]


def _packed(image: Assessed) -> NDArray[np.uint8]:
    arrays: list[NDArray[Any]] = [
        image.differences.numpy(),
        image.patch_scores.numpy(),
        image.likeness.numpy(),
        image.normal.numpy(),
        image.trained.shown,
        image.descriptor,
    ]
    return np.concatenate([np.ascontiguousarray(a).reshape(-1).view(np.uint8) for a in arrays])


def _unpacked(row: NDArray[np.uint8], shapes: _Shapes, record: _Record) -> Assessed:
    arrays: list[NDArray[Any]] = []
    start = 0
    for shape, kind in shapes.parts:
        end = start + int(np.prod(shape)) * np.dtype(kind).itemsize
        arrays.append(row[start:end].view(kind).reshape(shape))
        start = end
    differences, patch_scores, likeness, normal, shown, descriptor = arrays
    scores = torch.from_numpy(patch_scores)
    return Assessed(
        trained=ImageScores(record.raw_score, record.scores, shown),
        statistics=record.statistics,
        descriptor=descriptor,
        differences=torch.from_numpy(differences),
        patch_scores=scores,
        likeness=torch.from_numpy(likeness),
        normal=torch.from_numpy(normal),
        steady=frozenset(),
        responses=torch.full_like(scores, -torch.inf),
        is_mapped=True,
    )


def _length(shapes: _Shapes) -> int:
    return sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in shapes.parts)
