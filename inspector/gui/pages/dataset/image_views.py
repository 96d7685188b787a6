"""The two looks of the image list: a grid of tiles and a table, with one choice of images."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from inspector.core.samples import Truth
from inspector.gui.pages.dataset.badges import Badges, colour_of
from inspector.gui.pages.dataset.image_list import COLUMNS, ImageListModel
from inspector.gui.pages.dataset.query import Decision, Order
from inspector.gui.pages.dataset.tile_painter import Pictures, TileDelegate
from inspector.gui.theme import em, theme_of
from inspector.project.verdicts import Verdict

SMALLEST_TILE, LARGEST_TILE, USUAL_TILE = 6, 24, 10
"""Width of a tile, in lines of text."""


class ImageGrid(QListView):
    """Tiles side by side, as many as fit; their places are computed, never asked for one by one."""

    def __init__(self, model: ImageListModel, pictures: Pictures) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Images as a grid"))
        self._tile = float(USUAL_TILE)
        self.setModel(model)
        self._delegate = TileDelegate(self, model, pictures)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setProperty("role", "flat")

    def set_tile(self, lines: float) -> None:
        """Sets how wide a tile is, in lines of text."""
        self._tile = lines
        self._fit()

    def visible_rows(self) -> range:
        """The rows that can be seen now."""
        grid, view = self.gridSize(), self.viewport()
        count = self.model().rowCount()
        if grid.isEmpty() or count == 0:
            return range(0)
        columns = max(1, view.width() // grid.width())
        top = self.verticalScrollBar().value()
        first = top // grid.height() * columns
        last = ((top + view.height()) // grid.height() + 1) * columns
        return range(min(first, count), min(last, count))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._delegate.refresh()
            self._fit()

    def _fit(self) -> None:
        """Tiles share the width; the same image stays at the top."""
        width = self.viewport().width() - 1
        columns = max(1, width // max(1, em(self, self._tile)))
        tile = width // columns
        size = QSize(tile, self._delegate.height_for(tile))
        if size != self.gridSize() and tile > 0:
            first = next(iter(self.visible_rows()), -1)
            moved = self.verticalScrollBar().value() > 0
            self.setGridSize(size)
            self.verticalScrollBar().setSingleStep(max(1, size.height() // 4))
            if moved and first >= 0:
                self.scrollTo(
                    self.model().index(first, 0), QAbstractItemView.ScrollHint.PositionAtTop
                )


class ImageTable(QTableView):
    """One line for each image; a click on a heading sorts."""

    sort_wanted = Signal(object, bool)  # Order, descending

    def __init__(self, model: ImageListModel) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Images as a list"))
        self._order, self._descending = Order.IMPORTED, False
        self.setModel(model)
        self.setItemDelegate(LineDelegate(self, model))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setProperty("role", "flat")
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.sectionClicked.connect(self._sort)
        header.setStretchLastSection(False)
        self._fit()

    def show_order(self, order: Order, descending: bool) -> None:
        """Marks the column that the list is sorted by."""
        self._order, self._descending = order, descending
        section = COLUMNS.index(order) if order in COLUMNS else -1
        direction = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(section, direction)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        others = self.horizontalHeader().length() - self.columnWidth(0)
        self.setColumnWidth(0, max(em(self, 9), self.viewport().width() - others))

    def _sort(self, section: int) -> None:
        order = COLUMNS[section]
        again = order is self._order
        # The first click on the scores shows what is most anomalous.
        descending = not self._descending if again else order in (Order.SCORE, Order.EXPECTED)
        self.sort_wanted.emit(order, descending)

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(em(self, 1.7))
        self.verticalScrollBar().setSingleStep(em(self, 1.7))
        widths = {
            Order.CLASS: 7,
            Order.SCORE: 5,
            Order.VERDICT: 5.5,
            Order.TRUTH: 9.5,
            Order.SPLIT: 6,
            Order.EXPECTED: 4,
        }
        for order, lines in widths.items():
            self.setColumnWidth(COLUMNS.index(order), em(self, lines))


class LineDelegate(QStyledItemDelegate):
    """Paints the cells of the table without the style."""

    def __init__(self, view: QTableView, model: ImageListModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self._badges = Badges()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        state = option.state
        theme = theme_of(self._view)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.accent_soft))
        if index.row() == self._view.currentIndex().row() and self._view.hasFocus():
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(theme.accent))
        gap = em(self._view, 0.4)
        room = rect.adjusted(gap, 0, -gap, 0)
        order = COLUMNS[index.column()]
        tile = self._model.tile(index.row())
        colour = theme.text if index.column() in (0, 1) else theme.muted
        if order is Order.VERDICT and tile.verdict is not Verdict.NONE:
            ratio = self._view.devicePixelRatioF()
            made = self._badges.badge(tile.verdict, theme, self._view.font(), ratio, word=True)
            top = rect.center().y() - round(made.deviceIndependentSize().height() / 2)
            painter.drawPixmap(QPoint(room.left(), top), made)
            return
        if order is Order.TRUTH:
            room = self._marked(painter, room, tile.truth, gap)
        if order is Order.SCORE and tile.decision in (Decision.NG, Decision.UNSURE):
            room = self._marked(painter, room, tile.decision, gap)
            colour = colour_of(tile.decision, theme)
        painter.setPen(QColor(colour))
        metrics = QFontMetrics(self._view.font())
        mode = Qt.TextElideMode.ElideLeft if index.column() == 0 else Qt.TextElideMode.ElideRight
        text = metrics.elidedText(str(index.data()), mode, room.width())
        painter.setFont(self._view.font())
        painter.drawText(room, int(index.data(Qt.ItemDataRole.TextAlignmentRole)), text)

    def _marked(self, painter: QPainter, room: QRect, kind: Decision | Truth, gap: int) -> QRect:
        side = round(em(self._view, 0.55))
        ratio = self._view.devicePixelRatioF()
        mark = self._badges.mark(kind, theme_of(self._view), side, ratio)
        painter.drawPixmap(room.left(), room.center().y() - side // 2, mark)
        return room.adjusted(side + gap, 0, 0, 0)


def share_choice(grid: ImageGrid, table: ImageTable) -> QItemSelectionModel:
    """Lets both views show the same chosen images."""
    table.setSelectionModel(grid.selectionModel())
    return grid.selectionModel()
