"""`inspector bench`: which runtime computes features fastest on this machine, and remembers it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.table import Table

from inspector.cli.output import EXIT_DONE, Output
from inspector.errors import InspectorError
from inspector.jobs.backbones import EMBEDDED_BACKBONE
from inspector.jobs.extras import install_hint
from inspector.jobs.runtime_choice import (
    PACKAGES,
    TITLES,
    Choice,
    choices_file,
    installed_runtimes,
    remember,
)


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "bench",
        help="measure which runtime is fastest on this machine's processor, and use it from now on",
        description="Times the frozen backbone, most of the work of scoring and of computing "
        "features, in every runtime that is installed (torch; OpenVINO and ONNX Runtime come with "
        "the extra 'export'). The fastest whose features are equal is remembered for this backbone "
        "on this machine. GPUs always use torch.",
    )
    parser.add_argument(
        "--backbone", default=EMBEDDED_BACKBONE, help=f"default: {EMBEDDED_BACKBONE}"
    )
    parser.add_argument("--size", type=int, default=256, help="pixels (default: 256)")
    parser.add_argument("--batch", type=int, default=16, help="images at once (default: 16)")
    parser.add_argument("--repeats", type=int, default=7, help="turns (default: 7)")
    parser.add_argument("--dry-run", action="store_true", help="measure only, remember nothing")
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Measures, shows and remembers."""
    if min(options.size, options.batch, options.repeats) < 1:
        raise InspectorError(
            "Size, batch and repeats are numbers above 0.", "For example --size 256 --batch 16."
        )
    # Late: only this command and `doctor` load torch in the command line's own process.
    from inspector.engine.backbones import load_backbone
    from inspector.engine.runtime_bench import measure

    backbone = load_backbone(options.backbone)
    problems: list[str] = []
    with _stdout_to_stderr():  # of a backbone that it cannot convert torch prints the whole graph
        choice = measure(backbone, options.size, options.batch, options.repeats, problems.append)
    for problem in problems:
        output.plain(problem)
    if not options.dry_run:
        try:
            remember(options.backbone, choice)
        except OSError as error:
            raise InspectorError(
                f"'{choices_file()}' could not be written: {error.strerror or error}.",
                "Check that its folder may be written to.",
            ) from error
    output.result({"backbone": options.backbone, "choice": choice})
    output.say(_table(options.backbone, choice))
    verb = "would be used" if options.dry_run else "is used from now on"
    output.plain(f"{TITLES[choice.runtime]} {verb} for {options.backbone} on this machine.")
    missing = [TITLES[name] for name in PACKAGES if name not in installed_runtimes()]
    if missing:
        output.plain(f"Not installed: {', '.join(missing)}. {install_hint('export')}")
    return EXIT_DONE


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """What anything writes to descriptor 1 goes to descriptor 2."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _table(backbone: str, choice: Choice) -> Table:
    table = Table(
        box=box.SIMPLE, title=f"{backbone}, {choice.image_size}² pixels", title_justify="left"
    )
    table.add_column("Runtime")
    titles = (f"{choice.batch} images, ms", "One image, ms", "× torch", "Difference")
    for title in titles:
        table.add_column(title, justify="right")
    torch_ms = choice.measured[0].batch_ms
    for found in choice.measured:
        table.add_row(
            f"{TITLES[found.runtime]} {found.version}",
            f"{found.batch_ms:.0f}",
            f"{found.single_ms:.1f}",
            f"{torch_ms / found.batch_ms:.2f}",
            f"{found.difference:.0e}" if found.difference else "–",
        )
    return table
