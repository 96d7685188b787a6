"""The list of images as a table."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from inspector.core.samples import Truth
from inspector.gui.pages.dataset.badges import Badges, colour_of
from inspector.gui.pages.dataset.image_list import COLUMNS, NUMBERS, ImageListModel, Tile
from inspector.gui.pages.dataset.query import Decision, Order
from inspector.gui.theme import em, theme_of
from inspector.project.verdicts import Verdict

_TO_THE_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_TO_THE_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_MOST_ELIDED = 4000

_WIDTHS: dict[Order, tuple[float, float]] = {
    Order.NAME: (7, 9),
    Order.CLASS: (5, 7),
    Order.SCORE: (4.2, 5),
    Order.VERDICT: (5, 5.5),
    Order.TRUTH: (6, 9.5),
    Order.SPLIT: (5, 6),
    Order.EXPECTED: (3.2, 4),
}
"""The least and the usual width of each column, in lines of text."""

_FIRST_TO_GO = (Order.EXPECTED, Order.SPLIT, Order.TRUTH)


class ImageTable(QTableView):
    """One line for each image; a click on a heading sorts."""

    sort_wanted = Signal(object, bool)  # Order, descending

    def __init__(self, model: ImageListModel) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Images as a list"))
        self._order, self._descending = Order.IMPORTED, False
        self.setModel(model)
        self._lines = LinePainter(self, model)
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
        # Else Qt takes the styled viewport for see-through, and paints all of it at each step.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
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
            self._lines.refresh()
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the lines in question; those that are only scrolled come from the screen."""
        painter, region = QPainter(self.viewport()), event.rect()
        painter.fillRect(region, QColor(theme_of().surface))
        model, selection = self.model(), self.selectionModel()
        current = self.currentIndex().row() if self.hasFocus() else -1
        top, height = self.verticalOffset(), self.verticalHeader().defaultSectionSize()
        first = (region.top() + top) // height
        end = min((region.bottom() + top) // height + 1, model.rowCount())
        for row in range(first, end):
            line = QRect(0, row * height - top, self.viewport().width(), height)
            chosen = selection.isSelected(model.index(row, 0))
            self._lines.paint(painter, line, row, chosen=chosen, current=row == current)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

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
        self._share_width()

    def _share_width(self) -> None:
        """As wide as there is room, without scrolling sideways; the rest is the file's.

        Where there is little room, columns go that the details of an image show as well.
        """
        room = self.viewport().width()
        shown = list(COLUMNS)
        for least in _FIRST_TO_GO:
            if sum(em(self, _WIDTHS[order][0]) for order in shown) <= room:
                break
            shown.remove(least)
        narrow, wide = ([em(self, _WIDTHS[order][i]) for order in shown] for i in (0, 1))
        spare = max(0, room - sum(narrow))
        share = min(1.0, spare / (sum(wide) - sum(narrow)))
        widths = [low + int(share * (high - low)) for low, high in zip(narrow, wide, strict=True)]
        widths[0] += max(0, room - sum(widths))
        for section, order in enumerate(COLUMNS):
            self.setColumnHidden(section, order not in shown)
        for order, width in zip(shown, widths, strict=True):
            self.setColumnWidth(COLUMNS.index(order), width)


class LinePainter:
    """Paints lines of the table without delegate and style, which would take most of the time.

    Args:
        view: Whose viewport is painted on.
        model: What there is to paint.
    """

    def __init__(self, view: QTableView, model: ImageListModel) -> None:
        self._view, self._model = view, model
        self._badges = Badges()
        self._elided: dict[tuple[str, int], str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Font or theme are different now."""
        view = self._view
        self._theme = theme = theme_of()
        self._metrics = QFontMetrics(view.font())
        self._gap, self._side = em(view, 0.5), em(view, 0.55)
        self._text, self._muted = QColor(theme.text), QColor(theme.muted)
        self._soft, self._accent = QColor(theme.accent_soft), QColor(theme.accent)
        self._of_decision = {
            decision: QColor(colour_of(decision, theme))
            for decision in (Decision.NG, Decision.UNSURE)
        }
        self._elided.clear()

    def paint(
        self, painter: QPainter, line: QRect, row: int, *, chosen: bool, current: bool
    ) -> None:
        """Paints one line, all columns of it that `line` spans."""
        if chosen:
            painter.fillRect(line, self._soft)
        if current:
            painter.fillRect(line.left(), line.bottom(), line.width(), 1, self._accent)
        tile, view = self._model.tile(row), self._view
        for section, order in enumerate(COLUMNS):
            left, width = view.columnViewportPosition(section), view.columnWidth(section)
            if width == 0:  # hidden
                continue
            room = QRect(left + self._gap, line.top(), width - 2 * self._gap, line.height())
            self._paint_cell(painter, room, order, tile)

    def _paint_cell(self, painter: QPainter, room: QRect, order: Order, tile: Tile) -> None:
        colour = self._text if order in (Order.NAME, Order.CLASS) else self._muted
        if order is Order.VERDICT and tile.verdict is not Verdict.NONE:
            ratio = self._view.devicePixelRatioF()
            made = self._badges.badge(
                tile.verdict, self._theme, self._view.font(), ratio, word=True
            )
            top = room.center().y() - round(made.deviceIndependentSize().height() / 2)
            painter.drawPixmap(QPoint(room.left(), top), made)
            return
        if order is Order.TRUTH:
            room = self._marked(painter, room, tile.truth)
        elif order is Order.SCORE and tile.decision in self._of_decision:
            room = self._marked(painter, room, tile.decision)
            colour = self._of_decision[tile.decision]
        text = self._fit(self._model.text(order, tile), room.width(), order)
        painter.setPen(colour)
        painter.drawText(room, _TO_THE_RIGHT if order in NUMBERS else _TO_THE_LEFT, text)

    def _marked(self, painter: QPainter, room: QRect, kind: Decision | Truth) -> QRect:
        ratio = self._view.devicePixelRatioF()
        mark = self._badges.mark(kind, self._theme, self._side, ratio)
        painter.drawPixmap(room.left(), room.center().y() - self._side // 2, mark)
        return room.adjusted(self._side + self._gap, 0, 0, 0)

    def _fit(self, text: str, width: int, order: Order) -> str:
        key = (text, width)
        if key not in self._elided:
            if len(self._elided) > _MOST_ELIDED:
                self._elided.clear()
            at_left = order is Order.NAME  # the end of a path tells more than its beginning
            mode = Qt.TextElideMode.ElideLeft if at_left else Qt.TextElideMode.ElideRight
            self._elided[key] = self._metrics.elidedText(text, mode, width)
        return self._elided[key]
