"""`inspector train`: a model from a project's normal images."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct

from inspector.cli.following import follow
from inspector.cli.output import EXIT_CANCELLED, EXIT_DONE, Output
from inspector.cli.projects import (
    add_computing_arguments,
    add_project_argument,
    computing,
    opened,
)
from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS, Parameters
from inspector.jobs.outcome import CANCELLED
from inspector.jobs.parameters import AlignmentParameters, CommonParameters
from inspector.jobs.validation import parameter_names
from inspector.project.active import active_model, adopt_model
from inspector.project.candidates import parent_of
from inspector.project.project import Project
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.splits import read_split
from inspector.project.work import TRAIN, Computing, prepare_retraining, prepare_training

_DEFAULT_METHOD = "revdist"
_PARAMETERS_TITLE = "parameters for --set (a value that does not fit is answered with what does):"


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    lines = [
        f"  {method.name}: {method.sentence} Needs: {method.needs}\n"
        + "\n".join(f"    --preset {preset.name}: {preset.sentence}" for preset in method.presets)
        for method in METHODS.values()
    ]
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train a model on a project's normal images",
        description="Ctrl-C ends the current stage early and keeps what is learned; two in a row "
        "cancel and discard. A run that was killed goes on with --resume.",
        epilog="\n".join(["methods:", *lines, "", _PARAMETERS_TITLE, *_parameter_lines()]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_project_argument(parser)
    parser.add_argument("--method", choices=list(METHODS), help=f"default: {_DEFAULT_METHOD}")
    parser.add_argument("--preset", default="", help="named parameters (default: the first)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a parameter: image_size=192, alignment.folds=5, revdist.iterations=1000",
    )
    parser.add_argument(
        "--split", type=Path, metavar="FILE", help="learn from a split of `inspector split` only"
    )
    parser.add_argument("--seed", type=int, help="seed of every random choice")
    parser.add_argument(
        "--from",
        dest="parent",
        metavar="MODEL",
        help="train this model again on the project as it is now: its method, preset, parameters "
        "and seed, without its muted patches",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="learn with several processes of this machine, one a GPU (default: 1)",
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="only make the run folder, for `torchrun … -m inspector --worker FOLDER`",
    )
    parser.add_argument("--resume", type=int, metavar="RUN", help="go on with a lost or failed run")
    add_computing_arguments(parser)
    return parser


def _parameter_lines() -> list[str]:
    """All names that --set takes, a group a line."""
    groups: dict[str, type[Struct]] = {"": CommonParameters, "alignment.": AlignmentParameters}
    groups |= {f"{method.name}.": method.parameters for method in METHODS.values()}
    return ["  " + " ".join(parameter_names(kind, prefix)) for prefix, kind in groups.items()]


def run(options: argparse.Namespace, output: Output) -> int:
    """Trains, or resumes a training."""
    changes = dict(parameter_change(text) for text in options.set)
    if options.seed is not None:
        changes["seed"] = options.seed
    with opened(options.project) as project:
        if options.resume is not None:
            asked = (options.preset, options.method, options.parent, options.split)
            if changes or any((*asked, options.processes)):
                raise InspectorError(
                    "A resumed run goes on with its own parameters.",
                    "Leave out --set, --seed, --method, --preset, --split, --from and --processes, "
                    "or start a new training.",
                )
            row = _resumed(project, options.resume)
        elif options.parent is not None:
            row = _again(project, options, changes)
        else:
            method = options.method or _DEFAULT_METHOD
            split = None if options.split is None else read_split(options.split)
            row = prepare_training(
                project, method, options.preset, changes, _computing(options), split
            )
        output.plain(f"Run {row.run_id} in {row.folder}")
        if options.prepare:
            output.result({"state": "prepared", "run": row.run_id, "folder": str(row.folder)})
            return EXIT_DONE
        return train_and_settle(project, row, output)


def train_and_settle(project: Project, row: RunRow, output: Output) -> int:
    """Follows the worker of a training to its end and registers the model."""
    outcome = follow(row, output)
    results = settle(project, row, outcome)
    output.result({"state": outcome.state, "run": row.run_id, **results})
    if outcome.state == CANCELLED:
        output.plain(f"Run {row.run_id} was cancelled; nothing of it was kept.")
        return EXIT_CANCELLED
    output.plain(f"Model {results['model']} is ready.")
    model = project.find_model(str(results["model"]))
    parent = parent_of(project, model)
    if parent is not None:
        output.plain(f"It was trained again from {parent.name}, which stays as it is.")
    else:
        adopt_model(project, model)
    active = active_model(project)
    if active is not None and active != model:
        output.plain(
            f"{active.name} stays the active model; `inspector models {project.folder} --use "
            f"{model.name}` changes that."
        )
    return EXIT_DONE


def _again(project: Project, options: argparse.Namespace, changes: Parameters) -> RunRow:
    if options.method or options.preset or options.split:
        raise InspectorError(
            "A model that is trained again keeps its method and preset, and sees all images.",
            "Leave out --method, --preset and --split; --set changes parameters, --seed the seed.",
        )
    model = project.find_model(options.parent)
    return prepare_retraining(project, model, changes, _computing(options))


def _computing(options: argparse.Namespace) -> Computing:
    processes = 1 if options.processes is None else options.processes
    if processes < 1:
        raise InspectorError("--processes must be at least 1.", "Leave it out, or name more.")
    return replace(computing(options), processes=processes)


def _resumed(project: Project, run_id: int) -> RunRow:
    row = project.find_run(run_id)
    if row.kind != TRAIN:
        raise InspectorError(f"Run {run_id} is no training.", "Start it again instead.")
    return project.resume_run(run_id)


def parameter_change(text: str) -> tuple[str, Parameters | Any]:
    """Name and value of a `--set NAME=VALUE`.

    Raises:
        InspectorError: It is not of that form.
    """
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InspectorError(
            f"'{text}' is not of the form NAME=VALUE.", "For example --set image_size=192."
        )
    try:
        return name.strip(), json.loads(value)
    except json.JSONDecodeError:
        return name.strip(), value
