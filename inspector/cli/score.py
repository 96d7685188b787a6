"""`inspector score`: scores and decisions for a project's images, or for any folder."""

from __future__ import annotations

import argparse
import csv
import io
import mimetypes
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.table import Table

from inspector.cli.following import follow
from inspector.cli.output import EXIT_CANCELLED, EXIT_DONE, EXIT_UNREAD, Output
from inspector.cli.projects import (
    add_computing_arguments,
    add_project_argument,
    computing,
    finite_number,
    opened,
)
from inspector.core.evaluation import ImageResult
from inspector.core.files import write_atomically
from inspector.core.layouts import LAYOUTS
from inspector.core.words import class_label
from inspector.errors import InspectorError
from inspector.jobs.cluster import AUTO, require_ray
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.outcome import CANCELLED
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.active import Deciding, asked_model, deciding_of
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import Results, UnreadImage, read_problems, read_results
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.work import SCORE, prepare_folder_scoring, prepare_scoring

_SHOWN = 10
_CAMERAS = {".heic", ".heif", ".avif", ".dng", ".raw", ".jp2"}  # what mimetypes may not know


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "score",
        help="score a project's images, or a folder that is not imported",
        description="A score above the threshold means NG. Scores of a project's own images are "
        "kept in the project; --out writes them as CSV.",
    )
    add_project_argument(parser)
    parser.add_argument("folder", type=Path, nargs="?", help="score this folder instead")
    parser.add_argument("--model", help="name or number of the model (default: the active one)")
    parser.add_argument("--alignment", metavar="NAME", help="decide by this alignment variant")
    parser.add_argument("--layout", choices=list(LAYOUTS), help="force the folder's layout")
    parser.add_argument(
        "--class-name",
        default="",
        metavar="CLASS",
        help="class of the images whose folder does not tell it; a model that learned from 16-bit "
        "images needs it for such",
    )
    parser.add_argument("--threshold", type=finite_number, help="decide by this threshold instead")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all scores as CSV")
    parser.add_argument(
        "--cluster",
        nargs="?",
        const=AUTO,
        metavar="ADDRESS",
        help="score on a Ray cluster (default: the one of this machine); all its machines must see "
        "images and project under the same paths. Comes after the folder",
    )
    parser.add_argument(
        "--resume", type=int, metavar="RUN", help="go on with a lost or failed run on a cluster"
    )
    add_computing_arguments(parser)
    return parser


@dataclass(frozen=True, slots=True)
class _Decision:
    """How scores become OK or NG, and what made them."""

    model: ModelRow
    card: ModelCard
    by: Deciding


def run(options: argparse.Namespace, output: Output) -> int:
    """Scores images."""
    if options.out is not None and not options.out.expanduser().absolute().parent.is_dir():
        raise InspectorError(
            f"The folder of '{options.out}' does not exist.", "Make it, or choose another file."
        )
    with opened(options.project) as project:
        if options.resume is None:
            model = asked_model(project, options.model)
            decision = _decision(project, model, options.alignment, options.threshold)
            row = _prepared(project, decision.model, options, decision.by.variant)
            output.plain(f"Run {row.run_id} in {row.folder}")
        else:
            decision = _decided_before(project, options)
            row = project.resume_run(options.resume)
        outcome = follow(row, output)
        settle(project, row, outcome)
        if outcome.state == CANCELLED:
            output.result({"state": outcome.state, "run": row.run_id})
            return EXIT_CANCELLED
        found = read_results(row.folder)
        # What was not understood is listed, not dropped.
        listed = (*read_problems(row.folder), *_unusable(project, row))
        results = Results(found.scored, (*found.unread, *listed))
    if options.out is not None:
        write_atomically(options.out.expanduser().absolute(), _as_csv(results, decision))
    output.result(_document(results, decision, row.run_id))
    _say(results, decision, output, options.out)
    scored = {result.path for result in results.scored}
    missed = any(_is_missed(image.path) for image in results.unread if image.path not in scored)
    return EXIT_UNREAD if missed else EXIT_DONE


def _unusable(project: Project, row: RunRow) -> tuple[UnreadImage, ...]:
    """The project's own images that could not be read when they were imported."""
    if row.kind != SCORE:
        return ()
    problems = [image.problem for image in project.images()]
    return tuple(UnreadImage(0, str(p.path), p.reason, p.hint) for p in problems if p is not None)


def _is_missed(path: str) -> bool:
    """Whether a part may be on what was not scored: an image of whatever kind, or a folder."""
    kind = mimetypes.guess_type(path)[0] or ""
    return kind.startswith("image/") or Path(path).suffix.lower() in _CAMERAS or Path(path).is_dir()


def _prepared(
    project: Project, model: ModelRow, options: argparse.Namespace, variant: str
) -> RunRow:
    where = computing(options)
    if options.cluster is not None:
        require_ray()
        where = replace(where, cluster=options.cluster)
    if options.folder is None:
        return prepare_scoring(project, model, where, variants=(variant,))
    return prepare_folder_scoring(
        project, model, options.folder, options.layout, where, options.class_name, (variant,)
    )


