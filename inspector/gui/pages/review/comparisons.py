"""The nearest normal image of each image: searched in the background, kept for the session."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.core.neighbours import Neighbours, spread_out
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.library import Scores
from inspector.gui.session import Session
from inspector.project.columns import TRUTHS, ImageColumns
from inspector.project.project import Project
from inspector.project.results import DESCRIPTORS_FILE


@dataclass(frozen=True, slots=True)
class Comparison:
    """The image to compare with and the cosine of both descriptors; None where there is none."""

    image_id: int | None
    similarity: float


NOTHING = Comparison(None, 0.0)


class Comparisons(QObject):
    """Among the images known as good that the same model has scored, in whatever run.

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
            folders = _folders(project, library.scores)
            self._finder = _Finder(library.images, library.scores, folders)
        finder, image_id = self._finder, missing[0]

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
            lambda task: finder.find(image_id), done, failed=failed
        )


def _folders(project: Project, scores: Scores) -> dict[int, Path]:
    """The folders of the runs that scored images; a run that is gone has none."""
    folders = {}
    for run in np.unique(scores.run_ids[scores.run_ids >= 0]).tolist():
        with suppress(InspectorError):
            folders[run] = project.find_run(run).folder
    return folders


class _Finder:
    """Searches within fixed columns; the candidates are read once. Safe between threads."""

    def __init__(self, images: ImageColumns, scores: Scores, folders: Mapping[int, Path]) -> None:
        self._images, self._scores, self._folders = images, scores, folders
        self._lock = threading.Lock()
        self._searched: Neighbours | None = None

    def find(self, image_id: int) -> Comparison:
        """In a thread: the image's nearest neighbour."""
        (row,) = self._images.rows_of(np.array([image_id], np.int64))
        if row < 0:
            return NOTHING
        _, own = self._read(np.array([row]))
        if not len(own):
            return NOTHING
        with self._lock:
            if self._searched is None:
                self._searched = self._candidates()
        nearest = self._searched.nearest(own[0], image_id)
        return NOTHING if nearest is None else Comparison(nearest.id, nearest.similarity)

    def _candidates(self) -> Neighbours:
        images = self._images
        is_good = (images.truths == TRUTHS.index(Truth.GOOD)) & ~images.has_problem
        rows, descriptors = self._read(spread_out(np.flatnonzero(is_good & self._is_scored())))
        return Neighbours(descriptors, images.ids[rows])

    def _is_scored(self) -> NDArray[np.bool_]:
        is_there = np.isin(self._scores.run_ids, list(self._folders))
        return is_there & (self._scores.map_rows >= 0)

    def _read(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.float16]]:
        """Those of the rows that have a descriptor, and their descriptors: (M,), (M, C).

        A run whose files are gone, or are not those of its scores, has none.
        """
        found, read = [np.empty(0, np.intp)], list[NDArray[np.float16]]()
        for run in np.unique(self._scores.run_ids[rows]).tolist():
            if run not in self._folders:
                continue
            own = rows[(self._scores.run_ids[rows] == run) & (self._scores.map_rows[rows] >= 0)]
            try:
                file = self._folders[run] / DESCRIPTORS_FILE
                stored = np.load(file, mmap_mode="r", allow_pickle=False)
                read.append(np.asarray(stored[self._scores.map_rows[own]], np.float16))
            except (OSError, ValueError, IndexError):
                continue
            found.append(own)
        return np.concatenate(found), np.concatenate(read or [np.empty((0, 1), np.float16)])
