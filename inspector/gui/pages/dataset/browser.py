"""The images themselves: grid or table over one model with one choice, or why there are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from inspector.gui.pages.dataset.image_grid import ImageGrid
from inspector.gui.pages.dataset.image_list import ImageListModel
from inspector.gui.pages.dataset.image_table import ImageTable
from inspector.gui.pages.dataset.query import Query, Rows
from inspector.gui.pages.dataset.tile_painter import Pictures
from inspector.gui.session import Session
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import EmptyState
from inspector.project.records import StoredImage

GRID, LIST = "grid", "list"
_CHOICE_MS = 30
_LOADING_MS = 300
_MOST_RANGES = 5000


class ImageBrowser(QStackedWidget):
    """Shows what a query finds. Of the session it only reads.

    Args:
        session: For images, scores and verdicts.
        thumbnails: For pictures.
        add_images: What leads on where there are no images.
        show_all: What leads on where no image fits.
    """

    choice_changed = Signal()  # soon after the last of several changes
    opened = Signal()  # Enter or a double click

    def __init__(
        self,
        session: Session,
        thumbnails: Thumbnails,
        add_images: Callable[[], object],
        show_all: Callable[[], object],
    ) -> None:
        super().__init__()
        self._session = session
        self._look = GRID
        self.pictures = Pictures(thumbnails)
        self.model = ImageListModel(session, self)
        self.grid = ImageGrid(self.model, self.pictures)
        self.table = ImageTable(self.model)
        self.choice = self.grid.selectionModel()
        self.table.setSelectionModel(self.choice)
        self.blank = QWidget()
        self.empty = EmptyState(
            "dataset",
            self.tr("No images yet"),
            self.tr(
                "Open a folder of images. Its layout is recognised and shown before anything "
                "is written."
            ),
            [(self.tr("Open folder of images…"), add_images)],
        )
        self.no_match = EmptyState(
            "filter",
            self.tr("No image fits"),
            self.tr("Other words or fewer filters will find more."),
            [(self.tr("Show all"), show_all)],
        )
        self.loading = EmptyState("clock", self.tr("Reading the project…"), "")
        for view in (
            self.blank,
            self.grid,
            self.table,
            self.empty,
            self.no_match,
            self.loading,
        ):
            self.addWidget(view)
        self._choice_timer = self._single_shot(_CHOICE_MS, self.choice_changed.emit)
        self._loading_timer = self._single_shot(_LOADING_MS, self._show_view)
        self.choice.selectionChanged.connect(lambda *_: self._choice_timer.start())
        thumbnails.arrived.connect(self._show_arrived)
        for view in (self.grid, self.table):
            view.activated.connect(lambda _: self.opened.emit())

    @property
    def look(self) -> str:
        """GRID or LIST."""
        return self._look

    def set_look(self, look: str) -> None:
        """Shows the images as a grid or as a list; the current image stays in view."""
        before = self.currentWidget()
        had_focus = before is not None and before.hasFocus()
        self._look = look
        self.refresh()
        current = self.choice.currentIndex()
        view = self.view
        if current.isValid():
            view.scrollTo(current)
        if had_focus:
            view.setFocus()

    @property
    def view(self) -> ImageGrid | ImageTable:
        """The view of the present look."""
        return self.grid if self._look == GRID else self.table

    def ask(self, query: Query) -> None:
        """Shows something else; what is chosen stays so as far as it is still shown."""
        if query != self.model.query:
            self.keeping_choice(lambda: self.model.set_query(query))
            if not self.choice.hasSelection():
                self.grid.scrollToTop()
                self.table.scrollToTop()
        self.table.show_order(query.order, query.descending)
        self.refresh()

    def keeping_choice(self, change: Callable[[], object]) -> None:
        """Does something after which the same images shall be chosen."""
        ids, before = self.chosen_ids, self.model.rows
        places = [view.verticalScrollBar().value() for view in (self.grid, self.table)]
        change()
        if self.model.rows is before:
            return
        for view, place in zip((self.grid, self.table), places, strict=True):
            view.doItemsLayout()  # now, so that the scroll bar knows how far it may go
            view.verticalScrollBar().setValue(place)
        if len(ids):
            self._select(self.model.rows_of(ids))

    @property
    def chosen_rows(self) -> Rows:
        """The rows of the chosen images, ascending."""
        selection = self.choice.selection()
        parts = [selection.at(number) for number in range(selection.count())]
        rows = [np.arange(part.top(), part.bottom() + 1, dtype=np.intp) for part in parts]
        return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.intp)

    @property
    def chosen_ids(self) -> NDArray[np.int64]:
        """The ids of the chosen images, in the order in which they are shown."""
        return self.model.ids(self.chosen_rows)

    def choose(self, image_ids: NDArray[np.int64]) -> bool:
        """Chooses images and brings the first into view; whether all of them are shown."""
        rows = self.model.rows_of(image_ids)
        self._select(rows)
        if len(rows):
            first = self.model.index(int(rows[0]), 0)
            self.choice.setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.grid.scrollTo(first)
            self.table.scrollTo(first)
        return len(rows) == len(image_ids)

    def step(self, by: int) -> StoredImage | None:
        """Chooses the image that many places further; None at the end of the list."""
        row = self.choice.currentIndex().row() + by
        if not 0 <= row < len(self.model.rows):
            return None
        flags = QItemSelectionModel.SelectionFlag
        index = self.model.index(row, 0)
        self.choice.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        return self.model.tile(row).image

    def refresh(self) -> None:
        """Shows images, or why there are none; reading is mentioned only where it takes long."""
        library = self._session.library
        if library.is_loading and len(library.images) == 0:
            if self.currentWidget() is not self.loading:
                self.setCurrentWidget(self.blank)
                self._loading_timer.start()
        else:
            self._show_view()
        self._choice_timer.start()

    def _show_view(self) -> None:
        self._loading_timer.stop()
        library = self._session.library
        if len(self.model.rows):
            self.setCurrentWidget(self.view)
        elif len(library.images):
            self.setCurrentWidget(self.no_match)
        else:
            self.setCurrentWidget(self.loading if library.is_loading else self.empty)

    def _select(self, rows: Rows) -> None:
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        runs = np.split(rows, breaks) if len(rows) else []
        selection = QItemSelection()
        last = self.model.columnCount() - 1
        for run in runs[:_MOST_RANGES]:
            first, end = self.model.index(int(run[0]), 0), self.model.index(int(run[-1]), last)
            selection.select(first, end)
        self.choice.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _show_arrived(self, paths: set[object]) -> None:
        if self._look != GRID:
            return
        for row in self.grid.visible_rows():
            if self.model.tile(row).image.path in paths:
                self.grid.update(self.model.index(row, 0))

    def _single_shot(self, milliseconds: int, run: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(run)
        return timer
