"""The list of images as a table."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from inspector.core.samples import Truth
from inspector.gui.pages.dataset.badges import Badges, colour_of
from inspector.gui.pages.dataset.image_list import COLUMNS, NUMBERS, ImageListModel
from inspector.gui.pages.dataset.query import Decision, Order
from inspector.gui.theme import em, theme_of
from inspector.project.verdicts import Verdict


class ImageTable(QTableView):
    """One line for each image; a click on a heading sorts."""

    sort_wanted = Signal(object, bool)  # Order, descending

    def __init__(self, model: ImageListModel) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Images as a list"))
        self._order, self._descending = Order.IMPORTED, False
        self.setModel(model)
        self._delegate = LineDelegate(self, model)
        self.setItemDelegate(self._delegate)
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
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._delegate.refresh()
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        others = self.horizontalHeader().length() - self.columnWidth(0)
        self.setColumnWidth(0, max(em(self, 9), self.viewport().width() - others))

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of actions; names are found with the search field."""

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
        self.refresh()

    def refresh(self) -> None:
        """Font or theme are different now."""
        view = self._view
        self._theme, self._metrics = theme_of(view), QFontMetrics(view.font())
        self._gap, self._side = em(view, 0.5), em(view, 0.55)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        theme, row, order = self._theme, index.row(), COLUMNS[index.column()]
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.accent_soft))
        if row == self._view.currentIndex().row() and self._view.hasFocus():
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(theme.accent))
        room = rect.adjusted(self._gap, 0, -self._gap, 0)
        tile = self._model.tile(row)
        colour = theme.text if order in (Order.NAME, Order.CLASS) else theme.muted
        if order is Order.VERDICT and tile.verdict is not Verdict.NONE:
            ratio = self._view.devicePixelRatioF()
            made = self._badges.badge(tile.verdict, theme, self._view.font(), ratio, word=True)
            top = rect.center().y() - round(made.deviceIndependentSize().height() / 2)
            painter.drawPixmap(QPoint(room.left(), top), made)
            return
        if order is Order.TRUTH:
            room = self._marked(painter, room, tile.truth)
        if order is Order.SCORE and tile.decision in (Decision.NG, Decision.UNSURE):
            room = self._marked(painter, room, tile.decision)
            colour = colour_of(tile.decision, theme)
        painter.setPen(QColor(colour))
        mode = Qt.TextElideMode.ElideLeft if order is Order.NAME else Qt.TextElideMode.ElideRight
        text = self._model.text(order, tile)
        painter.setFont(self._view.font())
        side = Qt.AlignmentFlag.AlignRight if order in NUMBERS else Qt.AlignmentFlag.AlignLeft
        shown = self._metrics.elidedText(text, mode, room.width())
        painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter), shown)

    def _marked(self, painter: QPainter, room: QRect, kind: Decision | Truth) -> QRect:
        ratio = self._view.devicePixelRatioF()
        mark = self._badges.mark(kind, self._theme, self._side, ratio)
        painter.drawPixmap(room.left(), room.center().y() - self._side // 2, mark)
        return room.adjusted(self._side + self._gap, 0, 0, 0)
