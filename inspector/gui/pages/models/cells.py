"""Cells of the page's tables, and how they are painted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.gui.icons import paint_icon
from inspector.gui.theme import Theme, theme_of

CELL = Qt.ItemDataRole.UserRole + 1
ARROW = " → "
BEST = " ▲"
_GAP = "  "
_LONGEST = 26.0
"""A text takes at most this many line heights; a longer one ends in "…" and has a tooltip."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell.

    Attributes:
        text: What counts.
        before: What it was before, in a quieter colour in front of an arrow.
        below: A second, quieter line.
        below_role: Role of its colour in the theme; empty for the quieter one.
        badge: A word in the accent's colour after the text.
        icon: Icon in front of the text.
        is_bold: Whether the text has weight.
        is_best: Whether the text is marked as the best of its row (by weight and a mark).
        is_quiet: Whether the text itself is in the quieter colour.
        is_left: Whether the text stands at the left.
        bar: Length of a bar under the text, in [0, 1]; None for no bar.
        tip: Tooltip.
    """

    text: str = ""
    before: str = ""
    below: str = ""
    below_role: str = ""
    badge: str = ""
    icon: str = ""
    is_bold: bool = False
    is_best: bool = False
    is_quiet: bool = False
    is_left: bool = False
    bar: float | None = None
    tip: str = ""

    @property
    def whole(self) -> str:
        """All of it on one line: for copying and for screen readers."""
        first = f"{self.before}{ARROW}{self.text}" if self.before else self.text
        below = ", ".join(part for part in (self.badge, self.below) if part)
        return f"{first} ({below})" if below else first


class CellDelegate(QStyledItemDelegate):
    """Paints cells.

    Args:
        parent: The view.
        lines: Height in lines of text; 2 where the cells have second lines.
        bars: Whether there is room for bars under the text.
    """

    def __init__(self, parent: QObject, lines: int = 1, *, bars: bool = False) -> None:
        super().__init__(parent)
        self._lines = lines
        self._room = 0.4 if bars else 0.0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell, fonts = _cell(index), _Fonts(option.font)
        first = (
            fonts.width(cell.before + ARROW if cell.before else "", fonts.plain)
            + fonts.width(cell.text + (BEST if cell.is_best else ""), fonts.bold)
            + fonts.width(_GAP + cell.badge if cell.badge else "", fonts.bold)
            + (1.3 * fonts.em if cell.icon else 0)
        )
        width = max(first, fonts.width(cell.below, fonts.small))
        height = (1.1 * self._lines + 0.55 + self._room) * fonts.em
        return QSize(round(min(width, _LONGEST * fonts.em) + fonts.em), round(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, widget)
        cell, fonts, theme = _cell(index), _Fonts(option.font), theme_of()
        painter.save()
        inner = QRectF(option.rect).adjusted(0.5 * fonts.em, 0, -0.5 * fonts.em, 0)
        if cell.bar is not None:
            _paint_bar(painter, inner, cell.bar, fonts.em, theme)
        inner.adjust(0, 0, 0, -self._room * fonts.em)
        line = 1.12 * fonts.em
        top = inner.center().y() - line * (1 if self._lines == 2 else 0.5)
        _paint_first(painter, cell, QRectF(inner.x(), top, inner.width(), line), fonts, theme)
        if self._lines == 2:
            below = QRectF(inner.x(), top + line, inner.width(), line)
            _paint_second(painter, cell, below, fonts, theme)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.accent))
            painter.drawRect(QRectF(option.rect).adjusted(0.5, 0.5, -1.5, -1.5))
        painter.restore()


class _Fonts:
    """The fonts of a cell: plain, bold, and a smaller one for second lines."""

    def __init__(self, font: QFont) -> None:
        self.plain = QFont(font)
        self.plain.setFeature(QFont.Tag("tnum"), 1)
        self.bold = QFont(self.plain)
        self.bold.setWeight(QFont.Weight.Bold)
        self.small = QFont(self.plain)
        if font.pixelSize() > 0:
            self.small.setPixelSize(round(font.pixelSize() * 0.9))
        else:
            self.small.setPointSizeF(font.pointSizeF() * 0.9)
        self.em = QFontMetricsF(font).height()

    def width(self, text: str, font: QFont) -> float:
        return QFontMetricsF(font).horizontalAdvance(text)


def _cell(index: Index) -> Cell:
    cell = index.data(CELL)
    return cell if isinstance(cell, Cell) else Cell(str(index.data() or ""))


def _paint_first(painter: QPainter, cell: Cell, line: QRectF, fonts: _Fonts, theme: Theme) -> None:
    if cell.icon:
        side = 1.0 * fonts.em
        place = QRectF(line.x(), line.center().y() - side / 2, side, side)
        paint_icon(painter, cell.icon, place, theme.accent)
        line = line.adjusted(1.3 * fonts.em, 0, 0, 0)
    font = fonts.bold if cell.is_bold or cell.is_best else fonts.plain
    before = cell.before + ARROW if cell.before else ""
    badge = _GAP + cell.badge if cell.badge else ""
    text = cell.text + (BEST if cell.is_best else "")
    room = line.width() - fonts.width(before, fonts.plain) - fonts.width(badge, fonts.bold)
    text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideMiddle, room + 1)
    used = fonts.width(before, fonts.plain) + fonts.width(text, font)
    x = line.x() if cell.is_left else line.right() - used - fonts.width(badge, fonts.bold)
    x = _write(painter, before, x, line, fonts.plain, theme.muted)
    x = _write(painter, text, x, line, font, theme.muted if cell.is_quiet else theme.text)
    _write(painter, badge, x, line, fonts.bold, theme.accent)


def _paint_second(painter: QPainter, cell: Cell, line: QRectF, fonts: _Fonts, theme: Theme) -> None:
    metrics = QFontMetricsF(fonts.small)
    below = metrics.elidedText(cell.below, Qt.TextElideMode.ElideRight, line.width() + 1)
    x = line.x() if cell.is_left else line.right() - metrics.horizontalAdvance(below)
    colour = getattr(theme, cell.below_role or "muted")
    _write(painter, below, x, line, fonts.small, colour)


def _write(painter: QPainter, text: str, x: float, line: QRectF, font: QFont, colour: str) -> float:
    """Writes at `x` and returns where the text ends."""
    width = QFontMetricsF(font).horizontalAdvance(text)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    place = QRectF(x, line.y(), width + 2, line.height())
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(place, flags, text)
    return x + width


def _paint_bar(painter: QPainter, cell: QRectF, share: float, em: float, theme: Theme) -> None:
    height = max(0.2 * em, 2.0)
    ground = QRectF(cell.x(), cell.bottom() - height - 0.25 * em, cell.width(), height)
    painter.fillRect(ground, QColor(theme.grid))
    length = ground.width() * min(max(share, 0.0), 1.0)
    painter.fillRect(QRectF(ground.x(), ground.y(), length, height), QColor(theme.normal))
