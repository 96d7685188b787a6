"""The images that changed most, as a list: picture, name, class, scores, and what it means."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from inspector.gui.icons import paint_icon
from inspector.gui.pages.review.words import Mark
from inspector.gui.theme import em, theme_of
from inspector.jobs.events import Change

MOST = 50
_SEEN_ROWS = 5
_LEAST = 5e-4
_ROW = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ChangedImage:
    """One row.

    Attributes:
        image_id: The image.
        name: Its file and the folder that it lies in.
        class_name: Its class.
        scores: Before and after, written.
        mark: Where it crossed the threshold; else None.
    """

    image_id: int
    name: str
    class_name: str
    scores: str
    mark: Mark | None


def most_changed(
    changes: Iterable[Change], variant: str, without: int | None, most: int = MOST
) -> list[Change]:
    """Those whose score of a variant changed most, the most first; one image is left out."""
    there = [
        change
        for change in changes
        if variant in change.after
        and change.image_id != without
        and abs(change.after[variant] - change.before[variant]) > _LEAST
    ]
    return heapq.nsmallest(
        most, there, key=lambda c: (-abs(c.after[variant] - c.before[variant]), c.image_id)
    )


class ChangedModel(QAbstractListModel):
    """The rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ChangedImage] = []

    def show(self, rows: list[ChangedImage]) -> None:
        """Shows other rows."""
        if rows == self.rows:
            return
        if [row.image_id for row in rows] == [row.image_id for row in self.rows]:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == _ROW:
            return row
        word = row.mark.word if row.mark is not None else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return ", ".join(text for text in (row.name, row.class_name, row.scores, word) if text)
        return None


class ChangedList(QListView):
    """Jumps to an image by click or Enter. As high as its rows, up to a few."""

    wanted = Signal(int)  # image id

    def __init__(self, picture: Callable[[int, int], QPixmap | None]) -> None:
        """`picture` gives the small picture of an image id and a side in pixels."""
        super().__init__()
        self.changed = ChangedModel(self)
        self.setModel(self.changed)
        self.setItemDelegate(_Painter(picture, self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Images that changed most"))
        self.clicked.connect(self._jump)

    def show_rows(self, rows: list[ChangedImage]) -> None:
        """Shows other rows; the chosen image stays chosen while it is there."""
        chosen = self.chosen
        n_before = len(self.changed.rows)
        self.changed.show(rows)
        for place, row in enumerate(rows):
            if row.image_id == chosen:
                self.setCurrentIndex(self.changed.index(place))
        if len(rows) != n_before:
            self.updateGeometry()

    @property
    def chosen(self) -> int | None:
        """The chosen image."""
        place = self.currentIndex().row()
        return self.changed.rows[place].image_id if 0 <= place < len(self.changed.rows) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._jump(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        rows = min(max(len(self.changed.rows), 1), _SEEN_ROWS)
        height = rows * row_height(self) + 2 * self.frameWidth()
        return QSize(em(self, 14), height)

    def minimumSizeHint(self) -> QSize:
        return QSize(em(self, 9), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.scheduleDelayedItemsLayout()
            self.updateGeometry()

    def _jump(self, index: Index) -> None:
        if 0 <= index.row() < len(self.changed.rows):
            self.wanted.emit(self.changed.rows[index.row()].image_id)


def row_height(widget: QWidget) -> int:
    """Of one image: two lines of text beside its picture."""
    return em(widget, 2.6)


class _Painter(QStyledItemDelegate):
    def __init__(self, picture: Callable[[int, int], QPixmap | None], parent: ChangedList) -> None:
        super().__init__(parent)
        self._list = parent
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(em(self._list, 9), row_height(self._list))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(_ROW)
        if not isinstance(row, ChangedImage):
            return
        theme = theme_of()
        box = QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(theme.accent_soft))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(theme.raised))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.accent))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        gap = em(self._list, 0.2)
        side = box.height() - 2 * gap
        self._paint_picture(painter, row, QRectF(box.left() + gap, box.top() + gap, side, side))
        room = box.adjusted(side + 3 * gap, gap, -gap, -gap)
        self._paint_words(painter, row, room)
        painter.restore()

    def _paint_picture(self, painter: QPainter, row: ChangedImage, frame: QRectF) -> None:
        painter.fillRect(frame, QColor(theme_of().canvas))
        ratio = self._list.devicePixelRatioF()
        picture = self._picture(row.image_id, round(frame.height() * ratio))
        if picture is None:
            return
        size = picture.size().scaled(frame.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        painter.drawPixmap(target, picture, QRectF(picture.rect()))

    def _paint_words(self, painter: QPainter, row: ChangedImage, room: QRectF) -> None:
        """Name and class above, scores and the mark below."""
        theme = theme_of()
        font = QFont(self._list.font())
        metrics = QFontMetricsF(font)
        half = room.height() / 2
        upper = QRectF(room.left(), room.top(), room.width(), half)
        lower = upper.translated(0, half)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        elide = Qt.TextElideMode.ElideMiddle
        painter.setFont(font)
        of_class = metrics.elidedText(row.class_name, elide, upper.width() / 2)
        taken = metrics.horizontalAdvance(of_class) + metrics.averageCharWidth()
        painter.setPen(QColor(theme.muted))
        painter.drawText(upper, right, of_class)
        painter.setPen(QColor(theme.text))
        painter.drawText(upper, left, metrics.elidedText(row.name, elide, upper.width() - taken))
        painter.setPen(QColor(theme.muted))
        painter.drawText(lower, left, row.scores)
        if row.mark is not None:
            colour = getattr(theme, row.mark.colour)
            painter.setPen(QColor(colour))
            painter.drawText(lower, right, row.mark.word)
            side = metrics.height() * 0.8
            start = lower.right() - metrics.horizontalAdvance(row.mark.word) - 1.3 * side
            icon = QRectF(start, lower.center().y() - side / 2, side, side)
            paint_icon(painter, row.mark.icon, icon, colour)
