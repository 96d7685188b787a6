"""What stands on the canvases: the image of the queue and what it is compared with, in time."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.gui.pages.review.canvas_panel import CanvasPanel
from inspector.gui.pages.review.comparisons import Comparisons
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.prefetch import Look, Prefetch
from inspector.gui.pages.review.review_queue import ReviewQueue
from inspector.gui.session import Session

AHEAD, BEHIND = 3, 1
"""Images that are kept ready after and before the one that is looked at."""

_PAINT_FIRST_MS = 15
"""Threads that read images would compete with the painting of the one that is ready."""


class Stage(QObject):
    """Shows the queue's image as soon as it is ready, and has the next ones made ready.

    Attributes:
        shown_id: The image that is on the canvas: the one that may be judged. None while it is not
            there yet: nobody has seen what a verdict would be about.
    """

    shown = Signal(int)  # image id, each time that it is put on the canvas

    def __init__(
        self,
        session: Session,
        queue: ReviewQueue,
        material: Material,
        canvas: CanvasPanel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._queue, self._material, self._canvas = queue, material, canvas
        self.prefetch = Prefetch(self)
        self.comparisons = Comparisons(session, self)
        self.shown_id: int | None = None
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.timeout.connect(self.ask_ahead)
        self.prefetch.arrived.connect(self._on_look)
        self.comparisons.found.connect(self._on_comparison)

    def clear(self) -> None:
        """Nothing is on the canvas."""
        self.shown_id = None
        self._canvas.show_image(None)
        self._canvas.show_verdict(None)

    def show_current(self) -> None:
        """Shows the queue's image; where it is not ready, an empty canvas until it is."""
        image_id = self._queue.current
        if image_id is None:
            self.ask_ahead()
            self.clear()
            return
        wanted = self._material.wanted(image_id)
        look = self.prefetch.get(wanted) if wanted is not None else None
        if look is not None:
            self._show(look)
            if not self._ahead.isActive():
                self._ahead.start(_PAINT_FIRST_MS)
        else:
            self.ask_ahead()
            if self.shown_id != image_id:
                self.clear()
        self._show_reference()

    def set_compare(self, visible: bool) -> None:
        """Shows or hides the image to compare with."""
        self._canvas.set_compare(visible)
        if visible and self.shown_id is not None:
            self._on_comparison()

    def ask_ahead(self) -> None:
        """Has made ready what is looked at now and next, the most urgent first."""
        near = self._queue.around(AHEAD, BEHIND)
        ids = list(near)
        if not self._canvas.reference.isHidden():
            self.comparisons.ask(near)
            places = [2, *range(4, 4 + len(near))]
            for place, image_id in zip(places, near, strict=False):
                found = self.comparisons.get(image_id)
                if found is not None and found.image_id is not None:
                    ids.insert(place, found.image_id)
        wanted = (self._material.wanted(image_id) for image_id in ids)
        self.prefetch.ask([one for one in wanted if one is not None])

    def _show(self, look: Look) -> None:
        self.shown_id = look.wanted.image_id
        image = self._material.image(self.shown_id)
        if image is not None:
            self._canvas.image.title.setText(image.path.name)
            self._canvas.image.title.setToolTip(str(image.path))
            self._canvas.image.about.setText(image.record.class_name)
        self._canvas.show_image(look)
        self.shown.emit(self.shown_id)

    def _show_reference(self) -> None:
        pane = self._canvas.reference
        if self.shown_id is None or pane.isHidden():
            return
        pane.title.setText(self.tr("Nearest normal"))
        found = self.comparisons.get(self.shown_id)
        if found is None or found.image_id is None:
            pane.about.setText("")
            if found is None:
                self._canvas.show_reference(None, self.tr("Searching…"))
                return
            missing = self.tr("No good image is scored yet")
            if not found.is_scored:
                missing = self.tr("This image is not scored yet")
            self._canvas.show_reference(
                None, missing, self.tr("Score all images to compare with the nearest good one.")
            )
            return
        wanted = self._material.wanted(found.image_id)
        look = self.prefetch.get(wanted) if wanted is not None else None
        image = self._material.image(found.image_id)
        alike = self.tr("{percent} % alike").format(percent=f"{100 * found.similarity:.1f}")
        pane.about.setText(alike)
        pane.title.setToolTip(str(image.path) if image is not None else "")
        self._canvas.show_reference(look, "" if look is not None else self.tr("Loading…"))

    def _on_look(self, look: Look) -> None:
        if look.wanted.image_id == self._queue.current:
            self._show(look)
        self._show_reference()

    def _on_comparison(self) -> None:
        self.ask_ahead()
        self._show_reference()
