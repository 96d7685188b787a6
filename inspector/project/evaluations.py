"""The newest evaluation of each model, found among the project's runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from inspector.core.evaluation import Evaluation
from inspector.errors import InspectorError
from inspector.jobs.spec import Job, ScoreJob
from inspector.project.project import Project
from inspector.project.results import EVALUATION_FILE, REPORT_FILE, read_evaluation
from inspector.project.runs import RunRow
from inspector.project.settling import report_file
from inspector.project.work import EVALUATE


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """What an evaluation said of a model.

    Attributes:
        run_id: The run that evaluated.
        created: When that run was made.
        snapshot_id: The images among which the test images were found.
        evaluation: The metrics.
        report: The report to open in a browser; None where there is none (any more).
    """

    run_id: int
    created: str
    snapshot_id: int | None
    evaluation: Evaluation
    report: Path | None


def newest_evaluations(project: Project) -> dict[str, ModelEvaluation]:
    """Name of a model's folder -> its newest evaluation that can be read.

    A model that was never evaluated is missing. Cheap to call often: a file is decoded once, and
    again only after it has changed.
    """
    found: dict[str, ModelEvaluation] = {}
    for run in reversed(project.runs()):
        folder = _judged_model(run) if run.kind == EVALUATE else ""
        if folder and folder not in found:
            evaluated = evaluation_of(project, run)
            if evaluated is not None:
                found[folder] = evaluated
    return found


def evaluation_of(project: Project, run: RunRow) -> ModelEvaluation | None:
    """What an evaluation run said; None where it cannot be read."""
    evaluation = _evaluation_of(run.folder)
    if evaluation is None:
        return None
    return ModelEvaluation(
        run_id=run.run_id,
        created=run.created,
        snapshot_id=run.snapshot_id,
        evaluation=evaluation,
        report=_report_of(project, run),
    )


def _judged_model(run: RunRow) -> str:
    """Name of the model folder that the job names; empty where it does not tell.

    Only the name counts: the project may have moved since the path was written down.
    """
    try:
        job = msgspec.json.decode(run.spec_json, type=Job)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return Path(job.model).name if isinstance(job, ScoreJob) else ""


def _evaluation_of(run_folder: Path) -> Evaluation | None:
    try:
        status = (run_folder / EVALUATION_FILE).stat()
    except OSError:
        return None  # the run was cancelled or lost before it had metrics
    return _decoded(run_folder, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _decoded(run_folder: Path, modified: int, size: int) -> Evaluation | None:
    try:
        return read_evaluation(run_folder)
    except InspectorError:
        return None  # damaged, or of another version: an older evaluation may still be there


def _report_of(project: Project, run: RunRow) -> Path | None:
    files = (report_file(project, run), run.folder / REPORT_FILE)
    return next((file for file in files if file.is_file()), None)
