"""Images with all that is shown on them, made ready in threads before they are asked for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from inspector.core.aligned_maps import aligned_map
from inspector.core.evaluation import Expected
from inspector.core.images import read_image, read_mask
from inspector.core.regions import Region, find_regions
from inspector.core.windows import FULL_RANGE, IntensityWindow
from inspector.errors import InspectorError
from inspector.project.results import open_maps

_THREADS = 2
_MEMORY = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image to make ready, and on what scale.

    Attributes:
        image_id: Whose it is.
        path, window: The file, and how a 16-bit one is shown.
        mask_paths: Its true defect; may be empty.
        run_folder, map_row: Where its raw map lies; None where there is none.
        expected: û and γ̂ of the variant; None where it does not align.
        epsilon: The variant's ε.
        threshold: Regions score above it.
        sha256: Of the file when it was imported.
    """

    image_id: int
    path: Path
    window: IntensityWindow | None = None
    mask_paths: tuple[Path, ...] = ()
    run_folder: Path | None = None
    map_row: int = -1
    expected: Expected | None = None
    epsilon: float = 0.0
    threshold: float = 0.0
    sha256: str = ""

    def is_same_picture(self, other: Wanted) -> bool:
        """Whether both are of one file as it was at one time."""
        return (self.path, self.sha256) == (other.path, other.sha256)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """An image that is ready.

    Attributes:
        wanted: What was asked for.
        pixels: (H, W, 3) uint8 RGB; None where the file cannot be read.
        anomaly_map: (h, w) float32 on the variant's scale; None without one.
        regions: What scores above the threshold.
        mask: (H, W) bool, the true defect; None where none is known.
        problem: Why there are no pixels; empty where there are.
    """

    wanted: Wanted
    pixels: NDArray[np.uint8] | None = None
    anomaly_map: NDArray[np.float32] | None = None
    regions: tuple[Region, ...] = ()
    mask: NDArray[np.bool_] | None = None
    problem: str = ""

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        arrays = (self.pixels, self.anomaly_map, self.mask)
        return sum(array.nbytes for array in arrays if array is not None)


class Prefetch(QObject):
    """Keeps ready what was asked for last, and drops everything else."""

    arrived = Signal(object)  # Look

    _made = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[tuple[Wanted, Look | None]] = []
        self._under_way: set[Wanted] = set()
        self._asked: list[Wanted] = []
        self._ready: dict[int, Look] = {}
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_THREADS)
        self._made.connect(self._keep)

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """These are wanted now, the most urgent first; whatever else was asked for is stale."""
        self._asked = list(dict.fromkeys(wanted))
        ids = {one.image_id for one in self._asked}
        self._ready = {key: look for key, look in self._ready.items() if key in ids}
        missing = [one for one in self._asked if self.get(one) is None]
        with self._lock:
            new = [one for one in missing if one not in self._under_way]
            self._waiting = [(one, self._ready.get(one.image_id)) for one in new]
        for _ in new:
            self._pool.start(_Maker(self))

    def get(self, wanted: Wanted) -> Look | None:
        """The image if it is ready, exactly as wanted."""
        look = self._ready.get(wanted.image_id)
        return look if look is not None and look.wanted == wanted else None

    @property
    def kept(self) -> list[int]:
        """Ids of the images that are ready."""
        return list(self._ready)

    def wait(self) -> None:
        """Forgets what was asked for and waits for the threads."""
        self.ask([])
        self._pool.waitForDone()

    def work(self) -> None:
        """In a thread: makes the most urgent image that waits."""
        with self._lock:
            if not self._waiting:
                return
            wanted, before = self._waiting.pop(0)
            self._under_way.add(wanted)
        look = look_at(wanted, before)
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._made.emit(look)

    def _keep(self, look: Look) -> None:
        with self._lock:
            self._under_way.discard(look.wanted)
        if look.wanted not in self._asked:
            return
        self._ready[look.wanted.image_id] = look
        for least in reversed(self._asked[1:]):
            if sum(kept.bytes for kept in self._ready.values()) <= _MEMORY:
                break
            self._ready.pop(least.image_id, None)
        self.arrived.emit(look)


class _Maker(QRunnable):
    def __init__(self, prefetch: Prefetch) -> None:
        super().__init__()
        self._prefetch = prefetch

    def run(self) -> None:
        self._prefetch.work()


def look_at(wanted: Wanted, before: Look | None = None) -> Look:
    """Makes an image ready; takes the pixels from an earlier look where they are the same."""
    look = Look(wanted)
    if before is not None and before.pixels is not None and before.wanted.is_same_picture(wanted):
        look = replace(look, pixels=before.pixels, mask=before.mask)
    else:
        try:
            pixels = _pixels(wanted)
            look = replace(look, pixels=pixels, mask=_mask(wanted, pixels.shape[:2]))
        except InspectorError as error:
            look = replace(look, problem=error.message)
        except OSError as error:
            look = replace(look, problem=error.strerror or str(error))
    raw = _raw_map(wanted)
    if raw is None:
        return look
    shown = aligned_map(raw, wanted.expected, wanted.epsilon)
    regions: Sequence[Region] = ()
    if look.pixels is not None:
        regions = find_regions(shown, wanted.threshold, look.pixels.shape[:2])
    return replace(look, anomaly_map=shown, regions=tuple(regions))


def _pixels(wanted: Wanted) -> NDArray[np.uint8]:
    pixels = read_image(wanted.path)
    if pixels.dtype == np.uint16:
        shown = (wanted.window or FULL_RANGE).apply(pixels.astype(np.uint16, copy=False))
        pixels = np.rint(shown * 255).astype(np.uint8)
    return np.ascontiguousarray(pixels, np.uint8)


def _mask(wanted: Wanted, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """The mask at the image's size; one that cannot be read is as good as none."""
    if not wanted.mask_paths:
        return None
    try:
        return read_mask(wanted.mask_paths, (shape[0], shape[1]))
    except InspectorError:
        return None


def _raw_map(wanted: Wanted) -> NDArray[np.float16] | None:
    """The stored map; None where the run's files are gone (they may be deleted)."""
    if wanted.run_folder is None or wanted.map_row < 0:
        return None
    try:
        maps = open_maps(wanted.run_folder)
    except (OSError, ValueError):
        return None
    return maps[wanted.map_row] if wanted.map_row < len(maps) else None
