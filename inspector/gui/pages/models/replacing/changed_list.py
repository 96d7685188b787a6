"""The images of which two models decide differently, as small pictures in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QListView

from inspector.core.model_comparison import Change
from inspector.core.samples import Truth
from inspector.core.windows import IntensityWindow
from inspector.gui.library import Library
from inspector.gui.pages.models import words
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails, picture_file
from inspector.project.columns import TRUTHS

RIGHT, WRONG = "✓", "✗"

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()

_LINES = 4.5
"""Height of a picture in lines of text."""


class ChangedImages(QAbstractListModel):
    """One row an image, the largest change first."""

    def __init__(self, library: Library, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._library, self._thumbnails = library, thumbnails
        self._windows: Mapping[str, IntensityWindow] = {}
        self.changes: Sequence[Change] = ()
        self.side = 96
        thumbnails.arrived.connect(self._on_pictures)

    def show_changes(
        self, changes: Sequence[Change], windows: Mapping[str, IntensityWindow]
    ) -> None:
        """Shows other images; `windows` are those of the classes with 16-bit images."""
        self.beginResetModel()
        self.changes, self._windows = changes, windows
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.changes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        change = self.changes[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(change)
            case Qt.ItemDataRole.DecorationRole:
                return self._picture(change)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._explanation(change)
            case _:
                return None

    def _row(self, change: Change) -> int:
        (row,) = self._library.images.ids.searchsorted([change.image_id]).tolist()
        ids = self._library.images.ids
        return int(row) if row < len(ids) and ids[row] == change.image_id else -1

    def _picture(self, change: Change) -> QPixmap | None:
        row = self._row(change)
        if row < 0:
            return None
        file = picture_file(self._library.images.images[row], self._windows)
        found = self._thumbnails.get(file, self.side)
        if not isinstance(found, QPixmap):
            empty = QPixmap(self.side, self.side)
            empty.fill(Qt.GlobalColor.transparent)
            return empty
        return found.scaled(
            self.side,
            self.side,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )

    def _text(self, change: Change) -> str:
        row, images = self._row(change), self._library.images
        decided = self.tr("OK → NG") if change.is_flagged else self.tr("NG → OK")
        if row < 0:
            return decided
        name = words.class_label(images.class_names[images.classes[row]])
        truth = TRUTHS[images.truths[row]]
        known = {Truth.GOOD: self.tr("good"), Truth.DEFECTIVE: self.tr("defective")}.get(truth, "")
        if not known:
            return f"{decided}\n{name}"
        is_right = change.is_flagged == (truth is Truth.DEFECTIVE)
        return f"{decided}\n{name}\n{RIGHT if is_right else WRONG} {known}"

    def _explanation(self, change: Change) -> str:
        row = self._row(change)
        name = self._library.images.images[row].path.name if row >= 0 else ""
        text = self.tr(
            "{name}\nDistance to the threshold, in steps from the typical good part to it: "
            "{old} → {new}"
        )
        old, new = (f"{value:+.2f}" for value in (change.old_distance, change.new_distance))
        return text.format(name=name, old=old, new=new).replace("-", "−")

    def _on_pictures(self, paths: object) -> None:
        if self.changes:
            last = self.index(len(self.changes) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DecorationRole])


class ChangedList(QListView):
    """The images in one row that scrolls; Return or a double click opens one."""

    opened = Signal(int)  # image id

    def __init__(self, library: Library, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.images = ChangedImages(library, thumbnails, self)
        self.setModel(self.images)
        self.setAccessibleName(self.tr("Images whose decision changed"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(self._open)
        self.fit()

    def fit(self) -> None:
        """Sizes for the present font."""
        side = em(self, _LINES)
        self.images.side = side
        self.setIconSize(QSize(side, side))
        cell = QSize(em(self, 8.5), side + em(self, 3.6))
        self.setGridSize(cell)
        self.setFixedHeight(cell.height() + self.horizontalScrollBar().sizeHint().height() + 6)

    def open_current(self) -> None:
        """Opens the image that the keyboard stands on."""
        self._open(self.currentIndex())

    def _open(self, index: Index) -> None:
        if index.isValid():
            self.opened.emit(self.images.changes[index.row()].image_id)
