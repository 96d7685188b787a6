"""Opening the window from the command line: a process of its own, so that the command returns."""

from __future__ import annotations

import subprocess
from pathlib import Path

from inspector.jobs.process import own_command


def window_command(project: Path | None) -> list[str]:
    """The command line that opens the window, on a project where one is given."""
    return own_command("--window", *([] if project is None else [str(project.resolve())]))


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
