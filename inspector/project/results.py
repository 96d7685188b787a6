"""The files that a scoring leaves in its run folder."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from inspector.core.evaluation import Evaluation, ImageResult
from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.events import Change

RESULTS_FILE = "results.json"
MAPS_FILE = "maps.npy"
"""Smoothed raw maps at the finest feature grid, (N, h, w); a row for each scored image."""
DESCRIPTORS_FILE = "descriptors.npy"
"""Pooled descriptors, (N, C)."""
EVALUATION_FILE = "evaluation.json"
REPORT_FILE = "report.html"
CHANGES_FILE = "changes.json"
CURRENT_FOLDER = "current"
PORTIONS_FOLDER = "portions"
_PORTIONS_GONE = ".portions.gone"
_PROBLEMS_FILE = "problems.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UnreadImage:
    """An image that could not be scored, and why."""

    image_id: int
    path: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Results:
    """Scored images, in the order of the rows of `maps.npy`, and those that were not read."""

    scored: tuple[ImageResult, ...]
    unread: tuple[UnreadImage, ...]


def open_maps(folder: Path) -> NDArray[np.float16]:
    """The maps of a scoring, memory-mapped (N, h, w)."""
    maps: NDArray[np.float16] = np.load(folder / MAPS_FILE, mmap_mode="r", allow_pickle=False)
    return maps


def write_results(folder: Path, results: Results) -> None:
    """Writes `results.json`."""
    write_atomically(folder / RESULTS_FILE, msgspec.json.encode(results))


def read_results(folder: Path) -> Results:
    """Reads `results.json`.

    Raises:
        InspectorError: It is missing, damaged, or of an Inspector that kept other things in it.
    """
    return _decoded(folder / RESULTS_FILE, Results)


def write_problems(folder: Path, problems: Sequence[UnreadImage]) -> None:
    """Writes what of a folder to be scored was not understood: it is no image of the snapshot."""
    write_atomically(folder / _PROBLEMS_FILE, msgspec.json.encode(list(problems)))


def read_problems(folder: Path) -> tuple[UnreadImage, ...]:
    """Reads what `write_problems` has written; empty where nothing was.

    Raises:
        InspectorError: The file is damaged.
    """
    if not (folder / _PROBLEMS_FILE).exists():
        return ()
    return _decoded(folder / _PROBLEMS_FILE, tuple[UnreadImage, ...])


def remove_portions(folder: Path) -> None:
    """Removes the portions of a scoring on a cluster.

    Under another name first: a resumed run must find a portion whole, or not at all.
    """
    clear_removed_portions(folder)
    with contextlib.suppress(OSError):  # there are none
        (folder / PORTIONS_FOLDER).rename(folder / _PORTIONS_GONE)
    clear_removed_portions(folder)


def clear_removed_portions(folder: Path) -> None:
    """Removes what an interrupted `remove_portions` has left."""
    shutil.rmtree(folder / _PORTIONS_GONE, ignore_errors=True)


def write_changes(folder: Path, changes: Sequence[Change]) -> None:
    """Writes `changes.json`: what was learned at once did this to scores, the most first."""
    write_atomically(folder / CHANGES_FILE, msgspec.json.encode(list(changes)))


def read_changes(folder: Path) -> tuple[Change, ...]:
    """Reads `changes.json`.

    Raises:
        InspectorError: It is missing, damaged, or of an Inspector that kept other things in it.
    """
    return _decoded(folder / CHANGES_FILE, tuple[Change, ...])


def write_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Writes `evaluation.json`."""
    write_atomically(folder / EVALUATION_FILE, msgspec.json.encode(evaluation))


def read_evaluation(folder: Path) -> Evaluation:
    """Reads `evaluation.json`.

    Raises:
        InspectorError: It is missing, damaged, or of an Inspector that kept other things in it.
    """
    return _decoded(folder / EVALUATION_FILE, Evaluation)


def _decoded(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except OSError as error:
        raise InspectorError(
            f"'{file}' could not be read: {error.strerror or error}.", "Score the images again."
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InspectorError(
            f"'{file}' is damaged or was written by another version of Inspector ({error}).",
            "Score the images again.",
        ) from error
