"""`inspector annotate learn`: painted defects enter a trained model at once."""

from __future__ import annotations

import argparse
from typing import Any

from rich import box
from rich.table import Table

from inspector.cli.following import follow
from inspector.cli.output import EXIT_CANCELLED, EXIT_DONE, Output
from inspector.cli.projects import (
    add_computing_arguments,
    add_project_argument,
    computing,
    opened,
)
from inspector.core.evaluation import ImageResult
from inspector.core.words import class_label, count, score
from inspector.jobs.events import Change
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.jobs.outcome import CANCELLED
from inspector.project.active import Deciding, asked_model, deciding_of
from inspector.project.learning import prepare_learning, settle_learning
from inspector.project.models import ModelRow
from inspector.project.results import read_changes, read_results

_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_project_argument(parser)
    parser.add_argument("--model", help="name or number of the model (default: the active one)")
    parser.add_argument(
        "--forget", action="store_true", help="take out again what was learned at once"
    )
    add_computing_arguments(parser)


def run(options: argparse.Namespace, output: Output) -> int:
    """Learns, scores all images, and says which changed most."""
    with opened(options.project) as project:
        model = asked_model(project, options.model)
        row = prepare_learning(project, model, computing(options), forget=options.forget)
        if row is None:
            _say_nothing_new(model, output, forget=options.forget)
            return EXIT_DONE
        outcome = follow(row, output)
        settle_learning(project, row, outcome)
        if outcome.state == CANCELLED:
            output.result({"state": outcome.state, "run": row.run_id})
            return EXIT_CANCELLED
        changes = read_changes(row.folder)
        results = {found.image_id: found for found in read_results(row.folder).scored}
        masks = len(read_fresh_masks(model.folder))
        deciding = deciding_of(project, model)
    made: dict[str, Any] = outcome.results
    output.result(
        {
            "state": outcome.state,
            "run": row.run_id,
            "model": model.name,
            "alignment": deciding.variant,
            "masks": masks,
            "scored": made["n_scored"],
            "unread": made["n_unread"],
            "changed": made["n_changed"],
            "changes": [
                _document(change, results[change.image_id], deciding) for change in changes
            ],
        }
    )
    output.plain(_summary(model, masks, made, forget=options.forget))
    if changes:
        output.say(_table(changes[:_SHOWN], results, deciding))
    return EXIT_DONE


def _say_nothing_new(model: ModelRow, output: Output, *, forget: bool) -> None:
    masks = len(read_fresh_masks(model.folder))
    output.result({"state": "unchanged", "model": model.name, "masks": masks, "changes": []})
    if forget:
        output.plain(f"{model.name} has learned nothing at once.")
    else:
        output.plain(f"{model.name} knows all that is painted; nothing was scored anew.")


def _summary(model: ModelRow, masks: int, made: dict[str, Any], *, forget: bool) -> str:
    scored = count(made["n_scored"], "image")
    if forget or not masks:
        return f"{model.name} is back to what its training made of it; {scored} scored."
    return (
        f"{model.name} has learned {count(masks, 'painted mask')} at once; {scored} scored, "
        f"{made['n_changed']} of them changed. Evaluations leave out the images of these masks."
    )


def _document(change: Change, result: ImageResult, deciding: Deciding) -> dict[str, Any]:
    before, after = change.before[deciding.variant], change.after[deciding.variant]
    return {
        "path": result.path,
        "class": result.class_name,
        "before": before,
        "after": after,
        "decision_before": deciding.decision(before),
        "decision": deciding.decision(after),
    }


def _table(
    changes: tuple[Change, ...], results: dict[int, ImageResult], deciding: Deciding
) -> Table:
    table = Table(
        title="Changed most",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="",
    )
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    table.add_column("now")
    table.add_column("class", no_wrap=True)
    table.add_column("image", overflow="fold")
    for change in changes:
        found = _document(change, results[change.image_id], deciding)
        crossed = found["decision"] if found["decision"] != found["decision_before"] else ""
        table.add_row(
            score(found["before"]),
            score(found["after"]),
            crossed,
            class_label(found["class"]),
            found["path"],
        )
    return table
