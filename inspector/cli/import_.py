"""`inspector import`: a folder of images into a project."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.table import Table

from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.progress import counting
from inspector.cli.projects import add_project_argument, opened
from inspector.core.layouts import LAYOUTS, recognise
from inspector.core.samples import Split, Truth
from inspector.project.importing import ImportSummary
from inspector.project.project import Project

_PROBLEMS_SHOWN = 20


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "import",
        help="import a folder of images into a project (made where there is none)",
        description="Recognises the folder's layout by itself. Images stay where they are.",
        epilog="layouts:\n" + "\n".join(f"  {name:12} {words}" for name, words in LAYOUTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_project_argument(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of images")
    parser.add_argument("--layout", choices=list(LAYOUTS), help="force a layout")
    parser.add_argument(
        "--assume-good",
        action="store_true",
        help="take images of which nothing is known for good parts to learn from",
    )
    parser.add_argument("--class-name", help="product class of images that have none")
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Imports and says what was found, problems included."""
    if not Project.is_project(options.project):
        recognise(options.folder, options.layout)  # a mistyped folder must not make a project
    with (
        opened(options.project, create=True) as project,
        counting(output, "Reading images", "images") as progress,
    ):
        summary = project.import_folder(
            options.folder,
            options.layout,
            Truth.GOOD if options.assume_good else None,
            options.class_name,
            progress,
        )
    output.result(summary)
    _say(summary, output)
    return EXIT_DONE


def _say(summary: ImportSummary, output: Output) -> None:
    output.plain(summary.description)
    output.plain(
        f"{summary.n_new} new, {summary.n_changed} changed, {summary.n_unchanged} unchanged."
    )
    output.say(_counts(summary))
    if summary.duplicates:
        output.plain(
            f"Warning: {len(summary.duplicates)} images stand in more than one split; what a model "
            f"has learned from must not come back in its test. The first: "
            f"{', '.join(str(path) for path in summary.duplicates[0])}"
        )
    if summary.problems:
        output.plain(f"{summary.n_problems} files cannot be used or were not understood:")
    for problem in summary.problems[:_PROBLEMS_SHOWN]:
        output.plain(f"  {problem.path}: {problem.reason} {problem.hint}".rstrip())
    rest = len(summary.problems) - _PROBLEMS_SHOWN
    if rest > 0:
        output.plain(f"  … and {rest} more; --json lists all.")


def _counts(summary: ImportSummary) -> Table:
    table = Table("class", box=None, header_style="bold", pad_edge=False)
    columns = sorted({(count.split, count.truth) for count in summary.counts}, key=_reading_order)
    for split, truth in columns:
        label = truth.value if split is Split.UNASSIGNED else f"{split.value} {truth.value}"
        table.add_column(label, justify="right")
    numbers: dict[str, dict[tuple[Split, Truth], int]] = defaultdict(dict)
    for count in summary.counts:
        numbers[count.class_name][count.split, count.truth] = count.n_images
    for name, row in numbers.items():
        table.add_row(name or "(no class)", *(str(row.get(column, "–")) for column in columns))
    return table


def _reading_order(column: tuple[Split, Truth]) -> tuple[int, int]:
    return list(Split).index(column[0]), list(Truth).index(column[1])
