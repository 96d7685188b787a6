"""Fonts, strokes and colours of a distribution plot, derived from the widget's font and theme."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from inspector.gui.theme import Theme

_LARGER = 1.4  # in presentation mode


@dataclass(frozen=True, slots=True)
class Style:
    """How a plot looks.

    Attributes:
        theme: The colours.
        title, body, small, numbers: Fonts; `numbers` has digits of equal width.
        em: Line height of the body font, in pixels.
        stroke: Width of an ordinary line, in pixels.
        dot: Largest diameter of an image's mark, in pixels.
    """

    theme: Theme
    title: QFont
    body: QFont
    small: QFont
    numbers: QFont
    em: float
    stroke: float
    dot: float

    @classmethod
    def of(cls, font: QFont, theme: Theme, *, presentation: bool) -> Style:
        """From a widget's font; larger type and strokes for people who sit far away."""
        scale = _LARGER if presentation else 1.0
        em = QFontMetricsF(_sized(font, scale)).height()
        numbers = _sized(font, 0.92 * scale)
        numbers.setFeature(QFont.Tag("tnum"), 1)
        return cls(
            theme=theme,
            title=_sized(font, 1.15 * scale, QFont.Weight.DemiBold),
            body=_sized(font, scale, QFont.Weight.Medium),
            small=_sized(font, 0.9 * scale),
            numbers=numbers,
            em=em,
            # Qt draws lines of at most one pixel ten times faster than wider ones.
            stroke=max(1.0, round(em / 10) / 2),
            dot=em * 0.27,
        )

    def colour(self, role: str, alpha: float = 1.0) -> QColor:
        """A colour of the theme by its role, with an opacity."""
        colour = QColor(getattr(self.theme, role))
        colour.setAlphaF(alpha)
        return colour

    def pen(self, role: str, width: float = 1.0, alpha: float = 1.0) -> QPen:
        """A pen with round ends; `width` in ordinary strokes."""
        pen = QPen(self.colour(role, alpha), width * self.stroke)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen


def text_width(font: QFont, text: str) -> float:
    """Pixels that a line of text takes."""
    return QFontMetricsF(font).horizontalAdvance(text)


def line_height(font: QFont) -> float:
    """Pixels from one line of text to the next."""
    return QFontMetricsF(font).height()


def bold(font: QFont) -> QFont:
    """The font, semi-bold."""
    heavier = QFont(font)
    heavier.setWeight(QFont.Weight.DemiBold)
    return heavier


def _sized(font: QFont, factor: float, weight: QFont.Weight | None = None) -> QFont:
    scaled = QFont(font)
    if font.pixelSize() > 0:
        scaled.setPixelSize(max(1, round(font.pixelSize() * factor)))
    else:
        scaled.setPointSizeF(font.pointSizeF() * factor)
    if weight is not None:
        scaled.setWeight(weight)
    return scaled
