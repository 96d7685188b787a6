"""The canvas that is painted on: hands mouse and keys to a tool, and shows where it would paint."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent, QPainterPath, QWheelEvent
from PySide6.QtWidgets import QWidget

from inspector.core.brushes import Point
from inspector.gui.canvas.image_view import ImageView
from inspector.gui.canvas.tools.marks import CircleItem, ShapeItem
from inspector.gui.canvas.tools.tool import Tool
from inspector.gui.theme import em

_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)


class PaintView(ImageView):
    """The left button paints, the right one or Alt inverts; the middle one or Space pans.

    The circle of the brush lies at z 6, a shape under way at z 5.
    """

    resized_by = Signal(int)  # steps by which the brush should be larger, by Ctrl and the wheel
    tool_used = Signal()  # something that a tool was given may have changed what is shown of it
    digit_pressed = Signal(int)  # 1 to 9

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.left_pans = False
        self._tool: Tool | None = None
        self._button: Qt.MouseButton | None = None
        self._diameter = 1.0
        self._shape = ShapeItem()
        self._circle = CircleItem()
        self.add_layer(self._shape, 5)
        self.add_layer(self._circle, 6)
        self._circle.hide()

    @property
    def tool(self) -> Tool | None:
        """The tool in hand."""
        return self._tool

    def set_tool(self, tool: Tool | None) -> None:
        """Takes another tool in hand; what the one before had under way is ended."""
        self.end_stroke()
        self._tool = tool
        self.set_brush(self._diameter)
        self._show_cursor()
        self._place_circle(self.viewport().mapFromGlobal(QCursor.pos()).toPointF())

    def set_brush(self, size: float) -> None:
        """The diameter of the brush, in image pixels."""
        self._diameter = size
        is_eraser = self._tool is not None and self._tool.erases
        self._circle.set_circle(size, dashed=is_eraser)

    def end_stroke(self) -> None:
        """Ends what is under way, as when another image comes."""
        self._button = None
        if self._tool is not None:
            self._tool.leave()
        self.show_shape()

    def show_shape(self) -> None:
        """Shows how far a shape is."""
        path = self._tool.outline if self._tool is not None else QPainterPath()
        self._shape.set_path(path)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._place_circle(event.position())
        tool, button = self._tool, event.button()
        if tool is None or self.place is None or button not in _BUTTONS or self._pans(button):
            super().mousePressEvent(event)
            return
        if self._button is None:
            self._button = button
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            inverted = alt or button == Qt.MouseButton.RightButton
            tool.press(self.to_image(event.position()), inverted, self._reach())
            self._after_tool()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._place_circle(event.position())
        if self._tool is not None and self.place is not None and self._grabbed is None:
            if self._button is not None or self._tool.is_busy:
                self._tool.move(self.to_image(event.position()))
            self.show_shape()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() != self._button:
            return
        self._button = None
        if self._tool is not None and self.place is not None:
            self._tool.release(self.to_image(event.position()))
            self._after_tool()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._tool is not None and not self._pans(event.button()):
            self.mousePressEvent(event)  # two quick dabs are two dabs
        else:
            super().mouseDoubleClickEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = event.angleDelta().y()
            if steps:
                self.resized_by.emit(1 if steps > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)
        self._place_circle(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self._tool is not None and not held and self._tool_key(event.key()):
            self._after_tool()
        elif not held and Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.digit_pressed.emit(event.key() - int(Qt.Key.Key_0))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._circle.hide()

    def _tool_key(self, key: int) -> bool:
        tool = self._tool
        assert tool is not None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return tool.accept()
        if key == Qt.Key.Key_Backspace:
            return tool.back()
        if key == Qt.Key.Key_Escape:
            self._button = None if tool.is_busy else self._button
            return tool.cancel()
        return False

    def _after_tool(self) -> None:
        self.show_shape()
        self.tool_used.emit()

    def _reach(self) -> float:
        """About the width of a finger's tip, in image pixels."""
        place = self.place
        return em(self, 0.5) * self.devicePixelRatioF() / place.scale if place is not None else 0.0

    def _place_circle(self, position: QPointF) -> None:
        tool = self._tool
        is_over = self.viewport().rect().contains(position.toPoint())
        shown = is_over and tool is not None and tool.has_circle and self.place is not None
        if shown:
            point: Point = self.to_image(position)
            self._circle.setPos(*point)
        self._circle.setVisible(shown)

    def _show_cursor(self) -> None:
        super()._show_cursor()
        if self._grabbed is None and not self._space_held and self._tool is not None:
            has_circle = self._tool.has_circle and self.place is not None
            shape = Qt.CursorShape.BlankCursor if has_circle else Qt.CursorShape.CrossCursor
            self.viewport().setCursor(shape)
