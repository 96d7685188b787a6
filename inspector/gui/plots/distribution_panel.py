"""One panel of score distributions under the user's hands: mouse and keys."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from inspector.gui.plots import distribution_live as live
from inspector.gui.plots.distribution_live import Brush
from inspector.gui.plots.distribution_paint import Scene
from inspector.gui.plots.distribution_pick import brushed, nearest
from inspector.gui.plots.distribution_plot import DistributionPlot

_STEPS = 400  # key presses from end to end of the axis
_COARSE = 10  # of them at once, with Shift


class DistributionPanel(DistributionPlot):
    """Distributions of one side of a score set, and the threshold that one drags through them.

    Keys: Left and Right move the threshold, with Shift in large steps; Up, Down, Page Up and Page
    Down scroll; Esc clears the brushed region.
    """

    threshold_moved = Signal(float)
    """While the threshold moves."""
    threshold_released = Signal(float)
    """When the mouse or the key lets go of the threshold."""
    hovered = Signal(object)
    """The id of the image under the mouse, or None."""
    selected = Signal(list)
    """The ids of the images clicked at or brushed over; an empty list when cleared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPointF | None = None
        self._brushing = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)

    # Events

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._point(focused=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(focused=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        view = self._view
        if key == Qt.Key.Key_Escape and self._marked():
            self.clear_brush()
            self.selected.emit([])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and view is not None and view.movable:
            coarse = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = (_COARSE if coarse else 1) / _STEPS
            place = view.threshold_place or 0.0
            self._move_threshold(place + (step if key == Qt.Key.Key_Right else -step))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        threshold = self.threshold()
        if (
            event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right)
            and not event.isAutoRepeat()
            and threshold is not None
        ):
            self._release(threshold)
        else:
            super().keyReleaseEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif self._on_threshold(event.position()):
            self._point(dragging=True)
        elif self.plot_layout().holds(event.position()):
            self._pressed, self._brushing = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pointing.dragging:
            self._move_threshold(self.plot_layout().place(at.x()))
        elif self._pressed is not None:
            self._brush_to(at)
        else:
            self._hover(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        pressed, self._pressed = self._pressed, None
        threshold = self.threshold()
        if self._pointing.dragging and threshold is not None:
            self._point(dragging=False)
            self._release(threshold)
        elif pressed is not None:
            self._choose(pressed, self._brushing)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hovered(None)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        return super().viewportEvent(event)

    # What the events do

    def _release(self, threshold: float) -> None:
        self.setAccessibleDescription(self.describe())
        self.threshold_released.emit(threshold)

    def _tip(self, at: QPointF) -> str:
        """The numbers in words beside a row; nothing within the plot."""
        scene = self.scene()
        if scene is None or scene.layout.left <= at.x() <= scene.layout.right:
            return ""
        if at.y() > scene.layout.bottom:
            return self.describe()
        if at.y() < scene.layout.head:
            return ""
        return self.describe(int(scene.order[scene.layout.row_at(at.y())]))

    def _point(self, *, focused: bool | None = None, dragging: bool | None = None) -> None:
        old = self._pointing
        self._pointing = replace(
            old,
            focused=old.focused if focused is None else focused,
            dragging=old.dragging if dragging is None else dragging,
            hovered=None,
        )
        self.viewport().update()

    def _marked(self) -> bool:
        return self._pointing.brush is not None or self._pointing.chosen is not None

    def _on_threshold(self, at: QPointF) -> bool:
        scene = self.scene()
        if scene is None or not scene.view.movable:
            return False
        x = scene.layout.x(scene.view.threshold_place or 0.0)
        near = 0.35 * scene.style.em
        line = QRectF(x - near, scene.layout.head, 2 * near, scene.layout.plot.height())
        return line.contains(at) or live.bubble_rect(scene).contains(at)

    def _move_threshold(self, place: float) -> None:
        scene = self.scene()
        if scene is None:
            return
        before = self._threshold_area(scene)
        threshold = scene.view.axis.score(min(max(place, 0.0), 1.0))
        scene.view.set_threshold(threshold)
        self.viewport().update(before.united(self._threshold_area(scene)))
        layout = scene.layout
        numbers = QRectF(layout.right, 0, layout.numbers, layout.height)
        self.viewport().update(numbers.toAlignedRect())
        self.threshold_moved.emit(threshold)

    def _threshold_area(self, scene: Scene) -> QRect:
        """Pixels that the threshold's line and bubble cover."""
        line = scene.layout.plot
        x = scene.layout.x(scene.view.threshold_place or 0.0)
        line.setLeft(x)
        line.setRight(x + 1)
        margin = 0.5 * scene.style.em
        area = line.united(live.bubble_rect(scene)).adjusted(-margin, -margin, margin, margin)
        return area.toAlignedRect()

    def _brush_to(self, at: QPointF) -> None:
        start = self._pressed
        if start is None:
            return
        if (at - start).manhattanLength() >= QApplication.startDragDistance():
            self._brushing = True
        if self._brushing:
            layout = self.plot_layout()
            rows = sorted(layout.row_at(min(y, layout.bottom - 1)) for y in (start.y(), at.y()))
            places = sorted(layout.place(x) for x in (start.x(), at.x()))
            brush = Brush(rows[0], rows[1], places[0], places[1])
            self._pointing = replace(self._pointing, brush=brush, hovered=None, chosen=None)
            self.viewport().update()

    def _choose(self, at: QPointF, brushing: bool) -> None:
        """The mouse let go of a brushed region, of a mark, or of empty ground."""
        scene = self.scene()
        if scene is None:
            return
        brush = self._pointing.brush if brushing else None
        if brush is not None:
            index = brushed(scene, brush).tolist()
        else:
            found = nearest(scene, at, 0.6 * scene.style.em)
            index = [] if found is None else [found]
            if not index and not self._marked():
                return
        self._pointing = replace(self._pointing, brush=brush)
        ids = [int(scene.view.score_set.image_ids[i]) for i in index]
        self.set_chosen(ids)
        self.selected.emit(ids)

    def _hover(self, at: QPointF) -> None:
        scene = self.scene()
        on_threshold = self._on_threshold(at)
        shape = Qt.CursorShape.SplitHCursor if on_threshold else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        found = None
        if scene is not None and not on_threshold:
            found = nearest(scene, at, 0.6 * scene.style.em)
        self._set_hovered(found)

    def _set_hovered(self, index: int | None) -> None:
        if index == self._pointing.hovered or self._view is None:
            return
        self._pointing = replace(self._pointing, hovered=index)
        self.viewport().update()
        ids = self._view.score_set.image_ids
        self.hovered.emit(None if index is None else int(ids[index]))
