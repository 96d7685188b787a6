"""Pictures of patches, cut from the small pictures that the page has of its images."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPixmap

from inspector.gui.pages.annotate.bank.patch_picture import cut
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.thumbnails import Thumbnails, Unreadable

_SMALL, _LARGE = 512, 1024  # longer sides; the small ones are kept on the disk, too
_MOST = 800
_FRAME = QColor("#ffffff")  # with a dark edge: seen on any image, in any theme


class PatchPictures(QObject):
    """Asked at every paint; `arrived` tells when there is more to show."""

    arrived = Signal()

    def __init__(self, pictures: Pictures, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._pictures, self._thumbnails = pictures, thumbnails
        self._kept: OrderedDict[tuple[object, ...], QPixmap] = OrderedDict()
        self.grid = (1, 1)
        thumbnails.arrived.connect(lambda paths: self.arrived.emit())

    def get(
        self, image_id: int, row: int, column: int, side: int, *, large: bool = False
    ) -> QPixmap | None:
        """A patch with its surroundings, `side` device pixels; None while it is not there."""
        file = self._pictures.picture(image_id)
        if file is None:
            return None
        found = self._thumbnails.get(file, _LARGE if large else _SMALL)
        if found is None or isinstance(found, Unreadable):
            return None
        key = (found.cacheKey(), self.grid, row, column, side)
        if key not in self._kept:
            self._kept[key] = cut(found, self.grid, row, column, side, _FRAME)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
