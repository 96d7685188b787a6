"""What the page needs to know of an image; unlike a verdict, painting needs no model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inspector.errors import InspectorError
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.session import Session


class Pictures(Material):
    """As for Review; 16-bit images are shown in their class's window without a model, too."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ReviewWords())

    def refresh(self) -> None:
        super().refresh()
        project = self._session.project
        if project is not None:
            try:
                self._windows = project.class_windows()
            except InspectorError as error:
                self._session.notices.error(error)

    def show_map(self, image_id: int, folder: Path) -> None:
        """Shows the map in a folder's `maps.npy`, row 0, until the scores are read anew."""
        wanted = self.wanted(image_id)
        if wanted is not None:
            self._wanted[image_id] = replace(wanted, run_folder=folder, map_row=0)
