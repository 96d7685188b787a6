"""The memory banks of a saved model, for who shows them; never imports torch.

A person may mute entries: `muted.json` beside the weights names them, and loading leaves them out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.fresh_file import read_fresh
from inspector.jobs.model_card import WEIGHTS_FILE

MUTED_FILE = "muted.json"

BANKS = ("normal", "outliers", "annotated", "pseudo", "fresh")
"""What banks are called; a method has some of them, in this order."""

Place = tuple[int, int, int]
"""A painted patch: annotation id, row and column on the patch grid."""


@dataclass(frozen=True, slots=True)
class StoredBank:
    """One bank.

    Attributes:
        features: (N, C) float16.
        image_ids: (N,) the image that each patch is of; −1 where it is of none.
        rows, columns: (N,) its place on the patch grid, one patch every 8 pixels of the input or
            canvas; −1 for pseudo-anomalies, which lie nowhere.
        annotation_ids: (N,) the painted mask that it comes from; −1 for none.
    """

    features: NDArray[np.float16]
    image_ids: NDArray[np.int32]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    annotation_ids: NDArray[np.int32]

    def places(self) -> list[Place]:
        """What `write_muted` takes, for each entry."""
        columns = (self.annotation_ids, self.rows, self.columns)
        return [tuple(place) for place in np.stack(columns, axis=1).tolist()]


def read_banks(folder: Path) -> dict[str, StoredBank]:
    """The banks of a model folder by name; none for a method without any.

    Raises:
        InspectorError: The weights are missing or damaged.
    """
    file = folder / WEIGHTS_FILE
    try:
        with safe_open(file, framework="numpy") as opened:
            names = set(opened.keys())
            banks = {
                bank: _stored(opened, bank) for bank in BANKS if _key(bank, "features") in names
            }
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder, error) from error
    fresh = read_fresh(folder)
    return banks if fresh is None else banks | {"fresh": _bank(fresh.features, fresh.sources)}


def learned_annotations(folder: Path) -> frozenset[int]:
    """The painted masks that a model was trained with, by annotation id; reads no patches.

    Raises:
        InspectorError: The weights are missing or damaged.
    """
    key = _key("annotated", "sources")
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="numpy") as opened:
            if key not in opened.keys():  # noqa: SIM118  (it is no dictionary)
                return frozenset()
            return frozenset(opened.get_tensor(key)[:, 3].tolist())
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder, error) from error


def read_muted(folder: Path) -> frozenset[Place]:
    """The muted entries of a model folder.

    Raises:
        InspectorError: The list is damaged.
    """
    file = folder / MUTED_FILE
    try:
        places = msgspec.json.decode(file.read_bytes(), type=list[Place])
    except FileNotFoundError:
        return frozenset()
    except (OSError, msgspec.MsgspecError) as error:
        raise InspectorError(
            f"The list of muted patches '{file}' cannot be read ({error}).",
            "Delete the file: then none is muted.",
        ) from error
    return frozenset(places)


def write_muted(folder: Path, places: Collection[Place]) -> None:
    """Replaces the muted entries of a model folder; the next loading leaves them out.

    Raises:
        InspectorError: The list cannot be written.
    """
    file = folder / MUTED_FILE
    try:
        write_atomically(file, msgspec.json.encode(sorted(places)))
    except OSError as error:
        raise InspectorError(
            f"The list of muted patches '{file}' could not be written: {error.strerror or error}.",
            "Check that the project folder may be written to.",
        ) from error


def _key(bank: str, what: str) -> str:
    return f"detector.{bank}.{what}"


def _stored(opened: Any, bank: str) -> StoredBank:
    sources = opened.get_tensor(_key(bank, "sources"))
    features = opened.get_tensor(_key(bank, "features"))
    return _bank(features, sources)


def _bank(features: NDArray[np.float16], sources: NDArray[np.int32]) -> StoredBank:
    return StoredBank(features, *(sources[:, column] for column in (0, 1, 2, 3)))


def _unreadable(folder: Path, error: Exception) -> InspectorError:
    return InspectorError(
        f"The weights of the model {folder.name} cannot be read ({error}).",
        "Train the model again, or restore the folder from a backup.",
    )
