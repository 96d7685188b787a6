"""Snapping to edges: computed in a thread, taken over only where the mask is still the same."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from inspector.core.brushes import SNAP_STEPS, Box, Image, Mask, snapped
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.pages.annotate.painting import Painting
from inspector.gui.session import Session


class Snapper(QObject):
    """Draws the mask of the chosen type to the edges of the image."""

    progressed = Signal(int, int)
    ended = Signal(str)  # what there is to say of it; may be empty

    def __init__(self, session: Session, painting: Painting) -> None:
        super().__init__()
        self._session, self._painting = session, painting
        self._task: Task | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is computing."""
        return self._task is not None

    def start(self, image: Image) -> None:
        """Begins with the mask as it is now."""
        draft = self._painting.draft
        if draft is None or not draft.area:
            self.ended.emit(
                self.tr("There is nothing to snap: paint roughly over the defect first.")
            )
            return
        self.cancel()
        mask, serial = draft.mask.copy(), self._painting.serial
        self.progressed.emit(0, SNAP_STEPS)

        def work(task: Task) -> tuple[Box, Mask] | None:
            return snapped(image, mask, task.report)

        def done(found: tuple[Box, Mask] | None) -> None:
            self._task = None
            self.ended.emit(self._take_over(found, serial))

        def failed(error: InspectorError) -> None:
            self._task = None
            self.ended.emit(error.message)

        self._task = self._session.background.run(
            work, done, key="annotate.snap", failed=failed, progress=self.progressed.emit
        )

    def cancel(self) -> None:
        """Nothing comes of what is being computed."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self.ended.emit("")

    def _take_over(self, found: tuple[Box, Mask] | None, serial: int) -> str:
        draft = self._painting.draft
        if serial != self._painting.serial or draft is None:
            return ""
        if found is None:
            return self.tr("No edges were found near the mask; it stays as it is.")
        box, region = found
        draft.mask[box.slices] = region
        self._painting.touched(box)
        if not self._painting.finish("snap"):
            return self.tr("The mask follows the edges already.")
        return self.tr("Snapped. Undo gives the rough mask back.")
