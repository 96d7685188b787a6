"""Small pictures of images: made in threads, the newest request first, kept in memory and on disk.

Who paints asks `get` at every paint. What is not there yet is made soon, and `arrived` tells; what
was asked for long ago and is no longer looked at drops out of the queue.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRunnable, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage, QImageWriter, QPixmap

from inspector.core.images import ImageReadError
from inspector.core.windows import IntensityWindow
from inspector.gui.small_pictures import small_picture
from inspector.project.records import StoredImage

SIZES = (128, 256, 512, 1024, 2048)
"""The longer sides that are made, in pixels; the smallest that suffices is taken."""

_MEMORY = 256 * 2**20
_LONGEST_QUEUE = 400
_THREADS = 3
_BATCH_MS = 25
_QUALITY = 88


@dataclass(frozen=True, slots=True)
class PictureFile:
    """An image file to make a small picture of.

    Attributes:
        path: The file.
        sha256: Its content, where known: then the small picture is kept on disk.
        file_size, mtime_ns: The file that `sha256` belongs to; another one is not kept on disk.
        window: For a 16-bit image.
    """

    path: Path
    sha256: str | None = None
    file_size: int = 0
    mtime_ns: int = 0
    window: IntensityWindow | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """There is no picture, and why."""

    reason: str


Key = tuple[Path, str | None, IntensityWindow | None, int]


def picture_file(image: StoredImage, windows: Mapping[str, IntensityWindow]) -> PictureFile:
    """The file of a project's image; `windows` are those of its classes."""
    record = image.record
    window = windows.get(record.class_name) if record.bit_depth == 16 else None
    if record.stamp is None:
        return PictureFile(image.path, window=window)
    stamp = record.stamp
    return PictureFile(image.path, record.sha256, stamp.file_size, stamp.mtime_ns, window)


class Thumbnails(QObject):
    """Makes and keeps small pictures.

    Args:
        folder: Where they are kept on disk; None keeps them in memory only.
    """

    arrived = Signal(object)  # set of the paths whose pictures are there now

    _made = Signal(object, object)  # Key, QImage | Unreadable | Exception

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Key, QPixmap | Unreadable] = OrderedDict()
        self._bytes = 0
        self._queue = _Queue(folder)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(_THREADS)
        self._n_new = 0
        # Starting a thread from within a paint event would make the painting wait for it.
        self._starter = QTimer(self)
        self._starter.setSingleShot(True)
        self._starter.timeout.connect(self._start)
        self._news: set[Path] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_BATCH_MS)
        self._timer.timeout.connect(self._tell)
        self._made.connect(self._keep)

    def set_folder(self, folder: Path | None) -> None:
        """Works for another project: forgets what it has and what was asked for."""
        self._queue.clear(folder)
        self._kept.clear()
        self._bytes = 0

    def get(self, file: PictureFile, side: int) -> QPixmap | Unreadable | None:
        """The picture with its longer side about `side` device pixels, smaller where the image is.

        None where it is not there yet; it is made then, and `arrived` tells. Meanwhile a picture of
        another size is given where there is one.
        """
        size = next((size for size in SIZES if size >= side), SIZES[-1])
        key: Key = (file.path, file.sha256, file.window, size)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        if self._queue.add(key, file):
            self._n_new += 1
            self._starter.start()
        return next(
            (
                self._kept[other]
                for other_size in reversed(SIZES)
                if (other := (*key[:3], other_size)) in self._kept
            ),
            None,
        )

    def wait(self) -> None:
        """Forgets what was asked for and waits for the threads; before the program ends."""
        self._queue.clear()
        self._pool.clear()
        self._pool.waitForDone()

    def _start(self) -> None:
        for _ in range(min(self._n_new, _THREADS)):
            self._pool.start(_Maker(self._queue, self._made))
        self._n_new = 0

    def _keep(self, key: Key, made: QImage | Unreadable | Exception) -> None:
        self._queue.done(key)
        if isinstance(made, Exception):
            sys.excepthook(type(made), made, made.__traceback__)
            made = Unreadable(str(made) or type(made).__name__)
        value = QPixmap.fromImage(made) if isinstance(made, QImage) else made
        self._kept[key] = value
        self._bytes += _cost(value)
        while self._bytes > _MEMORY and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _cost(dropped)
        self._news.add(key[0])
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        news, self._news = self._news, set()
        self.arrived.emit(news)


