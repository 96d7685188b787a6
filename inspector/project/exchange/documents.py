"""Reading JSON files that other programs wrote."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TypeVar

import msgspec

from inspector.errors import InspectorError

T = TypeVar("T")


def read_document(file: Path, kind: type[T], program: str) -> T:
    """What a JSON file holds; fields that `kind` does not name are passed over.

    Args:
        file: The file.
        kind: What it must be.
        program: Whose format it is, for the error.

    Raises:
        InspectorError: It cannot be read, is damaged, or not of that format.
    """
    hint = f"Export it again from its source, or choose a file of {program}."
    try:
        content = file.read_bytes().removeprefix(codecs.BOM_UTF8)
        return msgspec.json.decode(content, type=kind)
    except OSError as error:
        raise InspectorError(
            f"'{file}' could not be read: {error.strerror or error}.",
            "Check that the file exists and may be read.",
        ) from error
    except msgspec.ValidationError as error:
        raise InspectorError(f"'{file}' is no file of {program}: {error}.", hint) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InspectorError(f"'{file}' is cut short or damaged: {error}.", hint) from error
