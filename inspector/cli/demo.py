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
from inspector.core.display import has_display
from inspector.core.sampleparts import SamplePlan, write_sample_parts
from inspector.errors import InspectorError
from inspector.jobs.catalogue import Parameters
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.work import EVALUATE, TRAIN, prepare_scoring, prepare_training, report_file

_PARTS = "parts"
# Small enough for two cores and a coffee; everything else is the quick preset.
_PARAMETERS: Parameters = {
    "image_size": 160,
    "revdist.iterations": 200,
    "alignment.iterations": 400,
}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="make sample parts, train on them, and show what alignment does",
        description="Makes a project with procedural sample parts, trains reverse distillation "
        "with alignment, evaluates it and writes the report. Started again, it shows what is "
        "there; one that was interrupted goes on.",
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
        shown = _evaluated(project)
        if shown is not None:
            run_row, model = shown
            output.plain(f"The demo is in {project.folder}; this is what it found:")
            show_evaluation(project, run_row, model, output)
        else:
            code = _make(project, options, output)
            if code != EXIT_DONE:
                return code
        _show_window(output)
    return EXIT_DONE


def _make(project: Project, options: argparse.Namespace, output: Output) -> int:
    """All steps that are not done yet."""
    parts = project.folder / _PARTS
    if project.sources() and not parts.exists():
        raise InspectorError(
            f"'{project.folder}' is a project of your own.", "Give the demo another folder."
        )
    if not parts.exists():
        with counting(output, "Making sample parts", "images") as progress:
            write_sample_parts(parts, SamplePlan.demo(), progress=progress)
    with counting(output, "Importing them", "images") as progress:
        output.plain(project.import_folder(parts, progress=progress).description)
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
    for row in project.runs():
        if row.kind == TRAIN and row.state is RunState.LOST:
            return project.resume_run(row.run_id)
    return prepare_training(project, "revdist", "quick", _PARAMETERS, computing(options))


def _evaluated(project: Project) -> tuple[RunRow, ModelRow] | None:
    """The newest evaluation that has its report, with the model that it judged."""
    models = {str(model.folder): model for model in project.models()}
    for row in reversed(project.runs()):
        if row.kind == EVALUATE and report_file(project, row).exists():
            job = read_job(row.folder)
            if isinstance(job, ScoreJob) and job.model in models:
                return row, models[job.model]
    return None


def _show_window(output: Output) -> None:
    if not has_display() or not sys.stdout.isatty():
        output.plain("There is no display, so no window was opened; the report shows everything.")
    else:
        output.plain("Open the report in a browser; the window comes with the next version.")
