"""Models that were trained again: told when they can be compared; somebody decides on each."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from inspector.gui.jobs.queue import JobQueue
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.library import Library
from inspector.gui.notify import NoticeAction, Notices
from inspector.gui.scale import Scale
from inspector.project.candidates import candidates, decide, parent_of
from inspector.project.models import ModelRow
from inspector.project.project import Project


class Candidates(QObject):
    """Follows the undecided models of the open project."""

    changed = Signal()
    comparison_wanted = Signal(int, int)  # ids of the old and the new model

    def __init__(
        self,
        notices: Notices,
        scale: Scale,
        jobs: JobQueue,
        library: Library,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._notices, self._scale, self._jobs, self._library = notices, scale, jobs, library
        self._project: Project | None = None
        self._told: set[int] = set()
        scale.model_changed.connect(self.changed)  # who takes a model into use has decided

    def set_project(self, project: Project | None) -> None:
        """Follows another project; says whom it waits for."""
        self._project, self._told = project, set()
        self.changed.emit()
        self.tell_ready()

    def pairs(self) -> list[tuple[ModelRow, ModelRow]]:
        """Undecided models with the one that each was trained again from, oldest first."""
        if self._project is None:
            return []
        found = ((parent_of(self._project, model), model) for model in candidates(self._project))
        return [(parent, model) for parent, model in found if parent is not None]

    def welcome(self, name: str) -> bool:
        """Whether a new model waits for a decision; then the old one is scored, where it is not.

        Both must have seen the same images to be compared.
        """
        for old, new in self.pairs():
            if new.name == name:
                self._scale.pin()
                images = self._library.images
                usable = len(images) - int(images.has_problem.sum())
                assert self._project is not None
                n_scored = self._project.scored_counts().get(old.model_id, 0)
                if n_scored == 0 or n_scored < usable:  # the images may still be loading
                    self._jobs.add(ScoreRequest(model=old.name), first=True)
                self.changed.emit()
                return True
        return False

    def is_ready(self, old: ModelRow, new: ModelRow) -> bool:
        """Whether both have scores and no scoring of the two is to come."""
        if self._project is None:
            return False
        names = {old.name, new.name}
        coming = any(
            isinstance(job.request, ScoreRequest) and job.request.model in names
            for job in self._jobs.jobs
            if not job.state.is_over
        )
        counts = self._project.scored_counts()
        return not coming and {old.model_id, new.model_id} <= counts.keys()

    def tell_ready(self) -> None:
        """Says which models can be compared now; each once."""
        for old, new in self.pairs():
            if new.model_id not in self._told and self.is_ready(old, new):
                self._told.add(new.model_id)
                self._tell(old, new)
        self.changed.emit()

    def compare(self, old: ModelRow, new: ModelRow) -> None:
        """Leads to the comparison."""
        self.comparison_wanted.emit(old.model_id, new.model_id)

    def use(self, new: ModelRow) -> None:
        """The new model becomes the active one."""
        if self._project is not None:
            self._scale.set_model(self._project.find_model(new.model_id))
            self._notices.success(
                self.tr("{name} is the active model now.").format(name=new.name),
                self.tr("The old one stays among the models."),
            )
            self.changed.emit()

    def keep(self, old: ModelRow, new: ModelRow) -> None:
        """The old model stays, or becomes again, the active one; the new one is not deleted."""
        if self._project is None:
            return
        decide(self._project, new.model_id)
        active = self._scale.model
        if active is not None and active.model_id == new.model_id and old.trashed is None:
            self._scale.set_model(self._project.find_model(old.model_id))
        self._notices.info(
            self.tr("{name} stays the active model.").format(name=old.name),
            self.tr("{name} stays among the models.").format(name=new.name),
        )
        self.changed.emit()

    def _tell(self, old: ModelRow, new: ModelRow) -> None:
        self._notices.success(
            self.tr("{new} can be compared with {old} now.").format(new=new.name, old=old.name),
            self.tr("It replaces nothing until you say so."),
            NoticeAction(self.tr("Compare"), lambda: self.compare(old, new)),
        )
