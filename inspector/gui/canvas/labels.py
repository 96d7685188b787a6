"""Words on the canvas: what a region measures, and what there is to say without an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from inspector.gui.theme import Theme

_INK, _PLATE = "#ffffff", QColor(12, 14, 17, 215)


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside what it speaks of, given as a rectangle in view coordinates."""

    text: str
    beside: QRectF


def draw_labels(painter: QPainter, font: QFont, labels: Sequence[Label], view: QRectF) -> None:
    """Draws labels above what they name (below where there is no room), none over another."""
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    taken: list[QRectF] = []
    for label in labels:
        place = _place(label, metrics, view, taken)
        if place is None:
            continue
        taken.append(place)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(QColor(_INK))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label.text)


def draw_message(
    painter: QPainter, font: QFont, theme: Theme, view: QRectF, title: str, text: str
) -> None:
    """Draws a title and a sentence in the middle of an empty canvas."""
    strong = QFont(font)
    strong.setPointSizeF(font.pointSizeF() * 1.25)
    strong.setWeight(QFont.Weight.DemiBold)
    line = QFontMetricsF(font).height()
    room = view.adjusted(2 * line, line, -2 * line, -line)
    wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    head = QFontMetricsF(strong).boundingRect(room, int(wrapped), title)
    body = QFontMetricsF(font).boundingRect(room, int(wrapped), text)
    top = view.center().y() - (head.height() + line / 2 + body.height()) / 2
    painter.setFont(strong)
    painter.setPen(QColor(theme.text))
    painter.drawText(QRectF(room.left(), top, room.width(), head.height()), int(wrapped), title)
    painter.setFont(font)
    painter.setPen(QColor(theme.muted))
    top += head.height() + line / 2
    painter.drawText(QRectF(room.left(), top, room.width(), body.height()), int(wrapped), text)


def _place(
    label: Label, metrics: QFontMetricsF, view: QRectF, taken: list[QRectF]
) -> QRectF | None:
    gap = metrics.height() * 0.3
    width = metrics.horizontalAdvance(label.text) + 2 * gap
    height = metrics.height() + gap
    left = label.beside.center().x() - width / 2
    left = max(view.left() + gap, min(left, view.right() - gap - width))
    above = label.beside.top() - gap - height
    below = label.beside.bottom() + gap
    # A region larger than the view has neither room above nor below: then inside, at the top.
    for top in (above, below, view.top() + gap):
        place = QRectF(QPointF(left, top), QPointF(left + width, top + height))
        if view.contains(place) and not any(place.intersects(other) for other in taken):
            return place
    return None
