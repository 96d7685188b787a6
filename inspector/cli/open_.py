"""`inspector open`: the window, on a project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.window import open_window
from inspector.core.display import has_display
from inspector.errors import InspectorError
from inspector.project.project import Project


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "open",
        help="open the window, on a project where one is named",
        description="Opens Inspector's window and returns. `inspector` alone opens it as well.",
    )
    parser.add_argument(
        "project", type=Path, nargs="?", metavar="PROJECT", help="the project folder"
    )
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Opens the window."""
    project: Path | None = options.project
    if project is not None and not Project.is_project(project):
        raise InspectorError(
            f"'{project}' is not an Inspector project.",
            "Name a project folder; `inspector import` makes one from a folder of images.",
        )
    if not has_display():
        raise InspectorError(
            "There is no display to open a window on.",
            "The other commands work without one: inspector --help.",
        )
    try:
        open_window(project)
    except OSError as error:
        raise InspectorError(
            f"The window could not be opened: {error.strerror or error}.",
            "Install Inspector again, then try once more.",
        ) from error
    output.result({"state": "opened", "project": project})
    return EXIT_DONE
