"""One entry of the banks: its picture, and beside a painted one the normal one nearest to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.theme import em, theme_of
from inspector.gui.widgets.basics import label

_SIDE = 6.5

Place = tuple[int, int, int]
"""Image id, row and column; row −1 means the whole image."""
Picture = Callable[[Place, int], QPixmap | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the card says.

    Attributes:
        title: What the entry is.
        lines: More about it.
        pictures: (caption, place) of one or two.
    """

    title: str
    lines: tuple[str, ...]
    pictures: tuple[tuple[str, Place], ...]


class PatchCard(QWidget):
    """Follows what is chosen."""

    def __init__(self, picture: Picture, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self.shown: Shown | None = None
        self.frames = [PictureFrame(picture), PictureFrame(picture)]
        self.title = label("", "headline", wrap=True)
        self.text = label("", "muted", wrap=True, selectable=True)
        texts = QVBoxLayout()
        texts.setSpacing(em(self, 0.25))
        texts.addWidget(self.title)
        texts.addWidget(self.text)
        texts.addStretch(1)
        layout = QHBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        for frame in self.frames:
            layout.addWidget(frame, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.show_entry(None)

    def show_entry(self, shown: Shown | None) -> None:
        """Shows an entry; None says how to choose one."""
        self.shown = shown
        pictures = shown.pictures if shown is not None else ()
        for number, frame in enumerate(self.frames):
            frame.setVisible(number < len(pictures))
            if number < len(pictures):
                frame.show_patch(*pictures[number])
        self.title.setText(shown.title if shown is not None else self._hint)
        self.title.setProperty("role", "headline" if shown is not None else "muted")
        self.title.style().polish(self.title)
        self.text.setText("\n".join(shown.lines) if shown is not None else "")

    def refresh(self) -> None:
        """A picture may be there now."""
        for frame in self.frames:
            frame.update()


class PictureFrame(QWidget):
    """A picture with a caption below."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture
        self._caption = ""
        self._place: Place | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_patch(self, caption: str, place: Place) -> None:
        """Shows another patch."""
        self._caption, self._place = caption, place
        self.setAccessibleName(caption)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = max(em(self, _SIDE), self.fontMetrics().horizontalAdvance(self._caption) + 2)
        return QSize(width, em(self, _SIDE) + em(self, 1.3))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, side = theme_of(), em(self, _SIDE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRect((self.width() - side) // 2, 0, side, side)
        painter.fillRect(box, QColor(theme.raised))
        if self._place is not None:
            found = self._picture(self._place, round(side * self.devicePixelRatioF()))
            if found is not None:
                size = found.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
                at = QRect(0, 0, size.width(), size.height())
                at.moveCenter(box.center())
                painter.drawPixmap(at, found)
        painter.setPen(QColor(theme.muted))
        caption = QRect(0, side, self.width(), self.height() - side)
        painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, self._caption)
        painter.end()
