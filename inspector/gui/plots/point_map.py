"""Points in two dimensions. Imports pyqtgraph: import this module only when a map is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.gui.plots.point_pick import nearest_point, next_point
from inspector.gui.plots.point_style import Look, colour, shape_path
from inspector.gui.theme import em, mixed, theme_of

Places = NDArray[np.float32]

_NO_PLACES: Places = np.zeros((0, 2), np.float32)
_REACH = 0.7  # line heights around a point in which it is meant
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class _Plot(pg.PlotWidget):  # type: ignore[misc]
    """A plot whose arrow keys go from point to point."""

    stepped = Signal(object)  # (dx, dy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self.stepped.emit(step)
            event.accept()
        else:
            event.ignore()


class PointMap(QWidget):
    """Points that are hovered, clicked, or gone through with the arrow keys.

    Args:
        name: For screen readers.
        looks: How points of each kind are drawn, in the order in which they are.

    Attributes:
        places: (N, 2) float32, where the points lie.
        current: The chosen point; −1 for none.
    """

    chosen = Signal(int)  # a point
    hovered = Signal(int)  # a point, −1 for none

    def __init__(self, name: str, looks: Mapping[str, Look]) -> None:
        super().__init__()
        self.places = _NO_PLACES
        self.current = -1
        self._looks = looks
        self._kinds: Mapping[str, NDArray[np.intp]] = {}
        self._marked: NDArray[np.intp] = np.zeros(0, np.intp)
        self._hovered = -1
        self.plot = _Plot()
        self.plot.setAccessibleName(name)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.hideAxis("left")
        item.hideAxis("bottom")
        item.getViewBox().setAspectLocked(True)  # distances mean the same in all directions
        self._layers = {name: pg.ScatterPlotItem(pxMode=True) for name in looks}
        self._marks = pg.ScatterPlotItem(pxMode=True)
        self._mark = pg.ScatterPlotItem(pxMode=True)
        for layer in (*self._layers.values(), self._marks, self._mark):
            self.plot.addItem(layer)
        self.readout = QLabel(self.plot)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.hide()
        self.message = QLabel(self.plot)
        self.message.setProperty("role", "muted")
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self.plot.scene().sigMouseMoved.connect(self._on_move)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self.plot.stepped.connect(self._on_step)
        self._restyle()

    def show_places(self, places: Places | None, message: str = "") -> None:
        """Shows another map, as yet without points of any kind; without one the message."""
        self.places, self.current, self._hovered = _NO_PLACES if places is None else places, -1, -1
        self._kinds, self._marked = {}, np.zeros(0, np.intp)
        self.readout.hide()
        self.message.setText(message)
        self.message.setVisible(bool(message))
        self._draw()

    def show_kinds(self, kinds: Mapping[str, NDArray[np.intp]]) -> None:
        """Which points are of each kind; a point that is of none is not drawn."""
        self._kinds = kinds
        self._draw()

    def show_chosen(self, marked: Collection[int], current: int) -> None:
        """Rings around some points, a stronger one around the current one (−1 for none)."""
        self._marked = np.array(sorted(marked), np.intp)
        self.current = current
        self._draw_marks()

    def fit(self) -> None:
        """Shows the whole map."""
        self.plot.getPlotItem().getViewBox().autoRange(padding=0.06)

    def zoom_to(self, points: NDArray[np.intp]) -> None:
        """Shows some points as large as they fit."""
        if len(points):
            meant = self.places[points]
            x, y = zip(meant.min(axis=0).tolist(), meant.max(axis=0).tolist(), strict=True)
            self.plot.getPlotItem().getViewBox().setRange(xRange=x, yRange=y, padding=0.2)

    def to_view(self, point: int) -> QPointF:
        """Where a point lies on `plot`'s viewport."""
        x, y = self.places[point]
        box = self.plot.getPlotItem().getViewBox()
        seen = box.mapViewToScene(QPointF(float(x), float(y)))
        return QPointF(self.plot.mapFromScene(seen))

    def point_at(self, scene: QPointF) -> int:
        """The point at a place of the scene; −1 where there is none."""
        order = np.concatenate([self._of(kind) for kind in self._looks])
        if not len(order):
            return -1
        box = self.plot.getPlotItem().getViewBox()
        width, height = box.viewPixelSize()
        at = box.mapSceneToView(scene)
        seen = self.places[order] / np.array([width or 1, height or 1])
        found = nearest_point(
            seen, (at.x() / (width or 1), at.y() / (height or 1)), em(self, _REACH)
        )
        return int(order[found]) if found >= 0 else -1

    def _of(self, kind: str) -> NDArray[np.intp]:
        return self._kinds.get(kind, np.zeros(0, np.intp))

    def _draw(self) -> None:
        for kind, layer in self._layers.items():
            look = self._looks[kind]
            inked = colour(look)
            outline = pg.mkPen(inked, width=max(em(self, 0.09), 1.2))
            layer.setData(
                pos=self.places[self._of(kind)],
                symbol=shape_path(look.shape),
                size=max(em(self, look.size), 4),
                pen=outline if look.is_hollow else None,
                brush=None if look.is_hollow else inked,
            )
        self._draw_marks()

    def _draw_marks(self) -> None:
        theme = theme_of()
        current = np.array([self.current] if self.current >= 0 else [], np.intp)
        for layer, shown, size, width in (
            (self._marks, self._marked, 0.95, 1.5),
            (self._mark, current, 1.25, 2.5),
        ):
            pen = pg.mkPen(QColor(theme.text), width=width)
            layer.setData(
                pos=self.places[shown], symbol="o", size=em(self, size), pen=pen, brush=None
            )

    def _on_move(self, scene: QPointF) -> None:
        point = self.point_at(scene)
        if point != self._hovered:
            self._hovered = point
            self.hovered.emit(point)

    def say(self, text: str) -> None:
        """What the hovered point is; empty hides it."""
        self.readout.setText(text)
        self.readout.adjustSize()
        self.readout.move(em(self, 0.4), em(self, 0.4))
        self.readout.setVisible(bool(text))

    def _on_click(self, event: object) -> None:
        point = self.point_at(event.scenePos())  # type: ignore[attr-defined]
        if point >= 0:
            self.chosen.emit(point)

    def _on_step(self, step: tuple[int, int]) -> None:
        point = next_point(self.places.astype(np.float64), self.current, step)
        if point >= 0:
            self.chosen.emit(point)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.hovered.emit(-1)
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._restyle()
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        gap = em(self, 1)
        self.message.setGeometry(self.plot.rect().adjusted(gap, gap, -gap, -gap))

    def _restyle(self) -> None:
        theme = theme_of()
        self.plot.setBackground(QColor(theme.surface))
        ground = mixed(theme.raised, theme.surface, 0.2)
        self.readout.setStyleSheet(
            f"background: {ground}; color: {theme.text}; border: 1px solid {theme.border};"
            f"border-radius: 4px; padding: {em(self, 0.25)}px;"
        )
