"""Opening the window from the command line: a process of its own, so that the command returns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def window_command(project: Path | None) -> list[str]:
    """The command line that opens the window, on a project where one is given."""
    # A bundled program has no interpreter in front of it.
    module = [] if getattr(sys, "frozen", False) else ["-m", "inspector"]
    folder = [] if project is None else [str(project.resolve())]
    return [sys.executable, *module, "--window", *folder]


def open_window(project: Path | None) -> None:
    """Opens the window and does not wait for it; it outlives this process and its terminal.

    Raises:
        OSError: The process could not be started.
    """
    subprocess.Popen(
        window_command(project),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "DETACHED_PROCESS", 0),  # the same on Windows
    )
