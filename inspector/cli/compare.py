"""`inspector compare`: detectors × alignment variants on a project's images, in one table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.cli.following import follow
from inspector.cli.output import EXIT_DONE, EXIT_ERROR, EXIT_INTERRUPTED, Output
from inspector.cli.projects import (
    add_computing_arguments,
    add_project_argument,
    computing,
    opened,
)
from inspector.cli.tables import matrix_table
from inspector.cli.train import parameter_change
from inspector.core.words import count, variant_label
from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.project.active import pin_model
from inspector.project.durations import training_seconds
from inspector.project.matrix import MatrixRow, Trained, columns_of, matrix_rows
from inspector.project.matrix_words import check_ending, write_matrix
from inspector.project.project import Project
from inspector.project.recipes import (
    Recipe,
    Standing,
    make_recipes,
    methods_at_hand,
    painted_images,
    standing_of,
)
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.snapshots import Snapshot, require_normal_training
from inspector.project.work import Computing, prepare_scoring, prepare_training

_PATIENCE_SECONDS = 10.0


class _Stopped(Exception):
    """Ctrl-C: what is done stays, what was under way can go on."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What all trainings of one comparison share; `failures` are added to."""

    project: Project
    snapshot: Snapshot
    left_out: tuple[str, ...]
    where: Computing
    output: Output
    failures: list[str] = field(default_factory=list)


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        help="train several methods and compare them under every alignment, in one table",
        description="Trains and evaluates what is not there yet, then prints one table. Ctrl-C "
        "stops; the same command goes on where it was. Several seeds give the median, and ± half "
        "the distance from the lowest to the highest.",
    )
    add_project_argument(parser)
    parser.add_argument(
        "--methods",
        default="",
        metavar="NAMES",
        help=f"methods, separated by commas: {', '.join(METHODS)} (default: all whose weights are "
        "on this machine)",
    )
    parser.add_argument("--preset", default="", help="preset of all (default: each one's first)")
    parser.add_argument("--seeds", default="", metavar="N,N", help="seeds (default: the preset's)")
    parser.add_argument(
        "--variants", default="", metavar="NAMES", help="alignment variants to show (default: all)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a parameter, as in `train`; revdist.iterations=… is for that method only",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the table too: .html, .csv or .md"
    )
    add_computing_arguments(parser)
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Trains, evaluates, and shows the table."""
    if options.out is not None:
        check_ending(options.out)
    changes = dict(parameter_change(text) for text in options.set)
    seeds = _seeds(options.seeds)
    if seeds and "seed" in changes:
        raise InspectorError("The seed is given twice.", "Use --seeds only.")
    methods = _names(options.methods) or methods_at_hand()
    recipes = make_recipes(methods, options.preset, seeds, changes)
    with opened(options.project) as project:
        snapshot = project.take_snapshot()
        require_normal_training(snapshot)
        if not snapshot.test():
            raise InspectorError(
                "The project has no labelled test images to judge by.",
                "Import a folder with labelled test images (good and defective).",
            )
        left_out = painted_images(snapshot, recipes)
        task = _Comparison(project, snapshot, left_out, computing(options), output)
        pin_model(project)
        is_stopped = _work(task, recipes)
        standings = [standing_of(project, recipe, snapshot, left_out) for recipe in recipes]
        _show(task, standings, options, is_stopped=is_stopped)
    if is_stopped:
        return EXIT_INTERRUPTED
    return EXIT_ERROR if task.failures else EXIT_DONE


def _work(task: _Comparison, recipes: Sequence[Recipe]) -> bool:
    """Brings every recipe to its evaluation; whether it was stopped."""
    try:
        for number, recipe in enumerate(recipes, 1):
            title = f"{recipe.method.title}, {recipe.preset}, seed {recipe.seed}"
            try:
                _finish(task, recipe, f"{number}/{len(recipes)} {title}")
            except InspectorError as error:
                task.failures.append(f"{title}: {error.message} {error.hint}".strip())
    except (_Stopped, KeyboardInterrupt):
        return True
    return False


def _finish(task: _Comparison, recipe: Recipe, title: str) -> None:
    """Trains and evaluates, each only where that is not done.

    Raises:
        InspectorError: It failed; the others may still succeed.
        _Stopped: By Ctrl-C.
    """
    project, output = task.project, task.output
    standing = _standing(task, recipe)
    if standing.is_running and standing.run is not None:
        raise InspectorError(
            f"Run {standing.run.run_id} is training it already, in another process.",
            "Wait for its end and give the command again.",
        )
    if standing.evaluated is not None:
        output.plain(f"{title}: done before")
        return
    if standing.model is None:
        output.plain(f"{title}: {'going on with' if standing.run else 'training'}")
        _do(task, _training(task, standing))
        standing = standing_of(project, recipe, task.snapshot, task.left_out)
    if standing.model is None:
        raise InspectorError("The project was changed meanwhile.", "Give the command again.")
    output.plain(f"{title}: evaluating")
    _do(
        task,
        prepare_scoring(project, standing.model, task.where, evaluate=True, left_out=task.left_out),
    )


def _standing(task: _Comparison, recipe: Recipe) -> Standing:
    """How far a recipe is; the worker of a command that was killed gets time to save its work."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        task.project.mark_lost_runs()
        standing = standing_of(task.project, recipe, task.snapshot, task.left_out)
        if not standing.is_running or time.monotonic() > until:
            return standing
        time.sleep(0.2)


