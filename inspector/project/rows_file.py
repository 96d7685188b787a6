"""Rows of an array that come one after the other, written as they come."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_DTYPE = np.dtype("<f2")


class RowsFile:
    """A `.npy` file (N, …) of float16 being written; memory does not grow with it.

    Args:
        file: Appears under this name only when complete.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._temporary = part_of(file)
        self._stream: BinaryIO | None = None
        self._shape: tuple[int, ...] = ()
        self._count = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Adds rows (B, …); all have the same shape.

        Raises:
            ValueError: These have another one.
            OSError: They cannot be written.
        """
        if self._stream is None:
            self._shape = rows.shape[1:]
            self._stream = self._temporary.open("wb")
            self._write_header(self._stream)
        elif rows.shape[1:] != self._shape:
            raise ValueError(f"rows of {self._shape} are wanted, not of {rows.shape[1:]}")
        self._stream.write(np.ascontiguousarray(rows, _DTYPE).tobytes())
        self._count += len(rows)

    def close(self) -> None:
        """Completes the file. Without a row there is none.

        Raises:
            OSError: It cannot be written.
        """
        if self._stream is None:
            return
        self._stream.seek(0)
        self._write_header(self._stream)  # as long as before: numpy leaves room for the number
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._stream = None
        self._temporary.replace(self._file)

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
