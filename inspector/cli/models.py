"""`inspector models`: the models of a project, and what is known of each."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.projects import add_project_argument, opened
from inspector.core.words import class_label
from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.name_file import StoredNames, has_names, read_names
from inspector.project.active import active_model, use_model
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.report.facts import card_facts
from inspector.project.runs import RunState
from inspector.project.work import TRAIN
from inspector.project.workers import has_begun


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "models", help="list a project's models, show one, make it active, trash or remove it"
    )
    add_project_argument(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--show", metavar="MODEL", help="print a model's card")
    choice.add_argument(
        "--use",
        metavar="MODEL",
        help="make this the active model, whatever newer ones come: the window, and commands "
        "without --model, decide by it",
    )
    choice.add_argument("--trash", metavar="MODEL", help="put a model into the trash")
    choice.add_argument("--restore", metavar="MODEL", help="take a model out of the trash")
    choice.add_argument("--remove", metavar="MODEL", help="remove a model and its scores for good")
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Lists, shows, makes active, trashes, restores or removes."""
    with opened(options.project) as project:
        if options.remove is not None:
            name = project.remove_model(options.remove).name
            output.result({"removed": name})
            output.plain(f"Removed {name}.")
        elif options.trash is not None:
            name = project.trash_model(options.trash).name
            output.result({"trashed": name})
            output.plain(f"{name} is in the trash; --restore takes it out, --remove ends it.")
        elif options.restore is not None:
            name = project.restore_model(options.restore).name
            output.result({"restored": name})
            output.plain(f"{name} is back.")
        elif options.use is not None:
            model = project.find_model(options.use)
            use_model(project, model)
            output.result({"active": model.name})
            output.plain(f"{model.name} is the active model.")
        elif options.show is not None:
            _show(project.find_model(options.show), output)
        else:
            _list(project, output)
    return EXIT_DONE


def _show(model: ModelRow, output: Output) -> None:
    card = read_model_card(model.folder)
    names = read_names(model.folder) if has_names(model.folder) else None
    output.result(
        {
            "name": model.name,
            "folder": str(model.folder),
            "card": card,
            "names": _naming(names) if names else [],
        }
    )
    output.plain(model.name)
    for name, value in card_facts(card).items():
        output.plain(f"  {name}: {value}")
    for name, threshold in card.thresholds.items():
        basis = "held-out" if threshold.held_out else "training"
        output.plain(
            f"  Threshold ({name}): {threshold.value:.4f}, from "
            f"{len(threshold.calibration_scores)} {basis} normal images, target "
            f"{threshold.target_false_positive_rate:.1%} flagged"
        )

    if names is not None:
        _say_names(names, output)


def _naming(names: StoredNames) -> list[dict[str, Any]]:
    """What the model calls each class."""
    rows = []
    for c, name in enumerate(names.naming.classes):
        other = names.most_alike(c)
        alike = (
            {}
            if other is None
            else {
                "class": names.naming.classes[other],
                "similarity": float(names.similarity[c, other]),
            }
        )
        rows.append({"class": name, "nearest_words": names.naming.nearest[c], "most_alike": alike})
    return rows


def _say_names(names: StoredNames, output: Output) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("class", "nearest words (cosine)", "most alike"):
        table.add_column(heading)
    for row in _naming(names):
        words = ", ".join(f"{word} {value:.2f}" for word, value in row["nearest_words"][:_WORDS])
        alike = row["most_alike"]
        most = f"{alike['class']} {alike['similarity']:.2f}" if alike else "–"
        table.add_row(class_label(row["class"]), words or "given, not learned", most)
    output.plain(f"What it calls the classes, in words of {names.naming.encoder}:")
    output.say(table)


def _list(project: Project, output: Output) -> None:
    rows, damaged = [], []
    for model in project.models():
        try:
            rows.append((model, read_model_card(model.folder)))
        except InspectorError as error:
            damaged.append(error)
    ended = [run for run in project.runs() if run.kind == TRAIN and run.state is RunState.LOST]
    lost = [run for run in ended if has_begun(run.folder)]
    prepared = [run for run in ended if run not in lost]
    active, trashed = active_model(project), [model.name for model in project.trashed_models()]
    output.result(
        {
            "active": active.name if active else None,
            "in_trash": trashed,
            "models": [_summary(model, card) for model, card in rows],
            "damaged": [error.message for error in damaged],
            "lost_runs": [run.run_id for run in lost],
            "prepared_runs": [run.run_id for run in prepared],
        }
    )
    if not rows and not damaged:
        output.plain("No model yet: `inspector train` makes one.")
    elif rows:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in ("model", "method", "preset", "backbone", "images", "classes", "created"):
            table.add_column(
                heading, justify="right" if heading in ("images", "classes") else "left"
            )
        for model, card in rows:
            facts = _summary(model, card)
            table.add_row(*(str(facts[column]) for column in _COLUMNS))
        output.say(table)
        if active is not None:
            output.plain(f"Active: {active.name}")
    if trashed:
        output.plain(f"In the trash: {', '.join(trashed)}")
    for unreadable in damaged:
        output.plain(str(unreadable))
    for run in lost:
        output.plain(
            f"Run {run.run_id} ended without a result; `inspector train {project.folder} "
            f"--resume {run.run_id}` goes on with it."
        )
    for run in prepared:
        output.plain(
            f"Run {run.run_id} is prepared and has not begun; `inspector train {project.folder} "
            f"--resume {run.run_id}` begins it."
        )


_WORDS = 3
_COLUMNS = ("name", "method", "preset", "backbone", "n_images", "n_classes", "created")


def _summary(model: ModelRow, card: ModelCard) -> dict[str, Any]:
    return {
        "name": model.name,
        "method": model.method,
        "preset": card.preset,
        "backbone": model.backbone,
        "n_images": sum(card.training_images.values()),
        "n_classes": len(card.training_images),
        "created": card.created,
        "folder": str(model.folder),
        "snapshot_digest": card.snapshot_digest,
    }
