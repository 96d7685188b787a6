"""What is painted on the image that is looked at: every finished stroke is in the project."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from inspector.core.brushes import Box, Mask
from inspector.core.masks import Patch
from inspector.errors import InspectorError
from inspector.gui.pages.annotate.draft import Draft
from inspector.gui.session import Session
from inspector.project.defect_types import DefectType
from inspector.project.project import Project


class Painting(QObject):
    """The drafts of one image, one for each defect type, and the strokes on them.

    A stroke is written, safe from a crash, before `finish` returns. Versions are cut when the image
    is left.

    Attributes:
        image_id: The image; None where none can be painted on.
        annotated: Images on which anything is painted now.
        types: The project's defect types.
        type_id: The one that is painted with; None where there is none.
        serial: Grows with every change; who computes something can tell whether it is stale.
    """

    opened = Signal()  # another image, or none
    touched_at = Signal(int, object)  # type id and Box, while a stroke is under way, too
    kept = Signal()  # a stroke was added, undone or redone
    types_changed = Signal()  # also where another one is chosen

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._project: Project | None = None
        self._shape = (0, 0)
        self.image_id: int | None = None
        self.annotated: set[int] = set()
        self.types: tuple[DefectType, ...] = ()
        self.type_id: int | None = None
        self.drafts: dict[int, Draft] = {}
        self.serial = 0

    def set_project(self, project: Project | None) -> None:
        """Paints in another project. What the last session was killed over is made versions now."""
        self.leave()
        self._project = project
        self.annotated.clear()
        if project is not None:
            try:
                project.cut_versions()
                self.annotated.update(project.annotated_image_ids())
            except InspectorError as error:
                self._session.notices.error(error)
        self.read_types()

    # Defect types.

    @property
    def active(self) -> DefectType | None:
        """The type that is painted with."""
        return next((one for one in self.types if one.type_id == self.type_id), None)

    def read_types(self) -> None:
        """Reads the types anew; keeps the chosen one where it is still there."""
        try:
            self.types = self._project.defect_types() if self._project is not None else ()
        except InspectorError as error:
            self._session.notices.error(error)
        if self.active is None:
            self.type_id = self.types[0].type_id if self.types else None
        self.types_changed.emit()

    def choose_type(self, type_id: int) -> None:
        """Paints with another type."""
        self.type_id = type_id
        self.types_changed.emit()

    def add_type(self, name: str) -> DefectType | None:
        """Adds a type and paints with it; None where it cannot be, which is said."""
        if self._project is None:
            return None
        try:
            made = self._project.add_defect_type(name)
        except InspectorError as error:
            self._session.notices.error(error)
            return None
        self.type_id = made.type_id
        self.read_types()
        return made

    def change_type(
        self, type_id: int, name: str | None = None, colour: str | None = None, pattern: str = ""
    ) -> None:
        """Gives a type another name, colour or pattern."""
        if self._project is not None:
            try:
                self._project.change_defect_type(type_id, name, colour, pattern or None)
            except InspectorError as error:
                self._session.notices.error(error)
        self.read_types()

    def remove_type(self, type_id: int) -> None:
        """Removes a type that nothing was painted with."""
        if self._project is not None:
            try:
                self._project.remove_defect_type(type_id)
            except InspectorError as error:
                self._session.notices.error(error)
            else:
                self.drafts.pop(type_id, None)
        self.read_types()

    # The image.

    def open(self, image_id: int, shape: tuple[int, int]) -> bool:
        """Paints on another image, (H, W); False where its masks cannot be read, which is said."""
        self.leave()
        if self._project is None:
            return False
        try:
            masks = self._project.working_masks(image_id)
        except InspectorError as error:
            self._session.notices.error(error)
            return False
        self.image_id, self._shape = image_id, shape
        self.drafts = {
            type_id: Draft(mask) for type_id, mask in masks.items() if mask.shape == shape
        }
        self.serial += 1
        self.opened.emit()
        return True

    def leave(self) -> None:
        """The image is left: versions are cut of what was painted."""
        if self.image_id is None:
            return
        self.cut()
        self.image_id = None
        self.drafts = {}
        self.serial += 1
        self.opened.emit()

    def cut(self) -> None:
        """Cuts versions of what was painted on the image since the last ones."""
        if self._project is not None and self.image_id is not None:
            try:
                self._project.cut_versions(self.image_id)
            except InspectorError as error:
                self._session.notices.error(error)

    @property
    def draft(self) -> Draft | None:
        """What is painted with the chosen type; None where nothing is yet."""
        return self.drafts.get(self.type_id) if self.type_id is not None else None

    # Strokes.

    def begin(self) -> Mask | None:
        """The mask to paint on; None without an image. Without any type one is made."""
        if self.image_id is None:
            return None
        if self.active is None and self.add_type(self.tr("Defect")) is None:
            return None
        assert self.type_id is not None
        if self.type_id not in self.drafts:
            self.drafts[self.type_id] = Draft(np.zeros(self._shape, np.bool_))
            self.opened.emit()
        return self.drafts[self.type_id].mask

    def touched(self, box: Box) -> None:
        """The mask has changed there."""
        if self.draft is not None and self.type_id is not None:
            self.draft.touched(box)
            self.touched_at.emit(self.type_id, box)

    def drop(self) -> None:
        """Takes back what is not finished."""
        if self.draft is not None and self.type_id is not None:
            self.touched_at.emit(self.type_id, self.draft.revert())

    def finish(self, tool: str) -> bool:
        """Writes what has changed as one stroke. Where that fails it is taken back, and said."""
        draft, project = self.draft, self._project
        if draft is None or project is None or self.image_id is None or self.type_id is None:
            return False
        patch = draft.change()
        if patch is None:
            draft.keep()
            return False
        operator = self._session.preferences.operator
        try:
            project.add_stroke(self.image_id, self.type_id, patch, tool, operator)
        except InspectorError as error:
            self._session.notices.error(error)
            self.drop()
            return False
        draft.keep()
        self._after()
        return True

    def undo(self) -> bool:
        """Takes back the image's newest stroke, whichever type it was; False where none is."""
        return self._turn_over(back=True)

    def redo(self) -> bool:
        """Gives again the stroke that was undone last."""
        return self._turn_over(back=False)

    def _turn_over(self, *, back: bool) -> bool:
        project, image_id = self._project, self.image_id
        if project is None or image_id is None:
            return False
        try:
            stroke = project.undo_stroke(image_id) if back else project.redo_stroke(image_id)
        except InspectorError as error:
            self._session.notices.error(error)
            return False
        if stroke is None:
            return False
        self._show_turned(stroke.type_id, stroke.patch)
        return True

    def _show_turned(self, type_id: int, patch: Patch) -> None:
        if type_id not in self.drafts:
            self.drafts[type_id] = Draft(np.zeros(self._shape, np.bool_))
            self.opened.emit()
        self.touched_at.emit(type_id, self.drafts[type_id].turn_over(patch))
        self._after()

    def _after(self) -> None:
        assert self.image_id is not None
        if any(draft.area for draft in self.drafts.values()):
            self.annotated.add(self.image_id)
        else:
            self.annotated.discard(self.image_id)
        self.serial += 1
        self.kept.emit()
