"""`inspector demo`: sample parts, a trained model and its report, from nothing, in minutes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from inspector.cli.evaluate import evaluate_and_settle, show_evaluation
from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.progress import counting
from inspector.cli.projects import add_computing_arguments, computing, opened
from inspector.cli.train import train_and_settle
from inspector.cli.window import open_window
from inspector.core.display import has_display
from inspector.project import demo
from inspector.project.project import Project
from inspector.project.runs import RunRow
from inspector.project.work import prepare_scoring, prepare_training


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="make sample parts, train on them, and show what alignment does",
        description="Makes a project with procedural sample parts, trains reverse distillation "
        "with alignment, evaluates it, writes the report and opens the window on it. Started "
        "again, it shows what is there; one that was interrupted goes on.",
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("inspector-demo"),
        help="the demo's project folder (default: ./inspector-demo)",
    )
    add_computing_arguments(parser)
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Brings the demo to its end from wherever it stands, then shows it."""
    with opened(options.folder, create=True) as project:
        shown = demo.finished_evaluation(project)
        if shown is not None:
            run_row, model = shown
            output.plain(f"The demo is in {project.folder}; this is what it found:")
            show_evaluation(project, run_row, model, output)
        else:
            code = _make(project, options, output)
            if code != EXIT_DONE:
                return code
        folder = project.folder
    _show_window(folder, output)
    return EXIT_DONE


def _make(project: Project, options: argparse.Namespace, output: Output) -> int:
    """All steps that are not done yet."""
    if not (project.folder / demo.PARTS).exists():
        with counting(output, "Making sample parts", "images") as progress:
            demo.make_parts(project, progress)
    with counting(output, "Importing them", "images") as progress:
        output.plain(demo.import_parts(project, progress).description)
    # The parts of this command are one document; only the last one prints it.
    quiet = Output(json=True, silent=True) if output.json else output
    if not project.models():
        code = train_and_settle(project, _training(project, options), quiet)
        if code != EXIT_DONE:
            return code
    model = project.find_model()
    row = prepare_scoring(project, model, computing(options), evaluate=True)
    return evaluate_and_settle(project, model, row, output)


def _training(project: Project, options: argparse.Namespace) -> RunRow:
    """The demo's training: the one that was interrupted, or a new one."""
    lost = demo.training_to_resume(project)
    if lost is not None:
        return project.resume_run(lost.run_id)
    return prepare_training(project, demo.METHOD, demo.PRESET, demo.PARAMETERS, computing(options))


def _show_window(folder: Path, output: Output) -> None:
    """Opens the window on the demo where somebody sits in front of it."""
    if not has_display():
        output.plain("There is no display, so no window was opened; the report shows everything.")
    elif not _is_watched():
        output.plain(f"To see it in the window: inspector open {folder}")
    else:
        output.plain("The window opens on it now.")
        try:
            open_window(folder)
        except OSError as error:
            output.plain(f"The window could not be opened: {error.strerror or error}.")


def _is_watched() -> bool:
    """Whether somebody reads the output: in a script no window is wanted."""
    return sys.stdout.isatty()
