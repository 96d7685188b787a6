"""The patches of a mask as small pictures; several can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.gui.icons import paint_icon
from inspector.gui.pages.annotate.bank.facts import Patch
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.theme import em, theme_of
from inspector.jobs.bank_file import Place

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
PATCH = Qt.ItemDataRole.UserRole
Picture = Callable[[Patch, int], QPixmap | None]
"""A patch and a side in device pixels -> its picture, once it is there."""

_SIDE = 3.6


class PatchModel(QAbstractListModel):
    """One row for each patch."""

    def __init__(self, words: BankWords) -> None:
        super().__init__()
        self._words = words
        self.patches: tuple[Patch, ...] = ()
        self.muted: frozenset[Place] = frozenset()

    def show_patches(self, patches: Sequence[Patch], muted: frozenset[Place]) -> None:
        """Other patches, or others muted; then the choice stays."""
        if tuple(patches) == self.patches:
            self.muted = muted
            if patches:
                self.dataChanged.emit(self.index(0), self.index(len(patches) - 1))
            return
        self.beginResetModel()
        self.patches, self.muted = tuple(patches), muted
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.patches)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        patch = self.patches[index.row()]
        if role == PATCH:
            return patch
        roles = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
        return self._told(patch) if role in roles else None

    def _told(self, patch: Patch) -> str:
        _, row, column = patch.place
        place = self.tr("Row {row}, column {column} of the patch grid")
        parts = [place.format(row=row + 1, column=column + 1)]
        if patch.place in self.muted:
            parts.append(self._words.muted)
        parts.append(self._words.ratio(patch.ratio))
        return "\n".join(part for part in parts if part)


class PatchTiles(QListView):
    """Tiles that wrap; click, Ctrl+click and Shift+click choose."""

    chosen = Signal()  # other patches are chosen

    def __init__(self, words: BankWords, picture: Picture) -> None:
        super().__init__()
        self.rows = PatchModel(words)
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self, picture))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setAccessibleName(self.tr("Patches of the chosen mask"))
        self.selectionModel().selectionChanged.connect(lambda new, old: self.chosen.emit())

    @property
    def chosen_patches(self) -> tuple[Patch, ...]:
        """The chosen ones, in the order of the grid."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return tuple(self.rows.patches[row] for row in rows)

    @property
    def current(self) -> Patch | None:
        """The patch under the keyboard, where it is chosen."""
        index = self.currentIndex()
        return index.data(PATCH) if self.selectionModel().isSelected(index) else None

    def choose(self, place: Place | None) -> None:
        """Chooses one patch, or none."""
        found = [i for i, patch in enumerate(self.rows.patches) if patch.place == place]
        if not found:
            self.clearSelection()
            return
        index = self.rows.index(found[0])
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
        self.selectionModel().select(QItemSelection(index, index), flags.ClearAndSelect)
        self.scrollTo(index)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: PatchTiles, picture: Picture) -> None:
        super().__init__(view)
        self._view, self._picture = view, picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        side = em(self._view, _SIDE)
        return QSize(side, side)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, patch = self._view, theme_of(), index.data(PATCH)
        gap = em(view, 0.2)
        box = QRect(option.rect).adjusted(gap, gap, -gap, -gap)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        is_muted = patch.place in view.rows.muted
        picture = self._picture(patch, round(box.width() * view.devicePixelRatioF()))
        painter.fillRect(box, QColor(theme.raised))
        if picture is not None:
            painter.setOpacity(0.35 if is_muted else 1.0)
            painter.drawPixmap(box, picture)
            painter.setOpacity(1.0)
        if is_muted or patch.looks_normal:
            self._badge(painter, box, "eye-off" if is_muted else "warning")
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(theme.accent), max(em(view, 0.16), 2)))
            painter.drawRect(box)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DotLine))
            painter.drawRect(box.adjusted(-gap + 1, -gap + 1, gap - 1, gap - 1))
        painter.restore()

    def _badge(self, painter: QPainter, box: QRect, icon: str) -> None:
        theme, side = theme_of(), em(self._view, 1.15)
        at = QRect(box.right() - side, box.top() + 1, side, side)
        painter.fillRect(at, QColor(theme.surface))
        colour = theme.muted if icon == "eye-off" else theme.unsure
        paint_icon(painter, icon, at.adjusted(2, 2, -2, -2).toRectF(), colour)
