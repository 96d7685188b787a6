"""Rows of an array that come one after the other, written as they come."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from inspector.core.files import not_written

_DTYPE = np.dtype("<f2")


class RowsFile:
    """A `.npy` file (N, …) of float16 being written; memory does not grow with it.

    It is never left open, so that whoever cancels can remove what there is of it.

    Args:
        file: Appears under this name only when complete.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._temporary = part_of(file)
        self._shape: tuple[int, ...] = ()
        self._count = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Adds rows (B, …); all have the same shape.

        Raises:
            ValueError: These have another one.
            InspectorError: They cannot be written.
        """
        if not len(rows):
            return
        if not self._count:
            self._shape = rows.shape[1:]
        elif rows.shape[1:] != self._shape:
            raise ValueError(f"rows of {self._shape} are wanted, not of {rows.shape[1:]}")
        with self._writing(), self._temporary.open("ab" if self._count else "wb") as stream:
            if not self._count:
                self._write_header(stream)
            stream.write(np.ascontiguousarray(rows, _DTYPE).tobytes())
        self._count += len(rows)

    def close(self) -> None:
        """Completes the file. Without a row there is none.

        Raises:
            InspectorError: It cannot be written.
        """
        if not self._count:
            return
        with self._writing():
            with self._temporary.open("r+b") as stream:
                self._write_header(stream)  # as long as before: numpy leaves room for the number
                stream.flush()
                os.fsync(stream.fileno())
            self._temporary.replace(self._file)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError):  # it would keep a full disk full
                self._temporary.unlink()
            raise not_written(self._file, error) from error

    def _write_header(self, stream: BinaryIO) -> None:
        described = {
            "descr": _DTYPE.str,
            "fortran_order": False,
            "shape": (self._count, *self._shape),
        }
        np.lib.format.write_array_header_1_0(stream, described)


def part_of(file: Path) -> Path:
    """Where a file is before it is complete."""
    return file.with_name(f".{file.name}.part")
