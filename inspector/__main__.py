"""Entry point: dispatch only. Imports nothing heavy."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs a worker, the window, or the command line. Returns the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--worker"] and len(arguments) == 2:
        from pathlib import Path

        from training.worker import main as run_worker

        return run_worker(Path(arguments[1]))
    if not arguments or arguments[0] == "--window":
        from inspector.gui.app import main as run_window

        return run_window(arguments[1:])
    from inspector.cli.main import main as run_command

    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(main())
