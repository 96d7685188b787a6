"""All scores as a histogram in three bands; the two lines between them are dragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.theme import em, theme_of

_BINS = 64


class ThresholdStrip(QWidget):
    """Bars in the colours of their bands; the keyboard's way is the number fields beside it."""

    dragged = Signal(float, float)  # threshold and lower threshold, while the mouse is down
    dropped = Signal(float, float)  # the same, when it is released

    def __init__(self) -> None:
        super().__init__()
        self._scores: NDArray[np.float64] = np.empty(0)
        self._bars: NDArray[np.float64] = np.zeros(_BINS)
        self._axis = (0.0, 1.0)
        self.threshold, self.lower_threshold = 0.0, 0.0
        self._held = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Scores of all images, with both thresholds"))
        self.setToolTip(
            self.tr("All scores. Drag the solid line (NG above it) or the dashed one (OK below).")
        )

    def set_scores(self, scores: NDArray[np.float64]) -> None:
        """Shows other scores; NaN are left out."""
        self._scores = scores[np.isfinite(scores)]
        self._count()

    def set_thresholds(self, threshold: float, lower: float) -> None:
        """Moves both lines, unless one is being dragged."""
        if self._held:
            return
        self.threshold, self.lower_threshold = threshold, lower
        low, high = self._axis
        if not (low <= lower and threshold <= high):
            self._count()
        self.update()

    def let_go(self) -> None:
        """Forgets a line that is being dragged: it was dragged over other scores."""
        self._held = ""

    def sizeHint(self) -> QSize:
        return QSize(em(self, 12), em(self, 3.6))

    def x_of(self, value: float) -> float:
        """Where a score lies on the widget."""
        low, high = self._axis
        plot = self._plot()
        return plot.left() + min(max((value - low) / (high - low), 0.0), 1.0) * plot.width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = theme_of()
        plot = self._plot()
        low, high = self._axis
        step = (high - low) / _BINS
        highest = max(float(self._bars.max()), 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, value in enumerate(self._bars.tolist()):
            middle = low + (index + 0.5) * step
            name = (
                "ng"
                if middle > self.threshold
                else "ok"
                if middle <= self.lower_threshold
                else "unsure"
            )
            tall = plot.height() * value / highest
            width = plot.width() / _BINS
            bar = QRectF(plot.left() + index * width, plot.bottom() - tall, width * 0.86, tall)
            painter.fillRect(bar, QColor(getattr(theme, name)))
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._line(painter, self.lower_threshold, Qt.PenStyle.DashLine)
        self._line(painter, self.threshold, Qt.PenStyle.SolidLine)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = self._near(event.position().x())
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if not self._held:
            near = bool(self._near(x))
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
            return
        low, high = self._axis
        plot = self._plot()
        share = min(max((x - plot.left()) / plot.width(), 0.0), 1.0)
        value = low + share * (high - low)
        if self._held == "threshold":
            self.threshold = value
            self.lower_threshold = min(self.lower_threshold, value)
        else:
            self.lower_threshold = min(value, self.threshold)
        self.update()
        self.dragged.emit(self.threshold, self.lower_threshold)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held and event.button() == Qt.MouseButton.LeftButton:
            self._held = ""
            self.dropped.emit(self.threshold, self.lower_threshold)

    def _near(self, x: float) -> str:
        """Which line lies there; where both do, the one that the mouse is on the side of."""
        reach = em(self, 0.6)
        places = {"threshold": self.x_of(self.threshold), "lower": self.x_of(self.lower_threshold)}
        near = {name: place for name, place in places.items() if abs(place - x) <= reach}
        if len(near) == 2 and near["threshold"] - near["lower"] < 2:
            return "threshold" if x >= near["threshold"] else "lower"
        return min(near, key=lambda name: abs(near[name] - x)) if near else ""

    def _plot(self) -> QRectF:
        gap = em(self, 0.4)
        return QRectF(self.rect()).adjusted(gap, gap, -gap, -2)

    def _count(self) -> None:
        scores = self._scores
        ends = [self.threshold, self.lower_threshold]
        low = min([*ends, *([float(scores.min())] if scores.size else [])])
        # The highest scores would squeeze the rest; they are counted in the last bar.
        high = max([*ends, *([float(np.quantile(scores, 0.97))] if scores.size else [])])
        span = (high - low) or 1.0
        self._axis = (low - 0.02 * span, high + 0.08 * span)
        counted, _ = np.histogram(np.clip(scores, *self._axis), _BINS, self._axis)
        self._bars = np.sqrt(counted)  # few must show beside many
        self.update()

    def _line(self, painter: QPainter, value: float, style: Qt.PenStyle) -> None:
        x, plot = self.x_of(value), self._plot()
        colour = QColor(theme_of().threshold)
        painter.setPen(QPen(colour, 1.8, style))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        size, top = em(self, 0.34), plot.top() - em(self, 0.3)
        painter.drawPolygon(
            QPolygonF([QPointF(x - size, top), QPointF(x + size, top), QPointF(x, top + size)])
        )