def _cost(value: QPixmap | Unreadable) -> int:
    return 4 * value.width() * value.height() if isinstance(value, QPixmap) else 256


class _Queue:
    """What is asked for, newest first; safe between threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._folder = folder
        self._waiting: OrderedDict[Key, PictureFile] = OrderedDict()
        self._under_way: set[Key] = set()

    def add(self, key: Key, file: PictureFile) -> bool:
        """Asks for a picture, or asks again; whether a thread is needed for it."""
        with self._lock:
            if key in self._under_way:
                return False
            is_new = key not in self._waiting
            self._waiting[key] = file
            self._waiting.move_to_end(key)
            if len(self._waiting) > _LONGEST_QUEUE:
                self._waiting.popitem(last=False)
            return is_new

    def take(self) -> tuple[Key, PictureFile, Path | None] | None:
        """What is to be made next, and the folder to keep it in."""
        with self._lock:
            if not self._waiting:
                return None
            key, file = self._waiting.popitem(last=True)
            self._under_way.add(key)
            return key, file, self._folder

    def done(self, key: Key) -> None:
        with self._lock:
            self._under_way.discard(key)

    def clear(self, folder: Path | None = None) -> None:
        """Forgets what waits; the pictures asked for from now on are kept in `folder`."""
        with self._lock:
            self._waiting.clear()
            self._folder = folder


class _Maker(QRunnable):
    """Makes pictures, the one that was asked for last first, while any are asked for."""

    def __init__(self, queue: _Queue, made: object) -> None:
        super().__init__()
        self._queue, self._made = queue, made

    def run(self) -> None:
        while (taken := self._queue.take()) is not None:
            self._make(*taken)

    def _make(self, key: Key, file: PictureFile, folder: Path | None) -> None:
        made: QImage | Unreadable | Exception
        try:
            made = _picture(file, key[-1], folder)
        except ImageReadError as error:
            made = Unreadable(error.message)
        except OSError as error:
            made = Unreadable(error.strerror or str(error))
        except Exception as error:  # noqa: BLE001  (raised again on the GUI thread)
            made = error
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._made.emit(key, made)  # type: ignore[attr-defined]


def _picture(file: PictureFile, size: int, folder: Path | None) -> QImage:
    kept_at = _place(file, size, folder)
    if kept_at is not None:
        kept = QImage(str(kept_at))
        if not kept.isNull():
            return kept.convertToFormat(QImage.Format.Format_RGB32)
    picture = small_picture(file.path, size, file.window)
    if kept_at is not None:
        _save(picture, kept_at)
    return picture


def _place(file: PictureFile, size: int, folder: Path | None) -> Path | None:
    """Where the picture is kept; None where the file is not the one that its hash belongs to."""
    if folder is None or file.sha256 is None or size > 512:
        return None
    status = file.path.stat()
    if (status.st_size, status.st_mtime_ns) != (file.file_size, file.mtime_ns):
        return None
    window = f"-{file.window.low:g}-{file.window.high:g}" if file.window else ""
    return folder / file.sha256[:2] / f"{file.sha256}{window}-{size}.jpg"


def _save(picture: QImage, place: Path) -> None:
    """Keeps a picture; where the disk is full or read-only it is made anew the next time."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_suffix(f".{threading.get_ident()}.tmp")
        writer = QImageWriter(str(temporary), QByteArray(b"jpeg"))
        writer.setQuality(_QUALITY)
        if writer.write(picture):
            os.replace(temporary, place)  # noqa: PTH105
        else:
            temporary.unlink(missing_ok=True)
    except OSError:
        return
