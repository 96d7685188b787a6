"""How curves are told apart: a colour and a dash for each slot, safe for colour-blind people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from inspector.gui.theme import Theme

# After Okabe and Ito, darkened or lightened until each stands out from its ground.
_LIGHT = ("#0b62a4", "#b3400a", "#0b6e55", "#96307a", "#7d5700", "#2a7f9e")
_DARK = ("#62b5ea", "#ff9264", "#4cc9a0", "#e091c4", "#edbb4d", "#a9d3f5")
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 2.5), (9, 3, 2, 3), (12, 4), (1, 4))


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve of a plot.

    Attributes:
        label: In words, as in the legend.
        steps: (N,) float64, ascending.
        values: (N,) float64.
        slot: Which colour it has.
        dash: Which dash it has.
    """

    label: str
    steps: NDArray[np.float64]
    values: NDArray[np.float64]
    slot: int
    dash: int


def colour_of(slot: int, theme: Theme) -> QColor:
    """The colour of a slot."""
    colours = _DARK if theme.is_dark else _LIGHT
    return QColor(colours[slot % len(colours)])


def pen_of(curve: Curve, theme: Theme, width: float) -> QPen:
    """The pen of a curve, `width` in pixels."""
    pen = QPen(colour_of(curve.slot, theme), width)
    pen.setCosmetic(True)  # else its width is in units of the axes
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    dash = _DASHES[curve.dash % len(_DASHES)]
    if dash:
        pen.setDashPattern(list(dash))
    return pen
