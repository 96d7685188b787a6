"""What the command line prints: text for people on stdout, or one JSON document for machines."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import Any

import msgspec
from rich.console import Console, RenderableType

EXIT_DONE, EXIT_ERROR, EXIT_CANCELLED = 0, 1, 3  # argparse ends with 2 for wrong usage
EXIT_UNREAD = 4
EXIT_BUG, EXIT_INTERRUPTED = 70, 130


class Output:
    """Prints either for people or for machines.

    Args:
        json: For machines: text and progress are dropped, `result` prints JSON.
        silent: Drops the JSON too, for a step of a command that prints its own.
    """

    def __init__(self, *, json: bool = False, silent: bool = False) -> None:
        self.json = json
        self._silent = silent
        # A pipe or a file has no width of its own: 100 columns keep the tables whole.
        width = None if sys.stdout.isatty() else 100
        self._console = Console(quiet=json, highlight=False, width=width, soft_wrap=False)
        self.progress_console = Console(stderr=True, highlight=False, quiet=json)

    def say(self, text: RenderableType = "") -> None:
        """A line or a table for people."""
        self._console.print(text)

    def plain(self, text: str) -> None:
        """A line that may hold anything, a path above all: no markup, never wrapped."""
        self._console.print(text, markup=False, soft_wrap=True)

    def result(self, document: Any) -> None:
        """The JSON document for machines; nothing for people."""
        if self.json and not self._silent:
            text = msgspec.json.encode(document, enc_hook=_as_text).decode()
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def error(self, message: str, hint: str) -> None:
        """What went wrong and what to do; on stderr, and as JSON on stdout for machines."""
        self.result({"error": message, "hint": hint})
        sys.stderr.write(f"inspector: {message}\n" + (f"           {hint}\n" if hint else ""))


def _as_text(value: Any) -> str:
    """Paths, which JSON does not know."""
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")
