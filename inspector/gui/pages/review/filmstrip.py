"""The queue as a strip of small pictures with their verdicts; a click goes there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.icons import paint_icon
from inspector.gui.pages.review.words import Mark
from inspector.gui.theme import em, theme_of

Picture = Callable[[int, int], QPixmap | None]
"""Place in the queue and longer side in device pixels -> the picture, once it is there."""

_MOST_TILES = 300


class Filmstrip(QWidget):
    """Paints only what is in view, however long the queue is."""

    chosen = Signal(int)  # place in the queue

    def __init__(self, picture: Picture, mark: Callable[[int], Mark | None]) -> None:
        super().__init__()
        self._picture, self._mark = picture, mark
        self._count, self._current, self._offset = 0, 0, 0.0
        self._tiles: dict[tuple[object, ...], QPixmap] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Queue"))
        self.setToolTip(self.tr("The queue. Click goes to an image, the wheel scrolls."))

    def show_queue(self, total: int, current: int) -> None:
        """Another queue, or another place in it, which is brought into view."""
        self._count, self._current = total, current
        left, right = current - 1.5, current + 2.5
        seen = self.width() / self._tile()
        if right > self._offset + seen or left < self._offset:
            self._offset = current - seen / 3
        self._bound()
        self.setAccessibleDescription(
            self.tr("Image {number} of {total}").format(number=current + 1, total=total)
        )
        self.update()

    def place_at(self, x: float) -> int:
        """The place in the queue at a position; −1 where there is none."""
        place = int(x / self._tile() + self._offset)
        return place if 0 <= place < self._count else -1

    def centre_of(self, place: int) -> QPointF:
        """Where a place of the queue lies on the widget."""
        return QPointF((place - self._offset + 0.5) * self._tile(), self.height() / 2)

    def sizeHint(self) -> QSize:
        return QSize(em(self, 20), em(self, 5.0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.updateGeometry()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().x())
        if place >= 0:
            self.chosen.emit(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        self._offset -= (turned.y() or turned.x()) / 60
        self._bound()
        self.update()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        tile = self._tile()
        first = max(int(self._offset), 0)
        last = min(int(self._offset + self.width() / tile) + 1, self._count)
        # What is asked for last is made first: the middle of the view matters more than its end.
        for place in reversed(range(first, last)):
            box = QRectF((place - self._offset) * tile, 0, tile, self.height())
            self._paint_tile(painter, place, box)
        self._paint_bar(painter)
        painter.end()

    def _paint_tile(self, painter: QPainter, place: int, box: QRectF) -> None:
        """Tiles stay as they are while one goes through the queue: they are painted once."""
        theme, ratio = theme_of(), self.devicePixelRatioF()
        picture, mark = self._picture(place, round(self.height() * ratio)), self._mark(place)
        is_current = place == self._current
        word = mark.word if mark is not None else ""
        seen = picture.cacheKey() if picture is not None else 0
        key = (seen, word, is_current, self.height(), theme.name, ratio)
        tile = self._tiles.get(key)
        if tile is None:
            tile = QPixmap(round(box.width() * ratio), round(box.height() * ratio))
            tile.setDevicePixelRatio(ratio)
            tile.fill(Qt.GlobalColor.transparent)
            own = QPainter(tile)
            own.setRenderHint(QPainter.RenderHint.Antialiasing)
            own.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            self._paint_new(own, QRectF(0, 0, box.width(), box.height()), picture, mark)
            self._paint_frame(own, is_current)
            own.end()
            if len(self._tiles) >= _MOST_TILES:
                self._tiles.clear()
            self._tiles[key] = tile
        painter.drawPixmap(box.topLeft(), tile)

    def _frame(self, box: QRectF) -> QRectF:
        gap = em(self, 0.2)
        return box.adjusted(gap, gap, -gap, -gap - em(self, 0.3))

    def _paint_new(
        self, painter: QPainter, box: QRectF, picture: QPixmap | None, mark: Mark | None
    ) -> None:
        theme, frame = theme_of(), self._frame(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.canvas))
        painter.drawRoundedRect(frame, 4, 4)
        if picture is not None:
            room = frame.adjusted(2, 2, -2, -2).size().toSize()
            size = picture.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            painter.drawPixmap(target, picture, QRectF(picture.rect()))
        if mark is not None:
            side = em(self, 1.15)
            plate = QRectF(frame.right() - side - 3, frame.bottom() - side - 3, side, side)
            colour = getattr(theme, mark.colour)
            painter.setBrush(QColor(theme.surface))
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawRoundedRect(plate, 4, 4)
            inset = side * 0.16
            paint_icon(painter, mark.icon, plate.adjusted(inset, inset, -inset, -inset), colour)

    def _paint_frame(self, painter: QPainter, is_current: bool) -> None:
        theme = theme_of()
        frame = self._frame(QRectF(0, 0, self._tile(), self.height()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if is_current else theme.border), 1 + is_current))
        painter.drawRoundedRect(frame, 4, 4)

    def _paint_bar(self, painter: QPainter) -> None:
        """How much of the queue is in view."""
        seen = self.width() / self._tile()
        if self._count <= seen:
            return
        theme = theme_of()
        height = em(self, 0.16)
        top = self.height() - height
        painter.fillRect(QRectF(0, top, self.width(), height), QColor(theme.raised))
        width = max(self.width() * seen / self._count, em(self, 1.5))
        left = (self.width() - width) * self._offset / max(self._count - seen, 1e-9)
        painter.fillRect(QRectF(left, top, width, height), QColor(theme.muted))

    def _tile(self) -> float:
        return float(em(self, 4.6))

    def _bound(self) -> None:
        most = max(self._count - self.width() / self._tile(), 0.0)
        self._offset = min(max(self._offset, 0.0), most)
