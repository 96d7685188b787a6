"""A legend that stands above plots: samples of the lines, wrapped to the width."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.plots.curve_style import Curve, pen_of
from inspector.gui.theme import em, theme_of


class Legend(QWidget):
    """One entry for each curve that has another label."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Curve] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_curves(self, curves: Sequence[Curve]) -> None:
        """Explains these curves; several with one label are explained once."""
        self._entries = list({curve.label: curve for curve in curves}.values())
        self.setAccessibleName(", ".join(curve.label for curve in self._entries))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(em(self, 10), self._height(max(self.width(), em(self, 10))))

    def minimumSizeHint(self) -> QSize:
        return QSize(em(self, 6), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve, place in zip(self._entries, self._places(self.width()), strict=True):
            middle = place.center().y()
            painter.setPen(pen_of(curve, theme, max(2.0, em(self, 0.11))))
            start = place.left()
            painter.drawLine(QPointF(start, middle), QPointF(start + em(self, 1.8), middle))
            painter.setPen(QColor(theme.text))
            text = place.adjusted(em(self, 2.1), 0, 0, 0)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, curve.label)
        painter.end()

    def _fit(self) -> None:
        height = self._height(self.width())
        if height != self.maximumHeight():
            self.setFixedHeight(height)

    def _height(self, width: int) -> int:
        places = self._places(width)
        return round(places[-1].bottom()) if places else 0

    def _places(self, width: int) -> list[QRectF]:
        places: list[QRectF] = []
        x, y, line = 0.0, 0.0, em(self, 1.3)
        for curve in self._entries:
            wide = em(self, 2.4) + self.fontMetrics().horizontalAdvance(curve.label)
            if x and x + wide > width:
                x, y = 0.0, y + line
            places.append(QRectF(x, y, wide, line))
            x += wide + em(self, 0.9)
        return places
