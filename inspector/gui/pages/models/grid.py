"""A read-only table of cells that can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from inspector.gui.pages.models.cells import CELL, Cell, CellDelegate

Row = Sequence[Cell] | str


class Grid(QTableWidget):
    """Rows of cells under headings; a row that is only a text is a heading of those below it.

    Args:
        name: For screen readers.
        lines: Lines of text in a cell, 1 or 2.
        bars: Whether cells have bars.
    """

    def __init__(self, name: str, *, lines: int = 1, bars: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.set_lines(lines, bars=bars)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def set_lines(self, lines: int, *, bars: bool = False) -> None:
        """Cells have so many lines from the next filling on."""
        self.setItemDelegate(CellDelegate(self, lines, bars=bars))

    def fill(self, headings: Sequence[str], rows: Sequence[Row]) -> None:
        """Shows other content."""
        self.clear()
        self.clearSpans()
        self.setColumnCount(len(headings))
        self.setRowCount(len(rows))
        for place, text in enumerate(headings):
            item = QTableWidgetItem(text)
            side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(place, item)
        for at, row in enumerate(rows):
            if isinstance(row, str):
                self.setItem(at, 0, _item(Cell(row, is_left=True, is_bold=True, is_quiet=True)))
                self.setSpan(at, 0, 1, len(headings))
                continue
            for place, cell in enumerate(row):
                self.setItem(at, place, _item(cell))
        self.resizeRowsToContents()

    def cell(self, row: int, column: int) -> Cell:
        """What stands in a cell."""
        item = self.item(row, column)
        found = item.data(CELL) if item is not None else None
        return found if isinstance(found, Cell) else Cell()

    def text(self) -> str:
        """The chosen rows (all, if there are none) with the headings, tab-separated."""
        rows = sorted({index.row() for index in self.selectedIndexes()}) or range(self.rowCount())
        columns = range(self.columnCount())
        headings = (self.horizontalHeaderItem(column) for column in columns)
        lines = ["\t".join(item.text() if item is not None else "" for item in headings)]
        lines += ["\t".join(self.cell(row, column).whole for column in columns) for row in rows]
        return "\n".join(lines)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.resizeColumnsToContents()
            self.resizeRowsToContents()


def _item(cell: Cell) -> QTableWidgetItem:
    item = QTableWidgetItem(cell.whole)
    item.setData(CELL, cell)
    if cell.tip:
        item.setToolTip(cell.tip)
    return item
