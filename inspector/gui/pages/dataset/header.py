"""The two lines above the images: search, order and looks; filters and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider, QVBoxLayout

from inspector.gui.actions import ActionRegistry
from inspector.gui.icons import icon
from inspector.gui.pages.dataset.browser import GRID, LIST
from inspector.gui.pages.dataset.filter_bar import FilterBar, OrderChoice, SearchField
from inspector.gui.pages.dataset.image_grid import LARGEST_TILE, SMALLEST_TILE, USUAL_TILE
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, action_button, label, row


class DatasetHeader(QFrame):
    """Only puts widgets together; the page listens to them."""

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.search = SearchField(self.tr("Search path, class or kind of defect"))
        self.search.setMinimumWidth(em(self, 12))
        self.count = label("", "muted")
        self.order = OrderChoice()
        self.view = Segments([(GRID, ""), (LIST, "")], self.tr("Look of the list"))
        for value, name in ((GRID, self.tr("Grid (G)")), (LIST, self.tr("List (G)"))):
            made = self.view.button_of(value)
            made.setIcon(icon(value))
            made.setToolTip(name)
            made.setAccessibleName(name)
        self.tile_size = QSlider(Qt.Orientation.Horizontal)
        self.tile_size.setRange(SMALLEST_TILE, LARGEST_TILE)
        self.tile_size.setValue(USUAL_TILE)
        self.tile_size.setFixedWidth(em(self, 6))
        self.tile_size.setToolTip(self.tr("Size of the pictures"))
        self.tile_size.setAccessibleName(self.tr("Size of the pictures"))
        self.filters = FilterBar()
        self.score = action_button(actions.action("dataset.score"), text=True)
        self.details = action_button(actions.action("dataset.inspector"))
        gap = em(self, 0.5)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        first = QHBoxLayout()
        first.setSpacing(gap)
        first.addWidget(self.search, 1)
        for widget in (self.count, self.order, self.tile_size, self.view, self.details):
            first.addWidget(widget)
        layout.addLayout(first)
        layout.addWidget(row(self.filters, None, self.score))
