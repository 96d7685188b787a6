"""Keys that were typed while the window hung: they were meant for the image before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

LONG_S = 0.5
_DEAF_MS = 100


class Patience(QObject):
    """After work that held the window up, takes no answer until the keys that wait have passed.

    Attributes:
        is_deaf: Whether what is typed now cannot have been meant for what is shown.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.is_deaf = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Around work that may hang."""
        began = time.monotonic()
        yield
        if time.monotonic() - began > LONG_S:
            self.is_deaf = True
            QTimer.singleShot(_DEAF_MS, self, self._hear)

    def _hear(self) -> None:
        self.is_deaf = False
