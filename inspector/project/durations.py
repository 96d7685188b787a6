"""How long a training took, from what it said."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from inspector.jobs.events import EVENTS_FILE, Done, Hello, replay


def training_seconds(run_folder: Path) -> float | None:
    """Seconds that a training has worked, pauses between being stopped and resumed left out.

    None where it is not done, or its run folder is gone. A file is read once, and again only after
    it has changed.
    """
    try:
        status = (run_folder / EVENTS_FILE).stat()
    except OSError:
        return None
    return _replayed(run_folder, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _replayed(run_folder: Path, modified: int, size: int) -> float | None:
    seconds, is_done = 0.0, False
    begun: float | None = None
    last = 0.0
    for event in replay(run_folder):
        if isinstance(event, Hello):
            if begun is not None:
                seconds += last - begun
            begun = event.time
        last = event.time
        is_done |= isinstance(event, Done)
    return seconds + last - begun if is_done and begun is not None else None
