"""From marks in the plots to their images, and back."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from inspector.core.windows import IntensityWindow
from inspector.gui.background import Task
from inspector.gui.pages.alignment.chosen_images import chosen_images
from inspector.gui.pages.alignment.comparison import Comparison
from inspector.gui.pages.alignment.drawer import Drawer
from inspector.gui.pages.alignment.heat_tiles import make_heat_tiles
from inspector.gui.pages.alignment.plots_view import PlotsView
from inspector.gui.pages.alignment.room import Room
from inspector.gui.session import Session


class Choosing(QObject):
    """Shows in the drawer which images were chosen in the plots."""

    def __init__(self, session: Session, plots: PlotsView, drawer: Drawer, room: Room) -> None:
        super().__init__(drawer)
        self._session, self._plots, self._drawer, self._room = session, plots, drawer, room
        self._comparison: Comparison | None = None
        plots.selected.connect(self.show)
        drawer.cleared.connect(self.clear)
        drawer.table.opened.connect(self._choose_class)
        drawer.review_wanted.connect(lambda ids: session.show_images("review", ids))

    def set_comparison(self, comparison: Comparison | None) -> None:
        """Other scores are shown; nothing of them is chosen."""
        self._comparison = comparison
        self.clear()

    def choose(self, image_ids: list[int]) -> None:
        """Marks images in the plots and shows them."""
        self._plots.set_chosen(image_ids)
        self.show(image_ids)

    def clear(self) -> None:
        """Nothing is chosen any more."""
        self._plots.clear_choice()
        self.show([])

    def show(self, image_ids: list[int]) -> None:
        """Shows the images that were chosen in the plots."""
        comparison, columns = self._comparison, self._session.library.images
        if comparison is None:
            image_ids = []
        rows = columns.rows_of(np.array(image_ids, np.int64)).tolist()
        stored = {
            image_id: columns.images[row]
            for image_id, row in zip(image_ids, rows, strict=True)
            if row >= 0
        }
        shown = chosen_images(comparison.score_set, stored) if comparison is not None else []
        self._drawer.set_images(list(stored), shown)
        self._room.fit()
        if shown and comparison is not None:
            self._load_windows()
            tiles = self._drawer.images
            make_heat_tiles(self._session, comparison.variant, tiles.image_ids(), tiles.set_heat)

    def _choose_class(self, class_index: int | None) -> None:
        assert self._comparison is not None
        score_set = self._comparison.score_set
        of_class = slice(None) if class_index is None else score_set.class_index == class_index
        self.choose(score_set.image_ids[of_class].tolist())

    def _load_windows(self) -> None:
        """How 16-bit images are shown."""
        project = self._session.project
        if project is None or not self._session.library.images.is_deep.any():
            return

        def work(task: Task) -> dict[str, IntensityWindow]:
            with project.reopened() as own:
                return own.class_windows()

        def done(windows: dict[str, IntensityWindow]) -> None:
            self._drawer.images.windows = windows
            self._drawer.images.viewport().update()

        self._session.background.run(work, done, key="alignment.windows")
