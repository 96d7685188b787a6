"""How a row of the command palette is painted: icon, title, where it belongs, keys."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.gui.icons import paint_icon
from inspector.gui.theme import Theme, em, theme_of

_Index = QModelIndex | QPersistentModelIndex


class PaletteRows(QStyledItemDelegate):
    """Paints `palette.Entry` rows; the letters that were found are in the accent colour."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(em(self._view, 10), em(self._view, 1.9))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        view = self._view
        # Not of the view: its ground is transparent, which looks like black to `theme_of`.
        theme = theme_of()
        entry, places = (index.data(Qt.ItemDataRole.UserRole + n) for n in (1, 2))
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent_soft))
            painter.drawRoundedRect(rect, 5, 5)
        text = theme.text if entry.enabled else theme.muted
        gap, side = em(view, 0.5), em(view, 1.05)
        if entry.icon:
            square = QRectF(rect.left() + gap, rect.center().y() - side / 2, side, side)
            paint_icon(painter, entry.icon, square, text)
        left = rect.left() + 2 * gap + side
        right = self._paint_keys(painter, rect, entry.keys, theme)
        metrics = QFontMetricsF(view.font())
        x = left
        for place, letter in enumerate(entry.title):
            painter.setPen(QColor(theme.accent if place in places else text))
            # Where a letter stands is measured with those before it: kerning stays as it is.
            x = left + metrics.horizontalAdvance(entry.title[:place])
            painter.drawText(_baseline(x, rect, metrics), letter)
        x = left + metrics.horizontalAdvance(entry.title) + 2 * gap
        if entry.where and right - x > em(view, 2):
            painter.setPen(QColor(theme.muted))
            where = metrics.elidedText(entry.where, Qt.TextElideMode.ElideMiddle, right - x - gap)
            painter.drawText(_baseline(x, rect, metrics), where)
        painter.restore()

    def _paint_keys(self, painter: QPainter, rect: QRectF, keys: str, theme: Theme) -> float:
        """Returns where they begin."""
        right = rect.right() - em(self._view, 0.4)
        if not keys:
            return right
        metrics = QFontMetricsF(self._view.font())
        width = metrics.horizontalAdvance(keys) + em(self._view, 0.7)
        height = em(self._view, 1.35)
        cap = QRectF(right - width, rect.center().y() - height / 2, width, height)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setPen(QColor(theme.muted))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, keys)
        return cap.left()


def _baseline(x: float, rect: QRectF, metrics: QFontMetricsF) -> QRectF:
    """A place for one line of text that begins at `x` and is centred in `rect`."""
    top = rect.center().y() - metrics.height() / 2
    return QRectF(x, top, rect.right() - x, metrics.height())
