"""Decoded images in batches, read by threads ahead of the computation.

Memory does not grow with the number of images, and with their size only as one of them does: an
image takes 7 bytes a pixel while it is decoded and scaled, and large ones are so one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.files import sha256_of
from inspector.core.images import ImageReadError, probe_image, read_for_model
from inspector.errors import InspectorError
from inspector.project.snapshots import SnapshotEntry

_LEAST_THREADS, _MOST_THREADS = 4, 16
_BATCHES_AHEAD = 3
_LARGE_PIXELS = 32_000_000

Decoded = NDArray[np.float32] | InspectorError


class ImageBatch(NamedTuple):
    """Images that could be read, and those that could not.

    Attributes:
        rows: Positions in the sequence that was asked for, one per image.
        images: (B, 3, H, W) float32 in [0, 1].
        failures: (position, reason) of the others.
    """

    rows: list[int]
    images: Tensor
    failures: list[tuple[int, InspectorError]]


def read_batches(
    entries: Sequence[SnapshotEntry], size: int, batch_size: int
) -> Iterator[ImageBatch]:
    """All images in order, `batch_size` at a time; at most a few batches are held in memory."""
    starts = range(0, len(entries), batch_size)
    with (
        ThreadPoolExecutor(_threads(), thread_name_prefix="decode") as pool,
        # One thread, not only one at a time: the allocator keeps what each thread has freed.
        ThreadPoolExecutor(1, thread_name_prefix="decode-large") as large,
    ):
        waiting: deque[tuple[int, list[Future[Decoded]]]] = deque()
        try:
            for start in starts:
                chunk = entries[start : start + batch_size]
                decoded = [pool.submit(_decode, entry, size, large) for entry in chunk]
                waiting.append((start, decoded))
                if len(waiting) > _BATCHES_AHEAD:
                    yield _collect(*waiting.popleft(), size)
            while waiting:
                yield _collect(*waiting.popleft(), size)
        finally:  # who stops reading does not wait for what was to come
            for _, futures in waiting:
                for future in futures:
                    future.cancel()


def _threads() -> int:
    """Of this process's share of the cores, as many as leave the computation its own."""
    return min(_MOST_THREADS, max(_LEAST_THREADS, torch.get_num_threads() // 2))


def _decode(entry: SnapshotEntry, size: int, large: ThreadPoolExecutor) -> Decoded:
    try:
        # A loose folder's images have no hash: nothing was promised about them.
        if entry.sha256 and sha256_of(Path(entry.path)) != entry.sha256:
            return ImageReadError(
                f"'{entry.path}' has changed since it was imported.", "Import its folder again."
            )
        path = Path(entry.path)
        info = probe_image(path)
        if info.width * info.height > _LARGE_PIXELS:
            return large.submit(read_for_model, path, size, entry.window).result()
        return read_for_model(path, size, entry.window)
    except InspectorError as error:
        return error


def _collect(start: int, futures: list[Future[Decoded]], size: int) -> ImageBatch:
    rows: list[int] = []
    arrays: list[NDArray[np.float32]] = []
    failures: list[tuple[int, InspectorError]] = []
    for row, future in enumerate(futures, start):
        decoded = future.result()
        if isinstance(decoded, InspectorError):
            failures.append((row, decoded))
        else:
            rows.append(row)
            arrays.append(decoded)
    stacked = np.stack(arrays) if arrays else np.empty((0, size, size, 3), np.float32)
    images = torch.from_numpy(stacked).permute(0, 3, 1, 2)  # a view: channels-last in memory
    return ImageBatch(rows, images, failures)
