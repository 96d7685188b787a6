"""One image in a window of its own, zoomable, with its true mask; arrow keys go on to others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from inspector.core.images import read_mask
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.canvas.image_view import ImageView
from inspector.gui.pages.dataset.tile_painter import Pictures
from inspector.gui.session import Session
from inspector.gui.small_pictures import screen_pixels
from inspector.gui.theme import em
from inspector.gui.widgets.basics import icon_button, label, row
from inspector.project.records import StoredImage

Loaded = tuple[NDArray[np.uint8], NDArray[np.bool_] | None]


class PreviewWindow(QDialog):
    """Shows an image at full resolution.

    Args:
        session: For work in threads.
        pictures: For the windows of 16-bit images.
        step: Moves the choice in the list by +1 or −1 and returns the image there, or None.
    """

    def __init__(
        self,
        session: Session,
        pictures: Pictures,
        step: Callable[[int], StoredImage | None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session, self._pictures, self._step = session, pictures, step
        self.view = ImageView()
        self.title = label("", "headline")
        earlier = icon_button("chevron-left", self.tr("Previous image (Left)"))
        later = icon_button("chevron-right", self.tr("Next image (Right)"))
        earlier.clicked.connect(lambda: self.go(-1))
        later.clicked.connect(lambda: self.go(1))
        for keys, by in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda by=by: self.go(by))
        layout = QVBoxLayout(self)
        layout.addWidget(row(self.title, None, earlier, later))
        layout.addWidget(self.view, 1)
        self.resize(em(self, 48), em(self, 36))

    def show_image(self, image: StoredImage) -> None:
        """Loads an image and shows it."""
        self.setWindowTitle(image.record.path)
        self.title.setText(image.record.path)
        window = self._pictures.file(image).window

        def work(task: Task) -> Loaded:
            pixels = screen_pixels(image.path, window)
            paths = image.mask_paths
            return pixels, read_mask(paths, pixels.shape[:2]) if paths else None

        def done(loaded: Loaded) -> None:
            self.view.set_image(loaded[0])
            self.view.set_mask(loaded[1])

        def failed(error: InspectorError) -> None:
            self.view.set_image(None)
            self.view.set_message(self.tr("Cannot be read"), str(error))

        self._session.background.run(work, done, key="dataset.preview", failed=failed)

    def go(self, by: int) -> None:
        """Shows the next or the previous image of the list."""
        image = self._step(by)
        if image is not None:
            self.show_image(image)
