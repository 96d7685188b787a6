"""One intensity window per class with 16-bit images, estimated at import and kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.core.images import read_image
from inspector.core.samples import is_normal_for_training
from inspector.core.windows import IntensityWindow, estimate_window
from inspector.project.database import Database
from inspector.project.paths import from_stored
from inspector.project.records import ImageRecord

_MOST_IMAGES = 64


def load_windows(database: Database) -> dict[str, IntensityWindow]:
    """The window of each class that has 16-bit images."""
    rows = database.rows("SELECT class_name, low, high FROM class_window")
    return {row["class_name"]: IntensityWindow(row["low"], row["high"]) for row in rows}


def save_windows(
    database: Database, windows: Mapping[str, IntensityWindow], classes: Collection[str]
) -> None:
    """Replace the windows of `classes` by those in `windows`; inside the caller's transaction."""
    database.run_many("DELETE FROM class_window WHERE class_name = ?", [(c,) for c in classes])
    database.run_many(
        "INSERT INTO class_window (class_name, low, high) VALUES (?, ?, ?)",
        [(name, window.low, window.high) for name, window in windows.items()],
    )


def estimate_windows(
    images: Sequence[tuple[Path, ImageRecord]], classes: Collection[str]
) -> dict[str, IntensityWindow]:
    """Windows of those among `classes` that have usable 16-bit images.

    They are estimated on up to 64 evenly chosen images that show what is normal, or on all kinds
    of images of a class that has no normal ones.

    Args:
        images: The folder that a record is relative to, and the record.
        classes: Names of the classes to estimate.

    Raises:
        ImageReadError: An image cannot be read any more.
    """
    by_class: dict[str, list[tuple[Path, ImageRecord]]] = defaultdict(list)
    for root, record in images:
        if record.bit_depth == 16 and record.problem is None and record.class_name in classes:
            by_class[record.class_name].append((root, record))
    windows = {}
    for name, candidates in sorted(by_class.items()):
        normal = [c for c in candidates if is_normal_for_training(c[1].split, c[1].truth)]
        # File names mostly follow time: evenly over them means evenly over light and wear.
        chosen = sorted(normal or candidates, key=lambda c: c[1].path)
        count = min(len(chosen), _MOST_IMAGES)
        places = np.linspace(0, len(chosen) - 1, count).round().astype(int)
        windows[name] = estimate_window(_pixels([chosen[i] for i in places]))
    return windows


def _pixels(images: Sequence[tuple[Path, ImageRecord]]) -> Iterator[NDArray[np.uint16]]:
    for root, record in images:
        pixels = read_image(from_stored(root, record.path))
        if pixels.dtype == np.uint16:
            yield pixels.astype(np.uint16, copy=False)