def _decided_before(project: Project, options: argparse.Namespace) -> _Decision:
    """How a scoring on a cluster, to go on with, decides.

    Raises:
        InspectorError: It is no such scoring, or was asked for something else than now.
    """
    asked = (options.folder, options.model, options.cluster, options.layout, options.class_name)
    if any(asked):
        raise InspectorError(
            "A resumed run goes on with its own images, model and cluster.",
            "Leave out the folder, --model, --cluster, --layout and --class-name.",
        )
    job = read_job(project.find_run(options.resume).folder)
    if not isinstance(job, ScoreJob) or not job.cluster:
        raise InspectorError(
            f"Run {options.resume} is no scoring on a cluster.", "Start it again instead."
        )
    stored = job.variants[0] if job.variants else None
    for name, now, before in (
        ("--alignment", options.alignment, stored),
        ("--device", options.device, job.device),
        ("--precision", options.precision, job.precision),
    ):
        if before is not None and now not in (None, "auto", before):
            raise InspectorError(
                f"Run {options.resume} was started with {name} {before}, not {now}.",
                f"Leave out {name}, or score anew.",
            )
    model = project.find_model_by_folder(Path(job.model))
    return _decision(project, model, options.alignment or stored, options.threshold)


def _decision(
    project: Project, model: ModelRow, alignment: str | None, threshold: float | None
) -> _Decision:
    deciding = deciding_of(project, model, alignment, threshold)
    return _Decision(model, read_model_card(model.folder), deciding)


def _say(results: Results, decision: _Decision, output: Output, out: Path | None) -> None:
    by = decision.by
    flagged = [r for r in results.scored if r.scores[by.variant] > by.threshold]
    output.plain(
        f"{len(results.scored)} images scored by {decision.model.name} ({by.variant}), "
        f"{len(flagged)} above the threshold {by.threshold:.3f}."
    )
    if by.threshold != by.own:
        output.plain(f"The threshold was set by hand; the model's own is {by.own:.3f}.")
    output.say(_per_class(results.scored, flagged))
    worst = sorted(flagged, key=lambda r: -r.scores[by.variant])[:_SHOWN]
    if worst:
        output.plain("Most anomalous:")
    for result in worst:
        output.plain(f"  {result.scores[by.variant]:8.3f}  {result.path}")
    _say_unread(results.unread, output)
    if out is not None:
        output.plain(f"Scores: {out}")


def _say_unread(unread: Sequence[UnreadImage], output: Output) -> None:
    if unread:
        output.plain(f"{len(unread)} files could not be scored:")
    for image in unread[:_SHOWN]:
        output.plain(f"  {image.reason} {image.hint}".rstrip())
    if len(unread) > _SHOWN:
        output.plain(f"  … and {len(unread) - _SHOWN} more; --json and --out list all.")


def _per_class(scored: Sequence[ImageResult], flagged: Sequence[ImageResult]) -> Table:
    table = Table("class", box=None, header_style="bold", pad_edge=False)
    for heading in ("images", "NG"):
        table.add_column(heading, justify="right")
    total = Counter(result.class_name for result in scored)
    bad = Counter(result.class_name for result in flagged)
    for name in sorted(total):
        table.add_row(class_label(name), str(total[name]), str(bad[name]))
    return table


def _document(results: Results, decision: _Decision, run_id: int) -> dict[str, Any]:
    return {
        "state": "done",
        "run": run_id,
        "model": decision.model.name,
        "alignment": decision.by.variant,
        "threshold": decision.by.threshold,
        "own_threshold": decision.by.own,
        "learned_masks": len(read_fresh_masks(decision.model.folder)),
        "images": [
            {
                "path": result.path,
                "class": result.class_name,
                "decision": decision.by.decision(result.scores[decision.by.variant]),
                "score": result.scores[decision.by.variant],
                "raw_score": result.raw_score,
            }
            for result in results.scored
        ],
        "unread": results.unread,
    }


def _as_csv(results: Results, decision: _Decision) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        ("path", "class", "truth", "decision", "score", "raw_score", "u", "gamma", "alignment")
        + ("threshold", "model", "model_snapshot", "learned_masks", "problem")
    )
    trace = (
        decision.by.variant,
        f"{decision.by.threshold:.9g}",
        decision.model.name,
        decision.card.snapshot_digest,
        str(len(read_fresh_masks(decision.model.folder))),
    )
    for result in results.scored:
        expected = result.statistics.get(decision.by.variant)
        statistics = (expected.u, expected.gamma) if expected else (None, None)
        numbers = (result.scores[decision.by.variant], result.raw_score, *statistics)
        writer.writerow(
            (result.path, result.class_name, result.truth)
            + (decision.by.decision(result.scores[decision.by.variant]),)
            + tuple("" if number is None else f"{number:.9g}" for number in numbers)
            + trace
            + ("",)
        )
    for image in results.unread:
        writer.writerow((image.path, "", "", "", "", "", "", "", *trace, image.reason))
    # The mark at the start is what makes spreadsheets read UTF-8.
    return text.getvalue().encode("utf-8-sig")
