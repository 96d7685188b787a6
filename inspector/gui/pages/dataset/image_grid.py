"""The grid of tiles. Places are computed from row numbers, so that 100 000 images cost nothing."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem

from inspector.gui.pages.dataset.image_list import ImageListModel
from inspector.gui.pages.dataset.tile_painter import Pictures, TileDelegate
from inspector.gui.theme import em, theme_of

SMALLEST_TILE, LARGEST_TILE, USUAL_TILE = 6, 24, 10
"""Width of a tile, in lines of text."""

Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction


class ImageGrid(QAbstractItemView):
    """Tiles side by side, as many as fit.

    Qt's own list view asks the model for each of its rows whenever it is laid out.
    """

    def __init__(self, model: ImageListModel, pictures: Pictures) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Images as a grid"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._lines = float(USUAL_TILE)
        self._columns, self._tile = 1, QSize(1, 1)
        self._hovered = -1
        self._band = QRect()
        self.setModel(model)
        self._delegate = TileDelegate(self, model, pictures)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)

    def set_tile(self, lines: float) -> None:
        """Sets how wide a tile is, in lines of text; the first image in view stays in view."""
        self._lines = lines
        self._fit()

    def visible_rows(self) -> range:
        """The rows that can be seen now."""
        return self._rows_between(0, self.viewport().height())

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._row_at(point)
        inside = 0 <= point.x() < self._columns * self._tile.width()
        return self.model().index(row, 0) if inside and row < self._count() else QModelIndex()

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        line, column = divmod(index.row(), self._columns)
        place = QPoint(column * self._tile.width(), line * self._tile.height())
        return QRect(place - QPoint(0, self.verticalOffset()), self._tile)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        place, bar = self.visualRect(index), self.verticalScrollBar()
        if hint is QAbstractItemView.ScrollHint.PositionAtTop or place.top() < 0:
            bar.setValue(bar.value() + place.top())
        elif place.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + place.bottom() + 1 - self.viewport().height())

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of actions; names are found with the search field."""

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self._count()
        if count == 0:
            return QModelIndex()
        page = max(1, self.viewport().height() // self._tile.height()) * self._columns
        steps = {
            _Move.MoveLeft: -1,
            _Move.MovePrevious: -1,
            _Move.MoveRight: 1,
            _Move.MoveNext: 1,
            _Move.MoveUp: -self._columns,
            _Move.MoveDown: self._columns,
            _Move.MovePageUp: -page,
            _Move.MovePageDown: page,
            _Move.MoveHome: -count,
            _Move.MoveEnd: count,
        }
        current = self.currentIndex()
        if not current.isValid():
            return self.model().index(0, 0)
        row = current.row() + steps[action]
        if action in (_Move.MoveUp, _Move.MovePageUp) and row < 0:
            row = current.row() % self._columns
        return self.model().index(min(max(row, 0), count - 1), 0)

    def setSelection(self, rect: QRect, flags: QItemSelectionModel.SelectionFlag) -> None:
        box = rect.normalized()
        if self.state() is QAbstractItemView.State.DragSelectingState:
            self._band = box
            chosen = self._within(box)
        else:
            chosen = self._between(box)
        self.selectionModel().select(chosen, flags)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._band = QRect()
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """What is seen already is moved, not painted again."""
        self.viewport().scroll(dx, dy)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        state = QStyle.StateFlag
        current = self.currentIndex().row() if self.hasFocus() else -1
        selection, model = self.selectionModel(), self.model()
        region = event.rect()
        for row in self._rows_between(region.top(), region.bottom() + 1):
            index = model.index(row, 0)
            option.rect = self.visualRect(index)
            if not option.rect.intersects(region):
                continue
            option.state = state.State_Enabled
            if selection.isSelected(index):
                option.state |= state.State_Selected
            if row == current:
                option.state |= state.State_HasFocus
            if row == self._hovered:
                option.state |= state.State_MouseOver
            self._delegate.paint(painter, option, index)
        if not self._band.isEmpty():
            colour = QColor(theme_of().accent)
            painter.setPen(colour)
            colour.setAlpha(40)
            painter.setBrush(colour)
            painter.drawRect(self._band.adjusted(0, 0, -1, -1))
        painter.end()

    def updateGeometries(self) -> None:
        lines = -(-self._count() // self._columns)
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(1, self._tile.height() // 4))
        bar.setRange(0, max(0, lines * self._tile.height() - self.viewport().height()))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._delegate.refresh()
            self._fit()

    def _count(self) -> int:
        return self.model().rowCount()

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for each in (row, self._hovered):
                self.update(self.model().index(each, 0))
            self._hovered = row

    def _row_at(self, point: QPoint) -> int:
        """The row at a point, which may lie outside of what is seen."""
        line = (point.y() + self.verticalOffset()) // self._tile.height()
        column = point.x() // self._tile.width()
        return max(0, line) * self._columns + min(max(column, 0), self._columns - 1)

    def _rows_between(self, top: int, bottom: int) -> range:
        offset, height, count = self.verticalOffset(), self._tile.height(), self._count()
        first = (top + offset) // height * self._columns
        last = ((bottom + offset - 1) // height + 1) * self._columns
        return range(min(first, count), min(last, count))

    def _within(self, box: QRect) -> QItemSelection:
        """The tiles that a box touches: a range for each line of tiles."""
        chosen = QItemSelection()
        left = self._row_at(box.topLeft()) % self._columns
        right = self._row_at(box.topRight()) % self._columns
        for start in range(
            self._row_at(box.topLeft()) - left,
            min(self._row_at(box.bottomLeft()) + 1, self._count()),
            self._columns,
        ):
            self._add(chosen, start + left, start + right)
        return chosen

    def _between(self, box: QRect) -> QItemSelection:
        """All tiles from one corner's to the opposite one's, of which one is the current."""
        chosen, current = QItemSelection(), self.currentIndex().row()
        pairs = ((box.topLeft(), box.bottomRight()), (box.topRight(), box.bottomLeft()))
        ends = [(self._row_at(a), self._row_at(b)) for a, b in pairs]
        first, last = next((pair for pair in ends if current in pair), ends[0])
        self._add(chosen, min(first, last), max(first, last))
        return chosen

    def _add(self, chosen: QItemSelection, first: int, last: int) -> None:
        last = min(last, self._count() - 1)
        if first <= last:
            model = self.model()
            chosen.select(model.index(first, 0), model.index(last, model.columnCount() - 1))

    def _fit(self) -> None:
        """Tiles share the width."""
        width = self.viewport().width()
        first = next(iter(self.visible_rows()), 0) if self.verticalOffset() else 0
        self._columns = max(1, width // max(1, em(self, self._lines)))
        tile = max(1, width // self._columns)
        size = QSize(tile, self._delegate.height_for(tile))
        changed = size != self._tile
        self._tile = size
        self.updateGeometries()
        if changed and first:
            self.scrollTo(self.model().index(first, 0), QAbstractItemView.ScrollHint.PositionAtTop)
        self.viewport().update()
