"""The connection to `project.db`: queries, transactions, and SQLite's errors in a user's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspector.errors import InspectorError
from inspector.project.paths import DATABASE

Value = str | int | float | bytes | None

_BUSY_SECONDS = 5.0

_DISK = "Check the disk and the folder's permissions, then try again; nothing was changed."
_BACKUP = "Restore the project folder from a backup, or import the images into a new project."
# By SQLite's primary result code. A code that is not here comes from a bug, not from the world.
_EXPLAINED = {
    sqlite3.SQLITE_PERM: ("may not be opened", _DISK),
    sqlite3.SQLITE_BUSY: (
        "is in use by another Inspector",
        "Wait for the other program to finish or close it, then try again; nothing was changed.",
    ),
    sqlite3.SQLITE_READONLY: ("may not be written to", _DISK),
    sqlite3.SQLITE_IOERR: ("could not be read or written", _DISK),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _BACKUP),
    sqlite3.SQLITE_FULL: (
        "could not be written: the disk is full",
        "Free some space (the project's 'cache' folder may always be deleted) and try again.",
    ),
    sqlite3.SQLITE_CANTOPEN: ("could not be opened", _DISK),
    sqlite3.SQLITE_NOTADB: ("is not a database", _BACKUP),
}


class Database:
    """A project's SQLite database. Used from the thread that opened it; writes need a transaction.

    Every method raises InspectorError where the file is locked, read-only, damaged or the disk is
    full. Wrong SQL and violated constraints stay `sqlite3` errors: they are bugs.
    """

    def __init__(self, folder: Path) -> None:
        """Open `project.db` in `folder`, creating it where there is none."""
        self.folder = folder
        self.file = folder / DATABASE
        with self._explained():
            # isolation_level None: no transaction begins by itself, only `transaction()` does.
            self._connection = sqlite3.connect(
                self.file, timeout=_BUSY_SECONDS, isolation_level=None
            )
        self._connection.row_factory = sqlite3.Row

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def batches(
        self, sql: str, size: int, values: Sequence[Value] = ()
    ) -> Iterator[list[sqlite3.Row]]:
        """The rows of a query, no more than `size` at a time, all of one state of the database."""
        with self._explained():
            cursor = self._connection.execute(sql, values)
            while batch := cursor.fetchmany(size):
                yield batch

    def row(self, sql: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._explained():
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Execute one statement; returns the id of the row that it inserted last."""
        with self._explained():
            return self._connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Execute one statement for each sequence of values."""
        with self._explained():
            self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or, whatever ends it early (even Ctrl+C), nothing of it."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        finally:
            if self._connection.in_transaction:
                self.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection; closing twice does nothing."""
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
            if code not in _EXPLAINED:
                raise
            what, hint = _EXPLAINED[code]
            raise InspectorError(f"The project file '{self.file}' {what}.", hint) from error
