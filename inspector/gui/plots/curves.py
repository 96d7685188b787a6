"""A plot of training curves. Imports pyqtgraph: import this module only when a plot is needed."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.gui.plots.curve_style import Curve, colour_of, pen_of
from inspector.gui.theme import Theme, em, theme_of
from inspector.gui.widgets.basics import label

_FAINT = 0.3  # opacity of the raw curve behind a smoothed one
_FEW = 24  # up to so many points each is marked
_MANY = 600  # from so many on lines are hairlines: Qt takes seconds for wide ones


class CurvePlot(QWidget):
    """Curves over steps, with a crosshair that tells the values under the mouse.

    Args:
        title: What is plotted.
        empty: What to say while there is no point.
        smooths: Whether smoothing applies to it.
    """

    def __init__(self, title: str, empty: str, *, smooths: bool = False) -> None:
        super().__init__()
        self._smooths, self._smoothing, self._is_log = smooths, 0.0, False
        self._curves: tuple[Curve, ...] = ()
        self.plot = pg.PlotWidget()
        self.plot.setAccessibleName(title)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.showGrid(x=False, y=True, alpha=0.25)
        item.getViewBox().setMouseEnabled(x=True, y=False)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setVisible(False)
        self.plot.addItem(self._cross, ignoreBounds=True)
        self.title = label(title, "section")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.2))
        layout.addWidget(self.title)
        layout.addWidget(self.plot, 1)
        self._empty = QLabel(empty, self.plot)
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout = QLabel(self.plot)
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self._restyle()

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is shown."""
        return self._curves

    def set_curves(self, curves: Sequence[Curve]) -> None:
        """Shows other curves; one without a point is left out."""
        self._curves = tuple(curve for curve in curves if len(curve.steps))
        self._draw()

    def set_log(self, on: bool) -> None:
        """A logarithmic value axis; values of zero and below are left out of it."""
        self._is_log = on
        self.plot.getPlotItem().setLogMode(x=False, y=on)
        self._draw()

    def set_smoothing(self, weight: float) -> None:
        """Weight of the past in [0, 1); the raw curve then shows faintly behind."""
        self._smoothing = weight
        self._draw()

    def fit(self) -> None:
        """Shows all steps again."""
        self.plot.getPlotItem().enableAutoRange()

    def values_at(self, step: float) -> list[tuple[Curve, float, float]]:
        """(curve, step, value) at the point nearest to a step, for each curve that is there."""
        found = []
        for curve in self._curves:
            if curve.steps[0] <= step <= curve.steps[-1] or len(self._curves) == 1:
                place = int(np.abs(curve.steps - step).argmin())
                found.append((curve, float(curve.steps[place]), float(self._shown(curve)[place])))
        return found

    def leaveEvent(self, event: QEvent) -> None:
        self._hide_readout()
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        gap = em(self, 1)
        self._empty.setGeometry(self.plot.rect().adjusted(gap, 0, -gap, 0))

    def _shown(self, curve: Curve) -> NDArray[np.float64]:
        if not self._smooths or self._smoothing <= 0:
            return curve.values
        return smoothed(curve.values, self._smoothing)

    def _drawable(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(values > 0, values, np.nan) if self._is_log else values

    def _draw(self) -> None:
        theme, item = theme_of(), self.plot.getPlotItem()
        for old in item.listDataItems():
            item.removeItem(old)
        for curve in self._curves:
            width = max(1.5, em(self, 0.09)) if len(curve.steps) < _MANY else 1.0
            pen = pen_of(curve, theme, width)
            shown = self._shown(curve)
            if shown is not curve.values:
                faint = colour_of(curve.slot, theme)
                faint.setAlphaF(_FAINT)
                self._add(curve.steps, curve.values, pg.mkPen(faint, width=1))
            self._add(curve.steps, shown, pen, dots=len(shown) <= _FEW)
        self._fit_values()
        has_points = bool(self._curves)
        self._empty.setVisible(not has_points)
        for name in ("left", "bottom"):
            item.getAxis(name).setVisible(has_points)

    def _fit_values(self) -> None:
        """Follows the values by itself, but keeps a level line from filling the whole axis."""
        box = self.plot.getPlotItem().getViewBox()
        values = [curve.values for curve in self._curves]
        low = min((float(np.min(found)) for found in values), default=0.0)
        high = max((float(np.max(found)) for found in values), default=0.0)
        if self._curves and not self._is_log and high - low <= 1e-6 * abs(high):
            margin = 0.1 * abs(high) or 1.0
            box.setYRange(low - margin, high + margin, padding=0)
        else:
            box.enableAutoRange(axis="y")

    def _add(
        self,
        steps: NDArray[np.float64],
        values: NDArray[np.float64],
        pen: object,
        *,
        dots: bool = False,
    ) -> None:
        made = pg.PlotDataItem(
            steps, self._drawable(values), pen=pen, connect="finite", antialias=True
        )
        if dots:
            made.setSymbol("o")
            made.setSymbolSize(em(self, 0.3))
            made.setSymbolPen(None)
            made.setSymbolBrush(pg.mkPen(pen).color())
        self.plot.addItem(made)

    def _restyle(self) -> None:
        theme: Theme = theme_of()
        self.plot.setBackground(theme.surface)
        self._cross.setPen(pg.mkPen(theme.muted, width=1))
        small = self.font()
        small.setPointSizeF(small.pointSizeF() * 0.88)
        for name in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(name)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.setStyle(tickFont=small, tickLength=-4, autoExpandTextSpace=True)
            axis.enableAutoSIPrefix(False)
        self.readout.setStyleSheet(
            f"background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 4px;"
            f"padding: {em(self, 0.25)}px {em(self, 0.4)}px;"
        )
        self._draw()

    def _on_mouse(self, where: QPointF) -> None:
        box = self.plot.getPlotItem().getViewBox()
        if not self._curves or not box.sceneBoundingRect().contains(where):
            self._hide_readout()
            return
        found = self.values_at(box.mapSceneToView(where).x())
        if not found:
            self._hide_readout()
            return
        theme = theme_of()
        lines = [html.escape(self.tr("Step {step}").format(step=f"{round(found[0][1])}"))]
        for curve, _, value in found:
            colour = colour_of(curve.slot, theme).name()
            name = html.escape(curve.label)
            lines.append(f"<span style='color:{colour}'>■</span> {name} <b>{value:.4g}</b>")
        self._cross.setPos(found[0][1])
        self._cross.setVisible(True)
        self.readout.setText("<br>".join(lines))
        self.readout.adjustSize()
        self._place_readout(where)
        self.readout.show()
        self.readout.raise_()

    def _place_readout(self, where: QPointF) -> None:
        gap = em(self, 0.7)
        at = self.plot.mapFromScene(where)
        x = at.x() + gap
        if x + self.readout.width() > self.plot.width():
            x = at.x() - gap - self.readout.width()
        y = min(at.y() + gap, self.plot.height() - self.readout.height())
        self.readout.move(max(x, 0), max(y, 0))

    def _hide_readout(self) -> None:
        self._cross.setVisible(False)
        self.readout.hide()


def smoothed(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Exponential moving average (N,) -> (N,) without the pull towards zero at its start.

    `weight`, of the past, lies in [0, 1); 0 changes nothing.
    """
    result = np.empty(len(values))
    average = total = 0.0
    for place, value in enumerate(values.tolist()):
        if math.isfinite(value):
            average = weight * average + (1 - weight) * value
            total = weight * total + (1 - weight)
        result[place] = average / total if total else math.nan
    return result
