"""The demo: sample parts, a model trained on them, and its evaluation, from wherever it stands.

What the command line and the window share of it. Both do what `next_step` says, until it says
nothing more.
"""

from __future__ import annotations

from enum import StrEnum

from inspector.core.sampleparts import SamplePlan, write_sample_parts
from inspector.errors import InspectorError
from inspector.jobs.catalogue import Parameters
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.importing import ImportSummary, Progress
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import report_file
from inspector.project.work import EVALUATE, TRAIN

METHOD, PRESET = "revdist", "quick"
PARAMETERS: Parameters = {
    "image_size": 160,
    "revdist.iterations": 200,
    "alignment.iterations": 400,
}
"""Small enough for two cores and a coffee; everything else is the quick preset."""

PARTS = "parts"
"""Where the sample parts lie in the demo's project folder."""


class Step(StrEnum):
    """What a demo project lacks next."""

    PARTS = "parts"
    TRAIN = "train"
    EVALUATE = "evaluate"
    NOTHING = "nothing"


def next_step(project: Project) -> Step:
    """What is to be done next."""
    if finished_evaluation(project) is not None:
        return Step.NOTHING
    if project.models():
        return Step.EVALUATE
    return Step.TRAIN if project.sources() else Step.PARTS


def make_parts(project: Project, progress: Progress | None = None) -> None:
    """Makes the sample parts in the project folder, where they are not there yet.

    Args:
        project: The demo's project.
        progress: Called with (done, total) after each image, in this thread; what it raises stops
            the work and leaves nothing behind.

    Raises:
        InspectorError: The project is the user's own, or its folder cannot be written.
    """
    parts = project.folder / PARTS
    if parts.exists():
        return
    if project.sources():
        raise InspectorError(
            f"'{project.folder}' is a project of your own.", "Give the demo another folder."
        )
    write_sample_parts(parts, SamplePlan.demo(), progress=progress)


def import_parts(project: Project, progress: Progress | None = None) -> ImportSummary:
    """Imports the sample parts, or brings them up to date; raises as `Project.import_folder`."""
    return project.import_folder(project.folder / PARTS, progress=progress)


def training_to_resume(project: Project) -> RunRow | None:
    """The demo's training that was interrupted, if there is one."""
    for row in project.runs():
        if row.kind == TRAIN and row.state is RunState.LOST:
            return row
    return None


def finished_evaluation(project: Project) -> tuple[RunRow, ModelRow] | None:
    """The newest evaluation that has its report, with the model that it judged."""
    models = {str(model.folder): model for model in project.models()}
    for row in reversed(project.runs()):
        if row.kind == EVALUATE and report_file(project, row).exists():
            job = read_job(row.folder)
            if isinstance(job, ScoreJob) and job.model in models:
                return row, models[job.model]
    return None
