"""`inspector evaluate`: metrics on the test images, raw beside aligned, and the report."""

from __future__ import annotations

import argparse
from typing import Any

from inspector.cli.following import follow
from inspector.cli.output import EXIT_CANCELLED, EXIT_DONE, Output
from inspector.cli.projects import (
    add_computing_arguments,
    add_project_argument,
    computing,
    opened,
)
from inspector.cli.tables import evaluation_tables
from inspector.core.words import count
from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import CANCELLED
from inspector.project.active import asked_model
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import EVALUATION_FILE, read_evaluation
from inspector.project.runs import RunRow
from inspector.project.settling import report_file, settle
from inspector.project.work import prepare_scoring


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "evaluate",
        help="compare a model's scores with what is known of the test images",
        description="Prints raw beside aligned, per class and under one threshold for all, and "
        "writes an HTML report that opens alone.",
    )
    add_project_argument(parser)
    parser.add_argument("--model", help="name or number of the model (default: the active one)")
    parser.add_argument(
        "--alignment",
        action="append",
        default=[],
        metavar="NAME",
        help="compare with this alignment variant (repeatable; default: all that the model has)",
    )
    add_computing_arguments(parser)
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Evaluates a model."""
    with opened(options.project) as project:
        model = asked_model(project, options.model)
        row = prepare_scoring(
            project, model, computing(options), evaluate=True, variants=options.alignment
        )
        return evaluate_and_settle(project, model, row, output)


def evaluate_and_settle(project: Project, model: ModelRow, row: RunRow, output: Output) -> int:
    """Follows the worker of an evaluation to its end and prints what it found."""
    outcome = follow(row, output)
    results = settle(project, row, outcome)
    if outcome.state == CANCELLED:
        output.result({"state": outcome.state, "run": row.run_id})
        return EXIT_CANCELLED
    painted = int(results["n_painted_left_out"])
    show_evaluation(project, row, model, output, int(results["n_unread"]), painted)
    return EXIT_DONE


def show_evaluation(
    project: Project,
    row: RunRow,
    model: ModelRow,
    output: Output,
    n_unread: int = 0,
    n_painted: int = 0,
) -> None:
    """Prints what an evaluation has found.

    Args:
        n_unread: How many images could not be read.
        n_painted: How many test images are left out, as the model learned from them.
    """
    evaluation = read_evaluation(row.folder)
    report = report_file(project, row)
    default = read_model_card(model.folder).default_alignment
    output.result(
        {
            "state": "done",
            "model": model.name,
            "report": str(report),
            "evaluation_file": str(row.folder / EVALUATION_FILE),
            "n_unread": n_unread,
            "n_painted_left_out": n_painted,
            "evaluation": evaluation,
        }
    )
    for table in evaluation_tables(evaluation, default):
        output.say(table)
        output.say()
    if n_unread:
        output.plain(f"{n_unread} images could not be read; `inspector import` lists why.")
    if n_painted:
        output.plain(
            f"{count(n_painted, 'test image')} left out: the model has learned from defects "
            "painted there."
        )
    output.plain(f"Model: {model.name}")
    output.plain(f"Report: {report}")