def _training(task: _Comparison, standing: Standing) -> RunRow:
    if standing.run is not None:
        return task.project.resume_run(standing.run.run_id)
    recipe = standing.recipe
    return prepare_training(
        task.project, recipe.method.name, recipe.preset, recipe.changes, task.where
    )


def _do(task: _Comparison, row: RunRow) -> None:
    """One job to its end.

    Raises:
        InspectorError: It failed.
        _Stopped: Ctrl-C has stopped it.
    """
    asked: list[bool] = []
    outcome: JobOutcome = follow(row, task.output, on_stop=lambda: asked.append(True))
    if asked and outcome.state != DONE:
        task.project.mark_lost_runs()
        raise _Stopped
    settle(task.project, row, outcome)
    if asked:
        raise _Stopped
    if outcome.state != DONE:
        raise InspectorError(f"Run {row.run_id} was cancelled.", "Give the command again.")


def _show(
    task: _Comparison,
    standings: Sequence[Standing],
    options: argparse.Namespace,
    *,
    is_stopped: bool,
) -> None:
    project, output = task.project, task.output
    trained = [one for standing in standings if (one := _trained(project, standing)) is not None]
    variants = _names(options.variants)
    known = {v.variant for one in trained for v in one.evaluation.variants}
    if trained and set(variants) - known:
        raise InspectorError(
            f"No model has an alignment '{min(set(variants) - known)}'.",
            f"There are: {', '.join(sorted(known))}.",
        )
    rows = matrix_rows(trained, variants)
    missing = [s.recipe for s in standings if s.evaluated is None]
    output.result(_document(task, rows, missing, is_stopped=is_stopped))
    if rows:
        output.say(matrix_table(rows))
    remarks = _remarks(task, trained)
    for text in [*remarks, *task.failures]:
        output.plain(text)
    if is_stopped:
        left = f"{len(missing)} of {len(standings)}"
        output.plain(f"Stopped; {left} are not done yet. The same command goes on.")
    if options.out is not None and rows:
        write_matrix(options.out, rows, f"Comparison of {project.folder.name}", remarks)
        output.plain(f"Written: {options.out}")


def _trained(project: Project, standing: Standing) -> Trained | None:
    if standing.model is None or standing.evaluated is None:
        return None
    recipe, model = standing.recipe, standing.model
    changes = {name: value for name, value in recipe.changes.items() if name != "seed"}
    return Trained(
        method=recipe.method.name,
        preset=recipe.preset,
        changes=", ".join(f"{name}={value}" for name, value in changes.items()),
        seed=recipe.seed,
        model=model.name,
        seconds=training_seconds(project.find_run(model.run_id).folder),
        evaluation=standing.evaluated.evaluation,
    )


def _remarks(task: _Comparison, trained: Sequence[Trained]) -> list[str]:
    if not trained:
        return []
    row = trained[0].evaluation.variants[0].absolute_unified
    said = [
        f"Judged by {row.n_good} good and {row.n_defective} defective test images. average: mean "
        "of the classes; unified: all classes under one threshold."
    ]
    changes = dict.fromkeys((one.method, one.changes) for one in trained if one.changes)
    said += [f"{method} with {changed}." for method, changed in changes]
    if task.left_out:
        images = count(len(task.left_out), "image")
        said.append(f"{images} with painted defects left out, so that all are judged alike.")
    return said


def _document(
    task: _Comparison, rows: Sequence[MatrixRow], missing: Sequence[Recipe], *, is_stopped: bool
) -> dict[str, Any]:
    return {
        "state": "stopped" if is_stopped else "done",
        "snapshot_digest": task.snapshot.digest,
        "rows": [
            {
                "method": row.method,
                "preset": row.preset,
                "changes": row.changes,
                "alignment": row.variant,
                "alignment_title": variant_label(row.variant),
                "seeds": row.seeds,
                "models": row.models,
                "metrics": {
                    f"{setting}_{name}": row.metrics[name, setting]
                    for name, setting in columns_of(rows)
                },
                "minutes": row.minutes,
            }
            for row in rows
        ],
        "missing": [
            {"method": recipe.method.name, "preset": recipe.preset, "seed": recipe.seed}
            for recipe in missing
        ],
        "failures": task.failures,
    }


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in _names(text)]
    except ValueError as error:
        raise InspectorError(f"'{text}' is no list of seeds.", "For example --seeds 0,1,2.") from (
            error
        )
