"""Shares the height between the plots, which come first, and what lies below them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from inspector.gui.pages.alignment.drawer import Drawer
from inspector.gui.preferences import Preferences
from inspector.gui.theme import em

_OPEN, _CLOSED = "open", "closed"
_CHOICE, _LAYOUT = "alignment.drawer", "alignment.splitter"

# Heights in em: a plot without its rows, a row that is still easy to read, a line of the table,
# the table without its classes, large tiles, and what a drawer must have to be worth opening.
_PLOT, _ROW, _LINE, _TABLE, _IMAGES, _LEAST = 8.5, 3.2, 1.55, 6.4, 12.6, 9.6
_ROWS = 12  # classes that must be seen at once; more scroll


class Room(QObject):
    """Opens the drawer where there is room for it, until a person decides."""

    def __init__(self, plots: QWidget, drawer: Drawer, preferences: Preferences) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        super().__init__(self.splitter)
        self._drawer, self._preferences = drawer, preferences
        self._rows = 1
        self._is_moved = False
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(em(self.splitter, 0.5))
        self.splitter.addWidget(plots)
        self.splitter.addWidget(drawer)
        self.splitter.setStretchFactor(0, 1)
        state = preferences.bytes(_LAYOUT)
        if not state.isEmpty():
            self._is_moved = self.splitter.restoreState(state)
        self.splitter.splitterMoved.connect(self._keep)
        drawer.toggled.connect(self._toggle)

    def set_classes(self, count: int) -> None:
        """Other classes are shown, as many as this."""
        self._rows = min(count, _ROWS)
        self.fit()

    def fit(self) -> None:
        """The height or what is shown has changed."""
        spare = self._height() - self._pixels(_PLOT + self._rows * _ROW)
        wanted = self._preferences.text(_CHOICE)
        if self._drawer.has_images:
            self._open(min(max(spare, self._pixels(_LEAST)), self._pixels(_IMAGES)))
        elif wanted == _OPEN or (not wanted and spare >= self._pixels(_LEAST)):
            table = self._pixels(_TABLE + self._rows * _LINE)
            self._open(min(max(spare, self._pixels(_LEAST)), table))
        else:
            self._close()

    def _close(self) -> None:
        self._drawer.set_open(False)
        height = self._drawer.maximumHeight()
        self.splitter.setSizes([self._height() - height, height])

    def _open(self, height: int) -> None:
        was_open = self._drawer.is_open
        self._drawer.set_open(True)
        if self._is_moved and was_open and self._drawer.height() >= self._pixels(_LEAST):
            return
        height = min(height, self._height() // 2)
        self.splitter.setSizes([self._height() - height, height])

    def _toggle(self) -> None:
        is_open = self._drawer.is_open
        self._preferences.set_text(_CHOICE, _CLOSED if is_open else _OPEN)
        if is_open:
            self._close()
        else:
            self.fit()

    def _keep(self) -> None:
        self._is_moved = True
        self._preferences.set_bytes(_LAYOUT, self.splitter.saveState())

    def _height(self) -> int:
        return self.splitter.height() - self.splitter.handleWidth()

    def _pixels(self, lines: float) -> int:
        return em(self.splitter, lines)
