"""Which image stands on the canvas, with its map and its masks, in time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.gui.pages.annotate.annotate_queue import AnnotateQueue
from inspector.gui.pages.annotate.layout import AnnotateParts
from inspector.gui.pages.annotate.page_easel import PageEasel
from inspector.gui.pages.annotate.painting import Painting
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.pages.review.prefetch import Look, Prefetch

AHEAD, BEHIND = 2, 1
"""Images that are kept ready after and before the one that is painted on."""

_PAINT_FIRST_MS = 15


class Stage(QObject):
    """Shows the queue's image as soon as it is ready, and has the next ones made ready.

    Attributes:
        shown_id: The image on the canvas; None while it is not there yet.
    """

    shown = Signal()

    def __init__(
        self,
        queue: AnnotateQueue,
        pictures: Pictures,
        painting: Painting,
        parts: AnnotateParts,
        easel: PageEasel,
        leave: Callable[[], object],
    ) -> None:
        """`leave` ends what is under way on the image, before another one comes."""
        super().__init__()
        self._queue, self._pictures, self._painting = queue, pictures, painting
        self._parts, self._easel, self._leave = parts, easel, leave
        self.prefetch = Prefetch(self)
        self.prefetch.arrived.connect(self._on_look)
        self.shown_id: int | None = None
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.timeout.connect(self._ask)

    def clear(self) -> None:
        """Nothing is on the canvas; what was painted is kept."""
        self._leave()
        self._painting.leave()
        self.shown_id = None
        self._easel.look = None
        self._parts.view.set_message("")
        self._parts.view.set_image(None)

    def show_current(self) -> None:
        """Shows the queue's image; where it is not ready, an empty canvas until it is."""
        image_id = self._queue.current
        if image_id != self.shown_id:
            self.clear()
        wanted = self._pictures.wanted(image_id) if image_id is not None else None
        look = self.prefetch.get(wanted) if wanted is not None else None
        if look is not None:
            self._show(look)
            self._ahead.start(_PAINT_FIRST_MS)
        else:
            self._ask()

    def _ask(self) -> None:
        wanted = (self._pictures.wanted(one) for one in self._queue.around(AHEAD, BEHIND))
        self.prefetch.ask([one for one in wanted if one is not None])

    def _on_look(self, look: Look) -> None:
        if look.wanted.image_id == self._queue.current:
            self._show(look)

    def _show(self, look: Look) -> None:
        image_id, before = look.wanted.image_id, self._easel.look
        if look is before:
            return
        view = self._parts.view
        image = self._pictures.image(image_id)
        if image is not None:
            self._parts.title.setText(image.path.name)
            self._parts.title.setToolTip(str(image.path))
        if look.pixels is None:
            view.set_message(self.tr("This image cannot be shown."), look.problem)
            view.set_image(None)
        elif before is None or before.pixels is not look.pixels or self.shown_id != image_id:
            view.set_image(look.pixels)
            self._open(look)
        view.set_heat_map(look.anomaly_map, *self._pictures.scale)
        view.set_mask(look.mask if look.pixels is not None else None)
        self._easel.look = look
        self._easel.low = self._pictures.scale[0]
        self.shown_id = image_id
        self.shown.emit()

    def _open(self, look: Look) -> None:
        assert look.pixels is not None
        height, width = look.pixels.shape[:2]
        image = self._pictures.image(look.wanted.image_id)
        record = image.record if image is not None else None
        if record is None or (record.height, record.width) != (height, width):
            self._easel.say(
                self.tr("The file has changed since it was imported. Refresh on the Dataset page.")
            )
            return
        self._parts.about.setText(f"{record.class_name}  {width} × {height}".strip())
        self._painting.open(look.wanted.image_id, (height, width))
