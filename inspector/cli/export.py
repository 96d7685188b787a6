"""`inspector export`: a model as a file for another runtime, proved on images of the project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from inspector.cli.following import follow
from inspector.cli.output import EXIT_CANCELLED, EXIT_DONE, Output
from inspector.cli.projects import add_project_argument, finite_number, opened
from inspector.jobs.export_formats import EXPORT_FORMATS, find_format
from inspector.jobs.outcome import CANCELLED
from inspector.project.active import asked_model, deciding_of
from inspector.project.settling import settle
from inspector.project.work import prepare_export


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="write a model as a file for ONNX Runtime or OpenVINO",
        description="The file takes RGB images of the model's input size, 0 to 1, in batches of "
        "any number, and gives the aligned score, the aligned map and whether the score is above "
        "the threshold. It is run on images of the project first, and only kept where it agrees "
        "with the model. FILE.json beside it says what it expects. Of a model with tiles the file "
        "takes whole images and cuts the tiles itself, all of a batch at once: where memory is "
        "short, give it one image at a time.",
    )
    add_project_argument(parser)
    parser.add_argument("--model", help="name or number of the model (default: the active one)")
    parser.add_argument("--format", required=True, choices=list(EXPORT_FORMATS))
    parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="the file to write")
    parser.add_argument("--alignment", metavar="NAME", help="align by this variant")
    parser.add_argument("--threshold", type=finite_number, help="flag by this threshold instead")
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Exports a model."""
    with opened(options.project) as project:
        model = asked_model(project, options.model)
        deciding = deciding_of(project, model, options.alignment, options.threshold)
        row = prepare_export(
            project,
            model,
            options.format,
            options.to,
            variant=deciding.variant,
            threshold=deciding.threshold,
        )
        outcome = follow(row, output)
        made = settle(project, row, outcome)
    if outcome.state == CANCELLED:
        output.result({"state": outcome.state, "run": row.run_id})
        return EXIT_CANCELLED
    decides = {
        "alignment": deciding.variant,
        "threshold": deciding.threshold,
        "own_threshold": deciding.own,
    }
    output.result({"state": outcome.state, "run": row.run_id, "model": model.name} | decides | made)
    proof = made["proof"]
    output.plain(f"{model.name} is exported to {find_format(options.format).title}:")
    for file in made["files"]:
        output.plain(f"  {file}")
    output.plain(f"It decides by {deciding.words}.")
    output.plain(
        f"In {proof['runtime']} it agrees with the model on {proof['images']} images: scores "
        f"differ by {proof['score_difference']:.1g} at most, maps by "
        f"{proof['map_difference']:.1g}."
    )
    return EXIT_DONE
