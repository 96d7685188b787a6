"""Opening the project that a command names."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.project.project import Project
from inspector.project.settling import take_over_finished
from inspector.project.work import Computing


def add_project_argument(parser: argparse.ArgumentParser) -> None:
    """The positional PROJECT."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project folder")


def finite_number(text: str) -> float:
    """A number that an option is given.

    Raises:
        argparse.ArgumentTypeError: It is none, or not finite.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number")
    return value


def add_computing_arguments(parser: argparse.ArgumentParser) -> None:
    """--device and --precision."""
    parser.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda", "mps"),
        help="where to compute (auto: a GPU where there is one)",
    )
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "float32", "bfloat16"),
        help="number format; auto: fits take bfloat16 where it is faster, scores are float32",
    )


def computing(options: argparse.Namespace) -> Computing:
    """What `add_computing_arguments` collected."""
    return Computing(device=options.device, precision=options.precision)


@contextmanager
def opened(folder: Path, *, create: bool = False) -> Iterator[Project]:
    """The project in `folder`; with `create`, made where there is none."""
    if create and not Project.is_project(folder):
        project = Project.create(folder)
    else:
        project = Project.open(folder)
    with project:
        for failure in take_over_finished(project):
            sys.stderr.write(f"inspector: {failure}\n")
        yield project
