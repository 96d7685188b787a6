"""The class chart: one bar for each class, the largest first; head and tail are told apart."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.pages.dataset.class_bars import PARTS, Legend, paint_part, part_words
from inspector.gui.pages.dataset.class_counts import ClassCount, ClassCounts
from inspector.gui.theme import Theme, em, theme_of
from inspector.gui.widgets.basics import label

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class ClassChart(QWidget):
    """The list of classes with its legend; choosing a class shows only its images."""

    chosen = Signal(object)  # class name, or None for all

    def __init__(self) -> None:
        super().__init__()
        self.view = _ClassList()
        self._legend = Legend()
        self.numbers = label(self.tr("to learn from / all"), "muted")
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.numbers.setContentsMargins(0, 0, em(self, 0.6), 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.numbers)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._legend)
        self.view.clicked.connect(self._toggle)
        self.view.entered_class.connect(self._toggle)
        self._current: str | None = None

    def set_counts(self, counts: ClassCounts) -> None:
        """Shows other classes."""
        self.view.list_model.set_counts(counts)
        shown = {part for each in counts.classes for part in PARTS if getattr(each, part)}
        self._legend.set_parts(tuple(part for part in PARTS if part in shown))
        self.numbers.setVisible(counts.by_training and len(counts.classes) > 0)
        self.set_current(self._current)

    def set_current(self, name: str | None) -> None:
        """Marks the class whose images are shown, without telling anybody."""
        self._current = name
        self.view.mark(name)

    def _toggle(self, index: QModelIndex) -> None:
        entry = self.view.list_model.entry(index.row())
        if entry is None:
            return
        name = None if entry.name == self._current else entry.name
        self.set_current(name)
        self.chosen.emit(name)


class _ClassListModel(QAbstractListModel):
    """Classes; where some are in the tail, a row that says so stands above head and tail each."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = ClassCounts()
        self._entries: list[ClassCount | str] = []
        self.largest = 1

    def set_counts(self, counts: ClassCounts) -> None:
        if counts == self.counts:
            return
        self.beginResetModel()
        self.counts = counts
        self._entries = list(counts.classes)
        self.largest = max((each.total for each in counts.classes), default=1) or 1
        n_head = len(counts.classes) - counts.n_tail
        if counts.n_tail:
            self._entries.insert(n_head, self._tail_text())
            if n_head:
                self._entries.insert(0, self._head_text(n_head))
        self.endResetModel()

    def entry(self, row: int) -> ClassCount | None:
        """The class of a row; None for a row that begins head or tail."""
        entry = self._entries[row]
        return None if isinstance(entry, str) else entry

    def row_of(self, name: str | None) -> int:
        """The row of a class, −1 without one."""
        names = [None if isinstance(each, str) else each.name for each in self._entries]
        return names.index(name) if name is not None and name in names else -1

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) if self.entry(index.row()) else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry if isinstance(entry, str) else entry.name or self.tr("No class")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry if isinstance(entry, str) else self._spoken(entry)
        return None

    def _head_text(self, number: int) -> str:
        if number == 1:
            return self.tr("Head: 1 class")
        return self.tr("Head: {number} classes").format(number=number)

    def _tail_text(self) -> str:
        counts = self.counts
        number = counts.n_tail
        if counts.by_split:
            if number == 1:
                return self.tr("Tail: 1 class")
            return self.tr("Tail: {number} classes").format(number=number)
        if number == 1:
            text = (
                self.tr("Tail: 1 class with fewer than {limit} images to learn from")
                if counts.by_training
                else self.tr("Tail: 1 class with fewer than {limit} images")
            )
        else:
            text = (
                self.tr("Tail: {number} classes with fewer than {limit} images to learn from")
                if counts.by_training
                else self.tr("Tail: {number} classes with fewer than {limit} images")
            )
        return text.format(number=number, limit=counts.limit)

    def _spoken(self, entry: ClassCount) -> str:
        words = part_words()
        parts = [
            f"{getattr(entry, part)} {words[part].lower()}"
            for part in PARTS
            if getattr(entry, part)
        ]
        name = entry.name or self.tr("No class")
        if self.counts.n_tail:
            part = self.tr("tail") if entry.is_tail else self.tr("head")
            name = f"{name} ({part})"
        return f"{name}: {', '.join(parts)}"


