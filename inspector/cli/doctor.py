"""`inspector doctor`: what is installed, what computes, what is missing and what to do about it."""

from __future__ import annotations

import argparse
from typing import Any

from inspector.cli.output import EXIT_DONE, EXIT_ERROR, Output
from inspector.errors import InspectorError


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor", help="print versions, device and weights, and what is missing"
    )
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Examines the installation; exit code 1 where something needed is missing."""
    try:
        from inspector.engine.examination import examine
    except (ImportError, OSError) as error:
        raise InspectorError(
            f"A package that Inspector needs cannot be loaded ({error}).",
            "Install Inspector again with pip, in a virtual environment of its own.",
        ) from error
    found = examine()
    output.result(found)
    parts = (
        ("Versions", found.versions),
        ("Optional parts", found.extras),
        ("Computing", found.computing),
    )
    for title, facts in parts:
        output.plain(title)
        for name, value in facts.items():
            output.plain(f"  {name:28} {value}")
    output.plain("Weights")
    for weights in found.weights:
        output.plain(f"  {weights.backbone:28} {weights.state}")
    output.plain(f"  {'put weights files into':28} {found.weights_folder}")
    output.plain("Problems" if found.problems else "No problems found.")
    for problem in found.problems:
        output.plain(f"  {problem}")
    return EXIT_ERROR if found.problems else EXIT_DONE
