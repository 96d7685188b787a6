"""Names inside a project folder, and paths kept so that a moved project still finds its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from inspector.errors import InspectorError

DATABASE = "project.db"
RUNS = "runs"
MODELS = "models"
SNAPSHOTS = "snapshots"
CACHE = "cache"
REPORTS = "reports"
ANNOTATIONS = "annotations"

SUBFOLDERS = (RUNS, MODELS, SNAPSHOTS, CACHE, REPORTS, ANNOTATIONS)


def canonical(folder: Path) -> Path:
    """The one absolute path of a folder, without links, whether it exists or not.

    Raises:
        InspectorError: The path is no text, so neither database nor JSON can hold it, or its links
            lead in a circle.
    """
    try:
        resolved = folder.expanduser().resolve()
        str(resolved).encode()
    except UnicodeEncodeError as error:
        readable = str(folder).encode(errors="backslashreplace").decode()
        raise InspectorError(
            f"The path '{readable}' holds bytes that are no text.", "Rename the folder."
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise InspectorError(
            f"The folder '{folder}' cannot be reached: {error}.", "Check how it is spelled."
        ) from error
    return resolved


def to_stored(root: Path, path: Path) -> str:
    """`path` as text relative to `root` with forward slashes; absolute where it lies elsewhere."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def from_stored(root: Path, stored: str) -> Path:
    """The path that `to_stored` made `stored` of. (Joining an absolute path drops `root`.)"""
    return root / stored


def next_number(folder: Path, used: Iterable[int]) -> int:
    """The lowest number above those in use and those that begin a name in `folder`.

    Looking at the names too keeps what lies there from being overwritten if the database is older
    than its folder, as after a crash or a restored backup.

    Raises:
        InspectorError: The folder cannot be read.
    """
    try:
        names = [re.match(r"\d+", entry.name) for entry in folder.iterdir()]
    except OSError as error:
        raise InspectorError(
            f"The folder '{folder}' cannot be read: {error.strerror or error}.",
            "Close the project and open it again; that makes the folder where it is missing.",
        ) from error
    return max([0, *used, *(int(match[0]) for match in names if match)]) + 1


def now() -> str:
    """The present moment in UTC, ISO 8601 to the second, as every table keeps it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
