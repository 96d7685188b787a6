"""Where an image lies among its class: every image a dot, both thresholds, this one marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.pages.review.words import number
from inspector.gui.theme import em, theme_of

_MOST_DOTS = 400
_GOLDEN = 0.6180339887  # spreads dots evenly over the height without chance


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Scores of one class.

    Attributes:
        normal, defective, unknown: Scores by what the data set says.
        value: Of the image that is looked at; NaN without one.
        threshold, lower: The two thresholds.
    """

    normal: NDArray[np.float64]
    defective: NDArray[np.float64]
    unknown: NDArray[np.float64]
    value: float
    threshold: float
    lower: float


class StripPlot(QWidget):
    """Normal images are discs in the upper half, defective ones triangles in the lower half."""

    def __init__(self) -> None:
        super().__init__()
        self._data: ClassScores | None = None
        self._ground: QPixmap | None = None
        self._ground_of: tuple[object, ...] = ()
        self._keeps_alive: ClassScores | None = None  # so that its id stays its own
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Scores of the images of this class"))

    def set_data(self, data: ClassScores | None) -> None:
        """Shows another class or another image."""
        self._data = data
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(em(self, 12), em(self, 5.2))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        data = self._data
        if data is None:
            return
        theme = theme_of()
        # The class stays the same for many images: its dots are painted once.
        key = (id(data.normal), data.threshold, data.lower, self.size().toTuple(), theme.name)
        if self._ground is None or self._ground_of != key:
            self._ground, self._ground_of = self._painted(data), key
            self._keeps_alive = data
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if np.isfinite(data.value):
            plot, line = self._plot(), em(self, 1.0)
            _pointer(painter, _x(data.value, plot, *_axis(data)), plot, QColor(theme.accent), line)
        painter.end()

    def _plot(self) -> QRectF:
        line = em(self, 1.0)
        return QRectF(line * 0.4, 2, self.width() - line * 0.8, self.height() - line * 1.3)

    def _painted(self, data: ClassScores) -> QPixmap:
        """Everything but the image that is looked at."""
        ratio = self.devicePixelRatioF()
        ground = QPixmap((self.size().toSizeF() * ratio).toSize())
        ground.setDevicePixelRatio(ratio)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        theme, line, plot = theme_of(), em(self, 1.0), self._plot()
        low, high = _axis(data)
        middle = plot.center().y()
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(plot.left(), middle), QPointF(plot.right(), middle))
        half = plot.height() / 2
        upper = QRectF(plot.left(), plot.top(), plot.width(), half).adjusted(0, 3, 0, -4)
        under = QRectF(plot.left(), middle, plot.width(), half).adjusted(0, 4, 0, -3)
        size = max(line * 0.13, 2.0)
        for values, box, colour, is_triangle in (
            (data.unknown, upper, theme.muted, False),
            (data.normal, upper, theme.normal, False),
            (data.defective, under, theme.defective, True),
        ):
            _dots(painter, values, box, (low, high), QColor(colour), size, is_triangle)
        for value, style in (
            (data.lower, Qt.PenStyle.DashLine),
            (data.threshold, Qt.PenStyle.SolidLine),
        ):
            x = _x(value, plot, low, high)
            painter.setPen(QPen(QColor(theme.threshold), 1.4, style))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        self._ends(painter, plot, low, high)
        painter.end()
        return ground

    def _ends(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        painter.setPen(QColor(theme_of().muted))
        room = QRectF(plot.left(), plot.bottom(), plot.width(), self.height() - plot.bottom())
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, centre | Qt.AlignmentFlag.AlignLeft, number(low))
        painter.drawText(room, centre | Qt.AlignmentFlag.AlignRight, number(high))


def _axis(data: ClassScores) -> tuple[float, float]:
    """The same for all images of a class; the few highest scores lie at its end."""
    values = np.concatenate((data.normal, data.defective, data.unknown))
    values = values[np.isfinite(values)]
    ends = [data.threshold, data.lower]
    low = min([*ends, *([float(values.min())] if values.size else [])])
    high = max([*ends, *([float(np.quantile(values, 0.99))] if values.size else [])])
    return low, high if high > low else low + 1.0


def _x(value: float, plot: QRectF, low: float, high: float) -> float:
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return plot.left() + share * plot.width()


def _dots(
    painter: QPainter,
    values: NDArray[np.float64],
    box: QRectF,
    axis: tuple[float, float],
    colour: QColor,
    size: float,
    is_triangle: bool,
) -> None:
    values = values[np.isfinite(values)]
    if len(values) > _MOST_DOTS:
        places = np.linspace(0, len(values) - 1, _MOST_DOTS).round().astype(np.intp)
        values = np.sort(values)[places]
    colour.setAlpha(170)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for index, value in enumerate(values.tolist()):
        x = _x(value, box, *axis)
        y = box.top() + (index * _GOLDEN % 1.0) * box.height()
        if is_triangle:
            corners = [QPointF(x, y - size * 1.2), QPointF(x + size * 1.2, y + size)]
            painter.drawPolygon(QPolygonF([*corners, QPointF(x - size * 1.2, y + size)]))
        else:
            painter.drawEllipse(QPointF(x, y), size, size)


def _pointer(painter: QPainter, x: float, plot: QRectF, colour: QColor, line: float) -> None:
    """This image: a line through both halves between two arrow heads."""
    painter.setPen(QPen(colour, 2.4))
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    size = line * 0.32
    for y, way in ((plot.top(), 1), (plot.bottom(), -1)):
        tip = QPointF(x, y + way * size * 1.2)
        painter.drawPolygon(QPolygonF([tip, QPointF(x - size, y), QPointF(x + size, y)]))
