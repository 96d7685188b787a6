"""The nearest normal image of each image: searched in the background, kept for the session."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from inspector.core.neighbours import Neighbours
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.library import Scores
from inspector.gui.session import Session
from inspector.project.columns import ImageColumns
from inspector.project.results import DESCRIPTORS_FILE


@dataclass(frozen=True, slots=True)
class Comparison:
    """The image to compare with and the cosine of both descriptors; None where there is none."""

    image_id: int | None
    similarity: float


NOTHING = Comparison(None, 0.0)


class Comparisons(QObject):
    """Among the normal training images that were scored in the same run.

    One image is searched for at a time, the most urgent first: what was found is kept, and what is
    not wanted any more is not begun.
    """

    found = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known: dict[int, Comparison] = {}
        self._finder: _Finder | None = None
        self._wanted: list[int] = []
        self._task: Task | None = None

    def clear(self) -> None:
        """Forgets everything: other scores."""
        self._known, self._finder, self._wanted = {}, None, []

    def get(self, image_id: int) -> Comparison | None:
        """What to compare with; None while that is not known."""
        return self._known.get(image_id)

    def ask(self, image_ids: Sequence[int]) -> None:
        """Searches for these and for no others any more; `found` tells when one is known."""
        self._wanted = list(image_ids)
        self._search_next()

    def _search_next(self) -> None:
        project = self._session.project
        missing = [image_id for image_id in self._wanted if image_id not in self._known]
        is_busy = self._task is not None and not self._task.is_cancelled
        if is_busy or not missing or project is None:
            return
        if self._finder is None:
            library = self._session.library
            self._finder = _Finder(library.images, library.scores)
        finder, image_id = self._finder, missing[0]
        run = finder.run_of(image_id)
        try:
            folder = project.find_run(run).folder if run >= 0 else None
        except InspectorError:  # no such run any more: there is nothing to compare with
            folder = None

        def done(found: Comparison) -> None:
            self._task = None
            if finder is self._finder:
                self._known[image_id] = found
                self.found.emit()
            self._search_next()

        def failed(error: InspectorError) -> None:
            self._task = None
            self._session.notices.error(error)

        self._task = self._session.background.run(
            lambda task: finder.find(image_id, folder), done, failed=failed
        )


class _Finder:
    """Searches within fixed columns; its arrays are read once a run. Safe between threads."""

    def __init__(self, images: ImageColumns, scores: Scores) -> None:
        self._images, self._scores = images, scores
        self._lock = threading.Lock()
        self._searched: dict[int, Neighbours | None] = {}

    def run_of(self, image_id: int) -> int:
        """The run that scored an image; −1 where none did."""
        (row,) = self._images.rows_of(np.array([image_id], np.int64))
        return int(self._scores.run_ids[row]) if row >= 0 else -1

    def find(self, image_id: int, folder: Path | None) -> Comparison:
        """In a thread: the image's nearest neighbour within the run in this folder."""
        (row,) = self._images.rows_of(np.array([image_id], np.int64))
        if row < 0:
            return NOTHING
        run, place = int(self._scores.run_ids[row]), int(self._scores.map_rows[row])
        with self._lock:
            if run not in self._searched:
                self._searched[run] = self._made(run, folder)
            searched = self._searched[run]
        nearest = searched.nearest(place) if searched is not None and place >= 0 else None
        if nearest is None:
            return NOTHING
        same = (self._scores.run_ids == run) & (self._scores.map_rows == nearest.row)
        return Comparison(int(self._images.ids[np.flatnonzero(same)[0]]), nearest.similarity)

    def _made(self, run: int, folder: Path | None) -> Neighbours | None:
        """None where the run's files are gone, or are not those of its scores."""
        if folder is None:
            return None
        try:
            descriptors = np.load(folder / DESCRIPTORS_FILE, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            return None
        rows = self._scores.map_rows
        wanted = (self._scores.run_ids == run) & self._images.is_training & (rows >= 0)
        if wanted.any() and int(rows[self._scores.run_ids == run].max()) >= len(descriptors):
            return None
        return Neighbours(descriptors, rows[wanted])
