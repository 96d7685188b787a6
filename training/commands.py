"""What the parent process asks of a worker: lines on stdin, read beside the work."""

from __future__ import annotations

import threading
from typing import BinaryIO


class Cancelled(Exception):
    """The user asked to stop and discard."""


class Interrupted(Exception):
    """The parent process is gone; the work is to be kept for resuming."""


class Commands:
    """Listens to stdin in a thread of its own.

    `finish_early` ends the current stage and keeps what is learned; `cancel` discards; the end of
    the stream means that the parent died.
    """

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._finish_early = threading.Event()
        self._cancel = threading.Event()
        self._orphaned = threading.Event()
        if stream is not None:
            thread = threading.Thread(target=self._listen, args=(stream,), daemon=True)
            thread.start()

    def check(self) -> None:
        """Raises Cancelled or Interrupted where that was asked for."""
        if self._cancel.is_set():
            raise Cancelled
        if self._orphaned.is_set():
            raise Interrupted

    def take_finish_early(self) -> bool:
        """Whether the current stage is to end now; asks only once."""
        asked = self._finish_early.is_set()
        self._finish_early.clear()
        return asked

    def _listen(self, stream: BinaryIO) -> None:
        # readline, not iteration: iterating reads ahead and would hold a command back.
        while line := stream.readline():
            match line.strip():
                case b"finish_early":
                    self._finish_early.set()
                case b"cancel":
                    self._cancel.set()
        self._orphaned.set()
