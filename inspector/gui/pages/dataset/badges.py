"""Badges: verdicts, decisions and truths as a shape with a word, drawn once and kept."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF

from inspector.core.samples import Truth
from inspector.gui.icons import paint_icon
from inspector.gui.pages.dataset.query import Decision
from inspector.gui.theme import Theme
from inspector.project.verdicts import Verdict

Kind = Verdict | Decision | Truth


class Badges(QObject):
    """Makes badges for a theme and a font."""

    def __init__(self) -> None:
        super().__init__()
        self._verdicts = {
            Verdict.OK: self.tr("OK"),
            Verdict.NG: self.tr("NG"),
            Verdict.UNSURE: self.tr("Unsure"),
        }
        self._decisions = {
            Decision.NG: self.tr("Flagged"),
            Decision.UNSURE: self.tr("Near"),
        }
        self._made: dict[tuple[object, ...], QPixmap] = {}

    def badge(
        self, kind: Verdict | Decision, theme: Theme, font: QFont, ratio: float, *, word: bool
    ) -> QPixmap:
        """A plate with a shape and, if `word`, a word beside it."""
        # A verdict and a decision may be equal as texts: the type belongs to the key.
        key = (type(kind), kind, theme.name, font.pointSizeF(), ratio, word)
        if key not in self._made:
            self._made[key] = self._plate(kind, theme, font, ratio, word)
        return self._made[key]

    def mark(self, kind: Decision | Truth, theme: Theme, size: float, ratio: float) -> QPixmap:
        """The shape alone, `size` pixels wide and high."""
        key = (type(kind), kind, theme.name, size, ratio)
        if key not in self._made:
            made = _empty(size, size, ratio)
            painter = QPainter(made)
            draw_mark(painter, kind, theme, QRectF(0, 0, size, size))
            painter.end()
            self._made[key] = made
        return self._made[key]

    def _plate(
        self, kind: Verdict | Decision, theme: Theme, font: QFont, ratio: float, word: bool
    ) -> QPixmap:
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.88)
        small.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetricsF(small)
        words = self._verdicts if isinstance(kind, Verdict) else self._decisions
        text = words[kind] if word else ""  # type: ignore[index]
        line = metrics.height()
        gap = round(line * 0.28)
        height = round(line * 1.2)
        side = line * 0.74
        width = round(2 * gap + side + (gap + metrics.horizontalAdvance(text) if text else 0))
        made = _empty(width, height, ratio)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = colour_of(kind, theme)
        painter.setPen(QPen(QColor(colour), 1.0))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), height * 0.3, height * 0.3)
        place = QRectF(gap, (height - side) / 2, side, side)
        if isinstance(kind, Verdict):
            paint_icon(painter, _ICONS[kind], place, colour)
        else:
            draw_mark(painter, kind, theme, place.adjusted(1, 1, -1, -1))
        painter.setFont(small)
        painter.setPen(QColor(colour))
        room = QRectF(2 * gap + side, 0, width, height)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()
        return made


_ICONS = {Verdict.OK: "check", Verdict.NG: "cross", Verdict.UNSURE: "question"}


def colour_of(kind: Kind, theme: Theme) -> str:
    """The theme's colour of a verdict, a decision or a truth."""
    match kind:
        case Verdict.OK:
            return theme.ok
        case Verdict.NG | Decision.NG:
            return theme.ng
        case Verdict.UNSURE | Decision.UNSURE:
            return theme.unsure
        case Truth.DEFECTIVE:
            return theme.defective
        case Truth.GOOD:
            return theme.normal
        case _:
            return theme.muted


def draw_mark(painter: QPainter, kind: Decision | Truth, theme: Theme, box: QRectF) -> None:
    """Triangle: above the threshold or defective; diamond: near it; disc: good; ring: unknown."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(colour_of(kind, theme))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    centre = box.center()
    if kind in (Decision.NG, Truth.DEFECTIVE):
        points = [QPointF(centre.x(), box.top()), box.bottomRight(), box.bottomLeft()]
        painter.drawPolygon(QPolygonF(points))
    elif kind is Decision.UNSURE:
        points = [
            QPointF(centre.x(), box.top()),
            QPointF(box.right(), centre.y()),
            QPointF(centre.x(), box.bottom()),
            QPointF(box.left(), centre.y()),
        ]
        painter.drawPolygon(QPolygonF(points))
    elif kind is Truth.GOOD:
        radius = box.width() * 0.42
        painter.drawEllipse(centre, radius, radius)
    else:
        painter.setPen(QPen(colour, max(1.0, box.width() * 0.14)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = box.width() * 0.36
        painter.drawEllipse(centre, radius, radius)


def _empty(width: float, height: float, ratio: float) -> QPixmap:
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    return made
