"""The painted masks as a list, under the names of their defect types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.gui.icons import paint_icon
from inspector.gui.pages.annotate.bank.facts import BankFacts, PaintedMask
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.pages.annotate.swatch import swatch
from inspector.gui.pages.review.words import Mark
from inspector.gui.theme import em, theme_of

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
ROW = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Heading:
    """A defect type over its masks."""

    text: str
    colour: str
    pattern: str


@dataclass(frozen=True, slots=True)
class MaskRow:
    """What is painted of a mask.

    Attributes:
        mask: The mask.
        title: Class and file.
        mark: Its state.
        patches: How many.
        painted: Who, when, with what.
        warns: Whether there is a warning of it.
        tip: All of it in sentences.
    """

    mask: PaintedMask
    title: str
    mark: Mark
    patches: str
    painted: str
    warns: bool
    tip: str


Row = Heading | MaskRow


class MaskModel(QAbstractListModel):
    """Headings and masks, as rows."""

    def __init__(self, words: BankWords) -> None:
        super().__init__()
        self._words = words
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Other rows; where only what stands in them is new, the choice stays."""
        if [_key(row) for row in rows] == [_key(row) for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if isinstance(row, Heading):
            texts = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return row.text if role in texts else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join((row.title, row.mark.word, row.patches, row.painted))
        return row.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self.rows[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def _key(row: Row) -> object:
    return row if isinstance(row, Heading) else row.mask


def mask_rows(
    facts: BankFacts,
    words: BankWords,
    title: Callable[[PaintedMask], str],
    muted: Callable[[PaintedMask], int],
) -> list[Row]:
    """The rows for what is known, headed by their types.

    Args:
        facts: Masks in order of their types.
        words: Texts.
        title: Class and file of a mask.
        muted: How many of its patches are muted.
    """
    types = {one.type_id: one for one in facts.types}
    rows: list[Row] = []
    before = -1
    for mask in facts.masks:
        type_id = mask.annotation.type_id
        if type_id != before and type_id in types:
            same = sum(other.annotation.type_id == type_id for other in facts.masks)
            text = f"{types[type_id].name} · {words.masks(same)}"
            rows.append(Heading(text, types[type_id].colour, types[type_id].pattern))
            before = type_id
        name, painted, mark = title(mask), words.painted(mask), words.state(mask, muted(mask))
        tip = "\n".join((name, painted, words.explained(mask)))
        warns = mask.is_small or mask.is_mispainted
        patches = words.patches(len(mask.patches))
        rows.append(MaskRow(mask, name, mark, patches, painted, warns, tip))
    return rows


class MaskList(QListView):
    """Chooses one mask."""

    chosen = Signal(object)  # PaintedMask | None

    def __init__(self, words: BankWords, picture: Callable[[PaintedMask, int], QPixmap | None]):
        super().__init__()
        self.rows = MaskModel(words)
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self, picture))
        self.setAccessibleName(self.tr("Painted masks"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._on_current)

    @property
    def current(self) -> PaintedMask | None:
        """The chosen mask."""
        row = self.currentIndex().data(ROW)
        return row.mask if isinstance(row, MaskRow) else None

    def choose(self, mask: PaintedMask | None) -> None:
        """Chooses a mask, or the first one where it is not there."""
        places = [i for i, row in enumerate(self.rows.rows) if isinstance(row, MaskRow)]
        wanted = mask.annotation.annotation_id if mask is not None else None
        for place in places:
            row = self.rows.rows[place]
            if isinstance(row, MaskRow) and row.mask.annotation.annotation_id == wanted:
                self.setCurrentIndex(self.rows.index(place))
                self.scrollTo(self.rows.index(place))
                return
        self.setCurrentIndex(self.rows.index(places[0]) if places else QModelIndex())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()

    def _on_current(self, current: QModelIndex, before: QModelIndex) -> None:
        self.chosen.emit(self.current)


class _Delegate(QStyledItemDelegate):
    """A picture; beside it title, state, and who painted it."""

    def __init__(
        self, view: QListView, picture: Callable[[PaintedMask, int], QPixmap | None]
    ) -> None:
        super().__init__(view)
        self._view, self._picture = view, picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        lines = 1.6 if isinstance(index.data(ROW), Heading) else 3.9
        return QSize(em(self._view, 12), em(self._view, lines))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, box = index.data(ROW), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._view.font())
        if isinstance(row, Heading):
            self._paint_heading(painter, box, row)
        elif isinstance(row, MaskRow):
            self._paint_row(painter, box, row, option)
        painter.restore()

    def _paint_heading(self, painter: QPainter, box: QRect, row: Heading) -> None:
        view, side = self._view, em(self._view, 1.0)
        top = box.top() + (box.height() - side) // 2
        left = box.left() + em(view, 0.35)
        ratio = view.devicePixelRatioF()
        swatch(row.colour, row.pattern, side, ratio).paint(painter, QRect(left, top, side, side))
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme_of().muted))
        text = box.adjusted(em(view, 0.35) + side + em(view, 0.4), 0, 0, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, row.text)

    def _paint_row(
        self, painter: QPainter, box: QRect, row: MaskRow, option: QStyleOptionViewItem
    ) -> None:
        view, theme = self._view, theme_of()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(theme.accent_soft))
            edge = QRect(box.left(), box.top(), max(em(view, 0.15), 2), box.height())
            painter.fillRect(edge, QColor(theme.accent))
        gap = em(view, 0.35)
        side = box.height() - 2 * gap
        at = QRect(box.left() + gap, box.top() + gap, side, side)
        picture = self._picture(row.mask, round(side * view.devicePixelRatioF()))
        if picture is None:
            painter.fillRect(at, QColor(theme.raised))
        else:
            painter.drawPixmap(at, picture)
        text = box.adjusted(side + 3 * gap, gap, -gap, -gap)
        line = text.height() // 3
        if row.warns:
            size = em(view, 1.1)
            icon = QRect(text.right() - size, text.top(), size, size)
            paint_icon(painter, "warning", icon.toRectF(), theme.unsure)
        first = QRect(text.left(), text.top(), text.width() - (em(view, 1.5) * row.warns), line)
        self._write(painter, first, row.title, theme.text, Qt.TextElideMode.ElideMiddle)
        second = first.translated(0, line)
        icon = QRect(second.left(), second.top(), em(view, 0.95), second.height())
        icon.setHeight(icon.width())
        icon.moveTop(second.center().y() - icon.height() // 2)
        paint_icon(painter, row.mark.icon, icon.toRectF(), getattr(theme, row.mark.colour))
        second.setLeft(icon.right() + em(view, 0.3))
        second.setRight(text.right())
        said = f"{row.mark.word} · {row.patches}"
        self._write(painter, second, said, getattr(theme, row.mark.colour))
        third = QRect(text.left(), text.top() + 2 * line, text.width(), line)
        self._write(painter, third, row.painted, theme.muted)

    def _write(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        colour: str,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, elide, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
