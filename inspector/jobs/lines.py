"""Reading a file of lines while another process appends to it."""

from __future__ import annotations

from pathlib import Path


class GrowingLines:
    """The lines of a file that only ever grows; it may not exist yet."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._place = 0
        self._torn = b""

    def read(self) -> list[bytes]:
        """The lines completed since the last call, without their ends.

        A last line that is not complete is held back. A file that cannot be read just now has
        nothing new.
        """
        try:
            with self._file.open("rb") as file:
                file.seek(self._place)
                fresh = file.read()
        except OSError:
            return []
        self._place += len(fresh)
        *lines, self._torn = (self._torn + fresh).split(b"\n")
        return lines
