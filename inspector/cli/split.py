"""`inspector split`: fewer training images of some classes, as lines really make them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.projects import add_project_argument, opened
from inspector.core.words import class_label
from inspector.errors import InspectorError
from inspector.project.splits import SplitFile, make_split, write_split


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "split",
        help="choose a long-tailed part of the training images",
        description="Many images of some classes, few of others. Classes are taken by popularity. "
        "exp: from class to class fewer; step: the head half keeps all, the tail half few. Nothing "
        "is changed: `inspector train --split FILE` learns from the images that FILE names; test "
        "images stay as they are.",
    )
    add_project_argument(parser)
    parser.add_argument("--kind", choices=("exp", "step"), default="exp")
    parser.add_argument(
        "--beta",
        type=float,
        default=10.0,
        help="images of the largest class for one of the smallest (default: 10)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the split file (default: split-KIND-BETA-SEED.json here)",
    )
    parser.add_argument("--preview", action="store_true", help="show the numbers, write nothing")
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Draws a split, shows it and writes its file."""
    if options.seed < 0:
        raise InspectorError("A seed is not negative.", "For example --seed 0.")
    with opened(options.project) as project:
        split = make_split(project.take_snapshot(), options.kind, options.beta, options.seed)
    file: Path | None = None
    if not options.preview:
        name = f"split-{split.kind}-{split.beta:g}-{split.seed}.json"
        file = options.out or Path(name)
        write_split(file, split)
    output.result({"file": None if file is None else file.resolve(), "split": split})
    output.say(_table(split))
    if file is not None:
        output.plain(f"Split: {file}")
        output.plain(f"Train on it with: inspector train {options.project} --split {file}")
    return EXIT_DONE


def _table(split: SplitFile) -> Table:
    table = Table(
        title=f"Training images of a split: {split.kind}, β = {split.beta:g}, seed {split.seed}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="",
    )
    table.add_column("class", no_wrap=True)
    table.add_column("")
    table.add_column("kept", justify="right")
    table.add_column("of", justify="right")
    for names, part in ((split.head, "head"), (split.tail, "tail")):
        for name in names:
            counts = (str(split.counts[name]), str(split.available[name]))
            table.add_row(class_label(name), part, *counts)
        table.add_section()
    table.add_row("all", "", str(sum(split.counts.values())), str(sum(split.available.values())))
    return table