class _ClassList(QListView):
    entered_class = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Classes"))
        self.list_model = _ClassListModel()
        self.setModel(self.list_model)
        self.setItemDelegate(_BarDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("role", "flat")
        self.setMouseTracking(True)
        self._marked: str | None = None

    def mark(self, name: str | None) -> None:
        """Marks a class as the one that is shown."""
        self._marked = name
        row = self.list_model.row_of(name)
        if row >= 0:
            self.setCurrentIndex(self.list_model.index(row, 0))
        else:
            self.clearSelection()
        self.viewport().update()

    def is_marked(self, entry: ClassCount) -> bool:
        """Whether only this class's images are shown."""
        return entry.name == self._marked

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self.currentIndex().isValid():
                self.entered_class.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()


class _BarDelegate(QStyledItemDelegate):
    """A class's name and number above its bar."""

    def __init__(self, view: _ClassList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        view = self._view
        if view.list_model.entry(index.row()) is None:
            width = view.viewport().width() - 2 * em(view, 0.6)
            room = QRect(0, 0, max(width, em(view, 6)), em(view, 20))
            flags = Qt.TextFlag.TextWordWrap
            used = QFontMetrics(view.font()).boundingRect(room, flags, str(index.data()))
            return QSize(width, used.height() + em(view, 1.0))
        return QSize(em(view, 8), em(view, 2.3))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme = self._view, theme_of()
        rect: QRect = option.rect
        gap = em(view, 0.6)
        room = rect.adjusted(gap, 0, -gap, 0)
        painter.setFont(view.font())
        entry = view.list_model.entry(index.row())
        if entry is None:
            self._paint_heading(painter, room, theme, str(index.data()), index.row() > 0)
            return
        if view.is_marked(entry):
            painter.fillRect(rect, QColor(theme.accent_soft))
            painter.fillRect(
                rect.left(), rect.top(), em(view, 0.18), rect.height(), QColor(theme.accent)
            )
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(theme.raised))
        if view.hasFocus() and index.row() == view.currentIndex().row():
            painter.setPen(QColor(theme.accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        line = QRect(room.left(), room.top() + em(view, 0.3), room.width(), em(view, 1.0))
        metrics = QFontMetrics(view.font())
        number = str(entry.total)
        if view.list_model.counts.by_training:
            number = f"{entry.train_good} / {number}"
        taken = metrics.horizontalAdvance(number) + em(view, 0.5)
        name = metrics.elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, line.width() - taken
        )
        painter.setPen(QColor(theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, number)
        bar = QRectF(room.left(), line.bottom() + em(view, 0.15), room.width(), em(view, 0.5))
        self._paint_bar(painter, bar, entry, theme)

    def _paint_bar(self, painter: QPainter, bar: QRectF, entry: ClassCount, theme: Theme) -> None:
        left = bar.left()
        for part in PARTS:
            number = getattr(entry, part)
            if number:
                width = max(2.0, bar.width() * number / self._view.list_model.largest)
                paint_part(painter, QRectF(left, bar.top(), width, bar.height()), part, theme)
                left += width

    def _paint_heading(
        self, painter: QPainter, room: QRect, theme: Theme, text: str, has_line: bool
    ) -> None:
        top = room.top() + em(self._view, 0.3)
        if has_line:
            painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(room.left(), top, room.right(), top)
        painter.setPen(QColor(theme.muted))
        below = room.adjusted(0, em(self._view, 0.5), 0, 0)
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), text)
