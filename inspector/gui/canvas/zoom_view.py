"""A view that is zoomed and panned by wheel, mouse and keys, and can be linked to others."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from inspector.core.viewport import FITTED, Point, RelativeView, Viewport
from inspector.gui.theme import em, theme_of

WHEEL_STEP = 1.25
KEY_STEP = 1.5
_RING = 2


class ZoomView(QGraphicsView):
    """Holds layers in image pixels. Wheel, `+` and `-` zoom, `0` fits, `1` is 1:1, dragging pans.

    Scene coordinates are logical pixels of the view; the layers are children of one item that
    carries the `Viewport`, so that they live in image pixels. Keys that have no meaning here, such
    as the arrows when everything is in view, go on to the parent; a page's shortcuts come first.

    Attributes:
        keep_view: Whether the next image is shown at the same place and zoom. An image of another
            size fits instead, unless this view is linked: then it takes the other's view.
        left_pans: Whether dragging with the left button pans; the middle button, and the left one
            with Space held, always do.
    """

    viewport_changed = Signal(object)
    """The new `Viewport`, whatever changed it."""
    navigated = Signal(object)
    """The `RelativeView` after zooming or panning, or after another image made the view fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keep_view = False
        self.left_pans = True
        self._place: Viewport | None = None
        self._last: Viewport | None = None  # outlives a moment without an image
        self._relative = FITTED
        self._links: set[ZoomView] = set()
        self._grabbed: QPointF | None = None
        self._space_held = False
        self._root = _Root()
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        scene.addItem(self._root)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportMargins(_RING, _RING, _RING, _RING)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(off)
        self.setVerticalScrollBarPolicy(off)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setInteractive(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)

    def add_layer(self, item: QGraphicsItem, z: float) -> None:
        """Adds an own item in image pixels; a greater `z` lies above."""
        item.setZValue(z)
        item.setParentItem(self._root)

    @property
    def place(self) -> Viewport | None:
        """Where the image lies; None without an image."""
        return self._place

    def fit(self) -> None:
        """Shows the whole image."""
        if self._place is not None:
            self._go_to(self._place.fitted())

    def zoom_to(self, scale: float) -> None:
        """Shows the image at a scale, 1.0 being 1:1, about the middle."""
        if self._place is not None:
            self._go_to(self._place.at_scale(scale))

    def zoom_in(self) -> None:
        """A step closer, about the middle."""
        self._zoom(KEY_STEP)

    def zoom_out(self) -> None:
        """A step away, about the middle."""
        self._zoom(1 / KEY_STEP)

    def link_to(self, other: ZoomView) -> None:
        """From now on both views zoom and pan together; this one takes the other's view."""
        if other is self or other in self._links:
            return
        for one, two in ((self, other), (other, self)):
            one.navigated.connect(two._follow)
            one._links.add(two)
        self._follow(other._relative)

    def unlink(self, other: ZoomView) -> None:
        """Both views go their own ways again."""
        if other not in self._links:
            return
        for one, two in ((self, other), (other, self)):
            one.navigated.disconnect(two._follow)
            one._links.discard(two)

    def to_image(self, position: QPointF) -> Point:
        """The image point under a position of the viewport widget.

        Raises:
            ValueError: There is no image.
        """
        if self._place is None:
            raise ValueError("there is no image to point at")
        return self._place.to_image(self._in_pixels(position))

    def _open(self, image: tuple[int, int] | None) -> None:
        """Another image of this width and height has come; None for none."""
        if image is None:
            self._place = None
            self._grabbed = None
            self._show_cursor()
            self.viewport().update()
            return
        fitted = Viewport.fitting(image, self._size())
        last = self._last
        if self.keep_view and last is not None and last.image == image:
            self._show_at(last.resized(self._size()))
        elif self.keep_view and self._links:
            self._show_at(fitted.from_relative(self._relative))
        else:
            self._go_to(fitted)

    def _zoom(self, factor: float, about: Point | None = None) -> None:
        if self._place is not None:
            width, height = self._place.view
            self._go_to(self._place.zoomed_about(about or (width / 2, height / 2), factor))

    def _go_to(self, place: Viewport) -> None:
        """Shows the image elsewhere, and linked views with it."""
        self._show_at(place)
        self.navigated.emit(self._relative)

    def _follow(self, relative: RelativeView) -> None:
        """A linked view went there; it is not told again, so nothing goes round in circles."""
        self._relative = relative
        if self._place is not None:
            self._show_at(self._place.from_relative(relative))

    def _show_at(self, place: Viewport) -> None:
        changed = place != self._place
        self._place = self._last = place
        self._relative = place.relative()
        # Whole pixels of the screen: at 1:1 nothing is blurred by half a pixel.
        ratio = self.devicePixelRatioF()
        x, y = (round(at) / ratio for at in place.offset)
        scale = place.scale / ratio
        self._root.setTransform(QTransform(scale, 0, 0, scale, x, y))
        self.viewport().update()
        if changed:
            self.viewport_changed.emit(place)

    def _fill(self) -> None:
        """The view has another size, in logical or in device pixels."""
        self.setSceneRect(QRectF(self.viewport().rect()))
        if self._place is not None:
            self._show_at(self._place.resized(self._size()))

    def _size(self) -> Point:
        ratio = self.devicePixelRatioF()
        return (self.viewport().width() * ratio, self.viewport().height() * ratio)

    def _in_pixels(self, position: QPointF) -> Point:
        ratio = self.devicePixelRatioF()
        return (position.x() * ratio, position.y() * ratio)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint:
            theme = theme_of()
            painter = QPainter(self)
            colour = theme.accent if self.hasFocus() else theme.canvas
            painter.fillRect(self.rect(), QColor(colour))
            painter.end()
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fill()
        return handled

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(self.viewport().rect(), QColor(theme_of().canvas))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if self._place is None or not steps:
            event.ignore()
            return
        self._zoom(WHEEL_STEP**steps, self._in_pixels(event.position()))
        self._point_at(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._place is not None and self._pans(event.button()):
            self._grabbed = event.position()
            self._show_cursor()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None and self._place is not None:
            ratio = self.devicePixelRatioF()
            moved = (event.position() - self._grabbed) * ratio
            self._grabbed = event.position()
            self._go_to(self._place.panned(moved.x(), moved.y()))
        self._point_at(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None and not event.buttons() & (
            Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton
        ):
            self._grabbed = None
            self._show_cursor()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._place is None or not self._pans(event.button()):
            return
        if self._place.is_fitted:
            self._zoom(1 / self._place.scale, self._in_pixels(event.position()))
        else:
            self.fit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modified = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if self._place is None or modified or not self._key(event.key()):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self._show_cursor()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space_held = False
        self._show_cursor()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _point_at(self, position: QPointF | None) -> None:
        """The pointer is at a position of the viewport widget, or has left it (None)."""

    def _key(self, key: int) -> bool:
        """Does what a key means here; False where it means nothing."""
        arrows = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        if key in arrows and self._place is not None and self._place.is_zoomed:
            step = em(self, 3) * self.devicePixelRatioF()
            across, down = arrows[Qt.Key(key)]
            self._go_to(self._place.panned(across * step, down * step))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_1:
            self.zoom_to(1.0)
        elif key == Qt.Key.Key_Space:
            self._space_held = True
            self._show_cursor()
        else:
            return False
        return True

    def _pans(self, button: Qt.MouseButton) -> bool:
        if button == Qt.MouseButton.LeftButton:
            return self.left_pans or self._space_held
        return button == Qt.MouseButton.MiddleButton

    def _show_cursor(self) -> None:
        if self._grabbed is not None:
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space_held:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()


class _Root(QGraphicsItem):
    """Carries the viewport's transform for all layers; paints nothing itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)

    def boundingRect(self) -> QRectF:
        return QRectF()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Nothing."""
