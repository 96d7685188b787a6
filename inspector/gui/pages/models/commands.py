"""What can be done with a model: use, rename, evaluate, trash, restore, delete for good."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ExportRequest, RetrainRequest, ScoreRequest
from inspector.gui.notify import NoticeAction
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.session import Session
from inspector.jobs.spec import ExportJob, ScoreJob
from inspector.jobs.spec import Job as JobSpec
from inspector.project.models import ModelRow
from inspector.project.project import Project


class ModelCommands(QObject):
    """Acts on models and says what came of it."""

    changed = Signal()  # the page should look again

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    @property
    def _project(self) -> Project:
        assert self._session.project is not None  # the page is shown for a project only
        return self._session.project

    def activate(self, model: ModelRow) -> None:
        """Makes a model the active one."""
        active = self._session.scale.model
        if active is not None and active.model_id == model.model_id:
            return
        self._session.scale.set_model(model)

    def rename(self, model: ModelRow, name: str) -> None:
        """Gives a model another name.

        Raises:
            InspectorError: The name is not valid, or a job waits that knows the old one.
        """
        job = self.job_of(model)
        if job is not None and job.run is None:
            raise InspectorError(
                self.tr("A job that waits knows the model by its present name."),
                self.tr("Rename it when that job has begun."),
            )
        self._project.rename_model(model.model_id, name)
        self._session.models_have_changed()

    def evaluate(self, facts: ModelFacts) -> None:
        """Queues an evaluation, with the scoring of all images where that has not been done."""
        name = facts.model.name
        if self.job_of(facts.model) is not None:
            return
        everything = facts.n_scored == 0
        self._session.jobs.add(ScoreRequest(model=name, evaluate=True, everything=everything))

    def trash(self, models: Sequence[ModelRow]) -> None:
        """Moves models to the trash; can be undone from the notice."""
        moved: list[ModelRow] = []
        for model in models:
            if self.job_of(model) is not None:
                self._session.notices.warning(
                    self.tr("{name} is in use by a job and stays.").format(name=model.name),
                    self.tr("Wait until the job is done, or cancel it, then delete the model."),
                )
            else:
                self._project.trash_model(model.model_id)
                moved.append(model)
        if not moved:
            return
        before = self._session.scale.model
        self._session.models_have_changed()
        if len(moved) == 1:
            text = self.tr("{name} is in the trash.").format(name=moved[0].name)
        else:
            text = self.tr("{n} models are in the trash.").format(n=len(moved))
        self._session.notices.info(
            text,
            self._said_of_active(before),
            NoticeAction(self.tr("Undo"), lambda: self.restore(moved)),
        )

    def restore(self, models: Sequence[ModelRow]) -> None:
        """Takes models out of the trash; one that is not there any more is passed over."""
        there = {model.model_id for model in self._project.trashed_models()}
        for model in models:
            if model.model_id in there:
                self._project.restore_model(model.model_id)
        self._session.models_have_changed()

    def remove(self, model: ModelRow) -> None:
        """Deletes a model of the trash for good; its files in the background."""
        project = self._project

        def work(task: Task) -> None:
            with project.reopened() as own:
                own.remove_model(model.model_id)

        def done(nothing: None) -> None:
            if project is self._session.project:
                self._session.models_have_changed()
                self._session.notices.info(
                    self.tr("{name} is deleted for good.").format(name=model.name)
                )

        self._session.background.run(work, done)

    def job_of(self, model: ModelRow) -> Job | None:
        """The job that needs the model, under way or waiting; None where there is none."""
        return next((job for job in self._session.jobs.jobs if _needs(job, model)), None)

    def busy_word(self, model: ModelRow) -> str:
        """What a job does with the model, in a word; empty where no job needs it."""
        job = self.job_of(model)
        if job is None:
            return ""
        return self.tr("Waiting") if job.state is JobState.QUEUED else self.tr("Running")

    def _said_of_active(self, before: ModelRow | None) -> str:
        now = self._session.scale.model
        if now is None:
            return self.tr("No model is left. Restore one, or train another.")
        if before is None or before.model_id != now.model_id:
            return self.tr("{name} is the active model now.").format(name=now.name)
        return ""


def _needs(job: Job, model: ModelRow) -> bool:
    if job.state.is_over:
        return False
    if isinstance(job.request, ScoreRequest) and job.run is None:
        return job.request.model in (model.name, str(model.model_id))
    if isinstance(job.request, RetrainRequest | ExportRequest) and job.run is None:
        return job.request.model_id == model.model_id
    if job.run is None:
        return False
    try:
        spec = msgspec.json.decode(job.run.spec_json, type=JobSpec)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    # Only the last part of the path: the project may have moved.
    return isinstance(spec, ScoreJob | ExportJob) and spec.model.replace("\\", "/").endswith(
        f"/{model.folder.name}"
    )
