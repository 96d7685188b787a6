"""Muting patches and removing masks, each step undoable while the window is open."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from inspector.core.masks import Mask
from inspector.errors import InspectorError
from inspector.gui.pages.annotate.bank.facts import PaintedMask
from inspector.gui.session import Session
from inspector.jobs.bank_file import Place, read_muted, write_muted
from inspector.project.models import ModelRow
from inspector.project.project import Project


@dataclass(frozen=True, slots=True)
class _Step:
    """What undoing gives back: the muted patches, and what was painted where a mask was removed."""

    muted: frozenset[Place]
    image_id: int = -1
    type_id: int = -1
    painted: Mask | None = None


class Muting(QObject):
    """The muted patches of one model, as they are on the disk.

    Muting takes patches out of the model until they are let in again. Removing a mask also erases
    what is painted, so that no later training learns from it; both can be undone.

    Attributes:
        muted: (annotation id, row, column) of each.
    """

    changed = Signal()  # other patches are muted
    repainted = Signal(int)  # image id: a mask was removed or given back

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model: ModelRow | None = None
        self.muted: frozenset[Place] = frozenset()
        self._steps: list[_Step] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._steps)

    def set_model(self, model: ModelRow | None) -> None:
        """Reads what is muted in a model; of another one nothing can be undone."""
        if self._folder_of(model) != self._folder_of(self._model):
            self._steps = []
        self._model = model
        self.muted = frozenset()
        if model is None:
            self.changed.emit()
        else:
            self._do(lambda: self._take(read_muted(model.folder)))

    def set_muted(self, places: Collection[Place], muted: bool) -> bool:
        """Mutes patches, or lets them count again; False where nothing changes or it fails."""
        wanted = self.muted | set(places) if muted else self.muted - set(places)
        if wanted == self.muted:
            return False

        def run() -> None:
            step = _Step(self.muted)
            self._write(wanted)
            self._steps.append(step)

        return self._do(run)

    def remove(self, mask: PaintedMask) -> bool:
        """Erases what is painted there now and mutes the mask's patches; False where it fails."""
        annotation, project = mask.annotation, self._session.project
        if project is None:
            return False
        image_id, type_id = annotation.image_id, annotation.type_id
        wanted = self.muted | {patch.place for patch in mask.patches}

        def run() -> None:
            painted = project.working_masks(image_id).get(type_id)
            step = _Step(self.muted, image_id, type_id, painted)
            self._write(wanted)
            self._steps.append(step)
            if painted is not None:
                self._paint(project, step, np.zeros_like(painted), "remove")

        done = self._do(run)
        self.repainted.emit(image_id)
        return done

    def undo(self) -> bool:
        """Takes back the newest step; False where there is none or it fails.

        What was painted since in place of a removed mask stays, beside what comes back.
        """
        if not self._steps:
            return False
        step, project = self._steps[-1], self._session.project

        def run() -> None:
            self._write(step.muted)
            if step.painted is not None and project is not None:
                now = project.working_masks(step.image_id).get(step.type_id)
                kept = now is not None and now.shape == step.painted.shape
                back = step.painted | now if now is not None and kept else step.painted
                self._paint(project, step, back, "undo")
            self._steps.pop()

        done = self._do(run)
        if step.painted is not None:
            self.repainted.emit(step.image_id)
        return done

    def _paint(self, project: Project, step: _Step, mask: Mask, tool: str) -> None:
        operator = self._session.preferences.operator
        project.set_mask(step.image_id, step.type_id, mask, tool, operator)
        project.cut_versions(step.image_id)

    def _write(self, places: frozenset[Place]) -> None:
        assert self._model is not None
        write_muted(self._model.folder, places)
        self.muted = places

    def _take(self, places: frozenset[Place]) -> None:
        self.muted = places

    def _do(self, run: Callable[[], object]) -> bool:
        try:
            run()
        except InspectorError as error:
            self._session.notices.error(error)
            return False
        finally:
            self.changed.emit()
        return True

    @staticmethod
    def _folder_of(model: ModelRow | None) -> object:
        return model.folder if model is not None else None
