"""Writing a file so that the last good one is never damaged, and hashing what one holds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from inspector.errors import InspectorError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`, or leave it exactly as it was.

    Whoever opens `path`, at any moment and after any crash, sees the old bytes or the new ones.

    Raises:
        InspectorError: the file cannot be written (no such folder, no permission, disk full).
    """
    # A short name of its own: the target's name may already be as long as the file system allows.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # gone after success; never hides the first error
            temporary.unlink()


def not_written(path: Path, error: OSError) -> InspectorError:
    """What to tell of a file that could not be written."""
    return InspectorError(
        f"'{path}' could not be written: {error.strerror or error}.",
        "Check that its folder exists, may be written to, and that the disk is not full.",
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content as 64 lower-case hexadecimal digits, read in pieces.

    Raises:
        InspectorError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InspectorError(
            f"'{path}' could not be read: {error.strerror or error}.",
            "Check that the file exists and may be read.",
        ) from error
