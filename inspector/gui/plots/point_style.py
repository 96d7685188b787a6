"""Shapes and colours of points on a map: kinds differ in both, for any colour vision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.plots.curve_style import colour_of
from inspector.gui.theme import em, theme_of

NEUTRAL, QUIET = -1, -2


@dataclass(frozen=True, slots=True)
class Look:
    """How points of a kind are drawn.

    Attributes:
        shape: "circle", "triangle", "square", "plus", "diamond" or "cross".
        slot: Colour, see `plots.curve_style`; `NEUTRAL` is that of text, `QUIET` of muted text.
        size: In line heights.
        opacity: Many lie on top of each other.
        is_hollow: Whether only the outline is drawn.
    """

    shape: str
    slot: int
    size: float
    opacity: float
    is_hollow: bool = False


def shape_path(shape: str) -> QPainterPath:
    """The shape, about 1 wide, around the origin."""
    path = QPainterPath()
    if shape == "circle":
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    elif shape == "square":
        path.addRect(QRectF(-0.45, -0.45, 0.9, 0.9))
    elif shape == "triangle":
        path.addPolygon(QPolygonF([QPointF(0, -0.52), QPointF(0.52, 0.42), QPointF(-0.52, 0.42)]))
        path.closeSubpath()
    elif shape == "diamond":
        corners = [QPointF(0, -0.55), QPointF(0.55, 0), QPointF(0, 0.55), QPointF(-0.55, 0)]
        path.addPolygon(QPolygonF(corners))
        path.closeSubpath()
    else:
        arms = QPainterPath()
        arms.addRect(QRectF(-0.5, -0.13, 1.0, 0.26))
        arms.addRect(QRectF(-0.13, -0.5, 0.26, 1.0))
        path = arms.simplified()
        if shape == "cross":
            path = QTransform().rotate(45).map(path)
    return path


def colour(look: Look) -> QColor:
    """The colour of a look in the theme of now."""
    theme = theme_of()
    greys = {NEUTRAL: theme.text, QUIET: theme.muted}
    made = QColor(greys[look.slot]) if look.slot in greys else colour_of(look.slot, theme)
    made.setAlphaF(look.opacity)
    return made


class PointLegend(QWidget):
    """What the shapes mean and how many of each there are, wrapped to the width."""

    def __init__(self, looks: Mapping[str, Look]) -> None:
        super().__init__()
        self._looks = looks
        self._entries: list[tuple[str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        """(name of a look, text) each."""
        self._entries = list(entries)
        self.setAccessibleName(", ".join(text for _, text in entries))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(em(self, 12), self._height(max(self.width(), em(self, 12))))

    def minimumSizeHint(self) -> QSize:
        return QSize(em(self, 12), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (name, text), place in zip(self._entries, self._places(self.width()), strict=True):
            look = self._looks[name]
            painter.save()
            painter.translate(place.left() + em(self, 0.4), place.center().y())
            size = em(self, max(look.size, 0.45))
            painter.scale(size, size)
            full = QColor(colour(look))
            full.setAlphaF(1)
            if look.is_hollow:
                painter.strokePath(shape_path(look.shape), QPen(full, 0.16))
            else:
                painter.fillPath(shape_path(look.shape), full)
            painter.restore()
            painter.setPen(QPen(QColor(theme_of().text)))
            text_box = place.adjusted(em(self, 1.0), 0, 0, 0)
            painter.drawText(text_box, Qt.AlignmentFlag.AlignVCenter, text)
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
        x, y, line = 0.0, 0.0, em(self, 1.25)
        for _, text in self._entries:
            wide = em(self, 1.2) + self.fontMetrics().horizontalAdvance(text)
            if x and x + wide > width:
                x, y = 0.0, y + line
            places.append(QRectF(x, y, wide, line))
            x += wide + em(self, 0.8)
        return places
