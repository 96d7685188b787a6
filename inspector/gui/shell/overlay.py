"""A panel that lies over the window: the rest is dimmed, Esc or a click beside it closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from inspector.gui.theme import em, theme_of


class Overlay(QWidget):
    """Base of the overlays; fill `body`, then `open()`.

    While it is open the window's shortcuts rest: what is typed belongs to the overlay.

    Args:
        window: What it lies over.
        width, height: Of the panel at most, in em.
        top: Room above the panel, as a share of the window's height that is left.
        dims: Whether the rest of the window is dimmed.
    """

    def __init__(
        self,
        window: QWidget,
        width: float,
        height: float = 0,
        *,
        top: float = 0.5,
        dims: bool = True,
    ) -> None:
        super().__init__(window)
        self._width, self._height, self._top, self._dims = width, height, top, dims
        self._focus_before: QWidget | None = None
        self.panel = QFrame(self)
        self.panel.setProperty("role", "overlay")
        self.body = QVBoxLayout(self.panel)
        self.hide()
        window.installEventFilter(self)

    def open(self, focus: QWidget) -> None:
        """Shows it with the keyboard on `focus`, which must be within it."""
        self._focus_before = QApplication.focusWidget()
        self.place()
        self.show()
        self.place()  # shown, its parts know their sizes
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Closes it and gives the keyboard back."""
        self.hide()
        window = self.parentWidget()
        if window is not None:
            window.removeEventFilter(self)
        before = self._focus_before
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round within the panel."""
        inside = [
            widget
            for widget in self.panel.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.isVisible()
            and widget.isEnabled()
        ]
        now = QApplication.focusWidget()
        if not inside or now not in inside:
            return True
        place = inside.index(now) + (1 if forward else -1)
        inside[place % len(inside)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._dims:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 140 if theme_of().is_dark else 90))
        painter.end()

    def place(self) -> None:
        """Over the whole window, the panel in its middle."""
        window = self.parentWidget()
        assert window is not None
        self.setGeometry(window.rect())
        margin = em(self, 2)
        width = min(em(self, self._width), self.width() - 2 * margin)
        height = min(em(self, self._height), self.height() - 2 * margin)
        left = (self.width() - width) // 2
        top = margin + round((self.height() - 2 * margin - height) * self._top)
        self.panel.setGeometry(QRect(left, top, width, height))
