"""One image with its title above: the one that is judged, or the one to compare it with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.canvas.image_view import ImageView
from inspector.gui.pages.review.badge import Badge
from inspector.gui.pages.review.prefetch import Look
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label


class ImagePane(QWidget):
    """A canvas, a title, and what else is known in muted words."""

    def __init__(self) -> None:
        super().__init__()
        self.view = ImageView()
        self.title = label("", "headline")
        self.about = label("", "muted")
        self.verdict = Badge(1.3, plate=True)
        self.verdict.setParent(self.view)
        self.verdict.hide()
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.25))
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.5))
        head.addWidget(self.title, 1)
        head.addWidget(self.about)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.look: Look | None = None
        self._scale = (0.0, 0.0)
        self.view.installEventFilter(self)

    def show_look(self, look: Look | None, scale: tuple[float, float]) -> None:
        """Shows an image with its map, regions and mask; keeps the view where only those change."""
        before = self.look
        if look is not None and look is before and scale == self._scale:
            return
        self.look, self._scale = look, scale
        if look is None or look.pixels is None:
            self.view.set_image(None)
            return
        if before is None or before.pixels is not look.pixels:
            self.view.set_image(look.pixels)
        self.view.set_heat_map(look.anomaly_map, *scale)
        self.view.set_regions(list(look.regions))
        self.view.set_mask(look.mask)

    def place_verdict(self) -> None:
        """Puts the verdict's plate into the corner of the canvas."""
        gap = em(self, 0.6)
        self.verdict.adjustSize()
        self.verdict.move(gap, gap)
        self.verdict.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self.place_verdict()
        return False
