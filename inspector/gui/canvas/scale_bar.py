"""The legend of the heat map: which colour means which score."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.core.heatmaps import colour_table, paint_share
from inspector.gui.theme import em, theme_of

_STOPS = 17


class ScaleBar(QWidget):
    """A bar with the heat map's colours, and ticks at low, threshold and high."""

    def __init__(
        self,
        orientation: Qt.Orientation = Qt.Orientation.Horizontal,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._upright = orientation is Qt.Orientation.Vertical
        self._scale: tuple[float, float] | None = None
        self._threshold: float | None = None
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, free) if self._upright else (free, fixed)))
        self.setAccessibleName(self.tr("Colour scale of the heat map"))

    def set_scale(self, low: float, high: float, threshold: float | None = None) -> None:
        """Shows a scale; a threshold outside of it is marked at its end.

        Raises:
            ValueError: `high` is not above `low`.
        """
        if not high > low:
            raise ValueError(f"a colour scale needs low < high, not {low} and {high}")
        self._scale, self._threshold = (low, high), threshold
        words = self.tr("From {low} to {high}.").format(low=_number(low), high=_number(high))
        if threshold is not None:
            words += " " + self.tr("Threshold {value}.").format(value=_number(threshold))
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Shows no scale."""
        self._scale = self._threshold = None
        self.setAccessibleDescription("")
        self.setToolTip("")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._strong())
        words = [metrics.horizontalAdvance(text) for _, text, _ in self._ticks()] or [0.0]
        if self._upright:
            return QSize(round(em(self, 1.2) + max(words)) + 2, em(self, 7))
        return QSize(round(sum(words) + em(self, 2)), em(self, 2.3))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._scale is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_of()
        bar = self._bar()
        painter.setPen(QColor(theme.border))
        painter.setBrush(QColor(theme.canvas))
        painter.drawRect(bar)
        painter.setBrush(self._gradient(bar))
        painter.drawRect(bar)
        taken: list[QRectF] = []
        for share, text, strong in self._ticks():
            if strong:
                self._mark(painter, bar, share)
            painter.setFont(self._strong() if strong else self.font())
            painter.setPen(QColor(theme.text if strong else theme.muted))
            place = self._text_place(bar, share, QFontMetricsF(painter.font()), text)
            # The threshold comes first: the ends give way to it.
            if not any(place.intersects(other) for other in taken):
                taken.append(place)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _ticks(self) -> list[tuple[float, str, bool]]:
        """Share of the bar, text, and whether it is the threshold."""
        if self._scale is None:
            return []
        low, high = self._scale
        ends = [(0.0, _number(low), False), (1.0, _number(high), False)]
        if self._threshold is None:
            return ends
        share = min(max((self._threshold - low) / (high - low), 0.0), 1.0)
        return [(share, _number(self._threshold), True), *ends]

    def _bar(self) -> QRectF:
        thick, half = em(self, 0.6), em(self, 0.5)
        if self._upright:
            return QRectF(1.5, half, thick, self.height() - 2 * half)
        return QRectF(half, em(self, 0.35), self.width() - 2 * half, thick)

    def _gradient(self, bar: QRectF) -> QLinearGradient:
        ends = (
            (bar.bottomLeft(), bar.topLeft()) if self._upright else (bar.topLeft(), bar.topRight())
        )
        gradient = QLinearGradient(*ends)
        shares = np.linspace(0, 1, _STOPS, dtype=np.float32)
        colours = colour_table()[np.rint(shares * 255).astype(int)].tolist()
        opaque = np.rint(paint_share(shares, 1.0) * 255).astype(int).tolist()
        for share, (red, green, blue), alpha in zip(shares.tolist(), colours, opaque, strict=True):
            gradient.setColorAt(share, QColor(red, green, blue, alpha))
        return gradient

    def _mark(self, painter: QPainter, bar: QRectF, share: float) -> None:
        """A line across the bar, cased so that it shows on every colour, and a pointer."""
        across = (
            QPointF(bar.left(), bar.bottom() - share * bar.height())
            if self._upright
            else QPointF(bar.left() + share * bar.width(), bar.top())
        )
        side = QPointF(bar.width(), 0) if self._upright else QPointF(0, bar.height())
        for colour, width in (("#000000", 4.0), ("#ffffff", 1.6)):
            pen = painter.pen()
            pen.setColor(QColor(colour))
            pen.setWidthF(width)
            painter.setPen(pen)
            painter.drawLine(across, across + side)
        tip, size = across + side, em(self, 0.28)
        corners = (
            [tip, tip + QPointF(size, -size), tip + QPointF(size, size)]
            if self._upright
            else [tip, tip + QPointF(-size, size), tip + QPointF(size, size)]
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme_of().text))
        painter.drawPolygon(QPolygonF(corners))

    def _text_place(self, bar: QRectF, share: float, metrics: QFontMetricsF, text: str) -> QRectF:
        width, height = metrics.horizontalAdvance(text) + 2, metrics.height()
        gap = em(self, 0.42)
        if self._upright:
            top = bar.bottom() - share * bar.height() - height / 2
            top = min(max(top, 0.0), self.height() - height)
            return QRectF(bar.right() + gap, top, width, height)
        left = bar.left() + share * bar.width() - width / 2
        left = min(max(left, 0.0), self.width() - width)
        return QRectF(left, bar.bottom() + gap, width, height)

    def _strong(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font


def _number(value: float) -> str:
    return f"{value:.3g}"
