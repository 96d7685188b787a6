"""Pictures of patches, cut from the small pictures that the page has of its images."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPixmap

from inspector.gui.pages.annotate.bank.patch_picture import CONTEXT, cut
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.thumbnails import Thumbnails, Unreadable

_SMALL, _LARGE = 512, 1024  # longer sides, at least; the small ones are kept on the disk, too
_LARGEST = 2048  # a few of them fill the memory for small pictures
_ENLARGED = 2  # what is cut from a picture is shown so many times as large, at most
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
        file, image = self._pictures.picture(image_id), self._pictures.image(image_id)
        if file is None or image is None:
            return None
        # Tiled images have fine grids: patches cut from a small picture would be a few pixels.
        fine = round(side * max(self.grid) / (CONTEXT * _ENLARGED)) if row >= 0 else 0
        wanted = min(max(fine, _LARGE if large else _SMALL), _LARGEST)
        key = (file, self.grid, row, column, side, wanted)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        found = self._thumbnails.get(file, wanted)
        if found is None or isinstance(found, Unreadable):
            return None
        made = cut(found, self.grid, row, column, side, _FRAME)
        longest = max(image.record.width or 0, image.record.height or 0)
        if max(found.width(), found.height()) >= min(wanted, longest):
            self._kept[key] = made  # else a finer picture is on its way
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made
