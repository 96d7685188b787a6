"""Notices in the corner of the window: they come, say what happened, and most of them go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from inspector.gui.notify import Level, Notice, Notices
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, icon_button, label

SHOWN_AT_MOST = 4
_SECONDS = 6.0
_WIDTH = 24.0  # em

LOOKS: dict[Level, tuple[str, str]] = {
    Level.INFO: ("info", "accent"),
    Level.SUCCESS: ("check", "ok"),
    Level.WARNING: ("warning", "unsure"),
    Level.ERROR: ("error", "ng"),
}
"""Icon and theme colour of each level."""


class Toast(QFrame):
    """One notice. One that only informs goes by itself, but not while it is looked at."""

    gone = Signal()

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.notice = notice
        self.setProperty("role", "toast")
        self.setProperty("level", notice.level.value)
        self.setAccessibleName(f"{notice.text} {notice.hint}".strip())
        icon_name, colour = LOOKS[notice.level]
        close = icon_button("close", self.tr("Dismiss"))
        close.setIconSize(QSize(em(self, 0.8), em(self, 0.8)))
        close.setFixedSize(em(self, 1.4), em(self, 1.3))
        close.clicked.connect(self.gone)
        grid = QGridLayout(self)
        gap = em(self, 0.6)
        grid.setContentsMargins(gap, gap, em(self, 0.35), gap)
        grid.setHorizontalSpacing(em(self, 0.5))
        grid.setVerticalSpacing(em(self, 0.2))
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(IconLabel(icon_name, colour, 1.2), 0, 0, top)
        grid.addWidget(label(notice.text, "strong", wrap=True, selectable=True), 0, 1)
        grid.addWidget(close, 0, 2, top)
        if notice.hint:
            grid.addWidget(label(notice.hint, "muted", wrap=True, selectable=True), 1, 1)
        if notice.actions:
            grid.addLayout(self._buttons(), 2, 1)
        grid.setColumnStretch(1, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(_SECONDS * 1000))
        self._timer.timeout.connect(self._time_is_up)
        if self.goes_by_itself:
            self._timer.start()

    @property
    def goes_by_itself(self) -> bool:
        """Whether it vanishes after some seconds."""
        return self.notice.level in (Level.INFO, Level.SUCCESS)

    @property
    def is_timing(self) -> bool:
        """Whether the seconds run now."""
        return self._timer.isActive()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if self.goes_by_itself:
            self._timer.start()

    def _time_is_up(self) -> None:
        focus = self.window().focusWidget()
        if focus is not None and self.isAncestorOf(focus) and self.isActiveWindow():
            self._timer.start()  # somebody is on one of its buttons
        else:
            self.gone.emit()

    def _buttons(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setContentsMargins(0, em(self, 0.3), 0, 0)
        for action in self.notice.actions:
            made = button(action.text)
            made.clicked.connect(self.gone)
            made.clicked.connect(lambda checked=False, run=action.run: run())
            layout.addWidget(made)
        layout.addStretch(1)
        return layout


class Toasts(QObject):
    """Stacks the newest notices above the status line, the newest lowest.

    Args:
        window: The main window; it calls `place` when its size changes.
        notices: Whose notices are shown.
    """

    def __init__(self, window: QMainWindow, notices: Notices) -> None:
        super().__init__(window)
        self._window = window
        self.shown: list[Toast] = []
        self._stack = QWidget(window)
        self._layout = QVBoxLayout(self._stack)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(em(self._stack, 0.4))
        self._stack.hide()
        notices.posted.connect(self._show)
        notices.outlived.connect(self._on_outlived)

    def place(self) -> None:
        """Into the corner, as large as its notices need."""
        if not self.shown:
            self._stack.hide()
            return
        margin = em(self._window, 0.75)
        width = min(em(self._window, _WIDTH), self._window.width() - 2 * margin)
        self._stack.setFixedWidth(width)
        height = self._layout.heightForWidth(width)
        status = self._window.statusBar()
        below = status.height() if status.isVisible() else 0
        bottom = self._window.height() - below - margin
        self._stack.setGeometry(
            self._window.width() - width - margin, bottom - height, width, height
        )
        self._stack.show()
        self._stack.raise_()

    def _show(self, notice: Notice) -> None:
        for toast in self.shown[:]:
            said = toast.notice
            if (said.level, said.text, said.hint) == (notice.level, notice.text, notice.hint):
                self._remove(toast)
        if len(self.shown) == SHOWN_AT_MOST:
            passing = [toast for toast in self.shown if toast.goes_by_itself]
            self._remove((passing or self.shown)[0])
        toast = Toast(notice)
        toast.gone.connect(lambda: self._remove(toast))
        self.shown.append(toast)
        self._layout.addWidget(toast)
        toast.show()
        self.place()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))

    def _on_outlived(self, old: tuple[Notice, ...]) -> None:
        for toast in [toast for toast in self.shown if toast.notice in old]:
            self._remove(toast)

    def _remove(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            self._layout.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self.place()
