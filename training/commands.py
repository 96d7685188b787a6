"""What a worker is asked to do, listened to beside the work.

The parent's lines come on stdin. A worker that its parent has detached is on its own: it obeys the
lines that anyone appends to a file in its run folder.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

from inspector.jobs.lines import GrowingLines

_LOOK_SECONDS = 0.3


class Cancelled(Exception):
    """The user asked to stop and discard."""


class Interrupted(Exception):
    """The parent process is gone; the work is to be kept for resuming."""


class Commands:
    """Listens in a thread of its own.

    `finish_early` ends the current stage and keeps what is learned; `cancel` discards; the end of
    the stream means that the parent died, but after `detach` it means nothing.

    Args:
        stream: The parent's commands.
        file: Where whoever is not the parent appends commands, such as a window that finds a
            detached worker. Who starts the worker deletes what an earlier try left there.
    """

    def __init__(self, stream: BinaryIO | None = None, file: Path | None = None) -> None:
        self._finish_early = threading.Event()
        self._cancel = threading.Event()
        self._orphaned = threading.Event()
        self._news = threading.Condition()
        self._request: bytes | None = None
        if file is not None:
            threading.Thread(target=self._watch, args=(file,), daemon=True).start()
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

    def has_request(self) -> bool:
        """Whether something was asked for that `next_request` has not given yet."""
        return self._request is not None

    def next_request(self) -> bytes:
        """Waits for a request, a line of JSON; of several that wait only the newest counts.

        Raises:
            Cancelled, Interrupted: By command, or by its end.
        """
        with self._news:
            while self._request is None:
                self.check()
                self._news.wait()
            request, self._request = self._request, None
            return request

    def _listen(self, stream: BinaryIO) -> None:
        # readline, not iteration: iterating reads ahead and would hold a command back.
        while line := stream.readline():
            if line.strip() == b"detach":
                return
            self._obey(line)
        self._orphaned.set()
        with self._news:
            self._news.notify_all()

    def _watch(self, file: Path) -> NoReturn:
        lines = GrowingLines(file)
        while True:
            for line in lines.read():
                self._obey(line)
            time.sleep(_LOOK_SECONDS)

    def _obey(self, line: bytes) -> None:
        match line.strip():
            case b"finish_early":
                self._finish_early.set()
            case b"cancel":
                self._cancel.set()
            case request if request.startswith(b"{"):
                self._request = request
        with self._news:
            self._news.notify_all()
