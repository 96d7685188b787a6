"""The nearest normal image of each image: searched in the background, kept for the session."""

from __future__ import annotations

import math
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
from inspector.gui.library import VERDICTS, Scores
from inspector.gui.session import Session
from inspector.project.columns import TRUTHS, ImageColumns
from inspector.project.project import Project
from inspector.project.results import DESCRIPTORS_FILE
from inspector.project.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """The image to compare with and the cosine of both descriptors.

    Attributes:
        image_id: None where there is none.
        similarity: In [−1, 1]; NaN where there is none.
        is_scored: Whether the image that is compared has a descriptor at all.
    """

    image_id: int | None = None
    similarity: float = math.nan
    is_scored: bool = True


NOTHING, NOT_SCORED = Comparison(), Comparison(is_scored=False)


class Comparisons(QObject):
    """Among the images known as good that the same model has scored, in whatever run: labelled so,
    not judged NG, and nothing painted on them.

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
        session.library.verdicts_changed.connect(self._on_verdicts)

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

    def _is_good(self) -> NDArray[np.bool_]:
        """(N,) the images to compare with, by all that is known of them."""
        library, project = self._session.library, self._session.project
        images = library.images
        good: NDArray[np.bool_] = (images.truths == TRUTHS.index(Truth.GOOD)) & ~images.has_problem
        good &= library.verdict_codes != VERDICTS.index(Verdict.NG)
        if project is not None:
            with suppress(InspectorError):  # it is told where they are painted on
                painted = np.array(sorted(project.annotated_image_ids()), np.int64)
                good &= ~np.isin(images.ids, painted)
        return good

    def _on_verdicts(self, image_ids: list[int] | None) -> None:
        """Where an image was compared with that is judged NG now, all is searched anew."""
        if self._finder is None or image_ids is None:
            return
        library = self._session.library
        judged = library.images.rows_of(np.array(image_ids, np.int64))
        rows = judged[judged >= 0]
        is_ng = library.verdict_codes[rows] == VERDICTS.index(Verdict.NG)
        if (is_ng & self._finder.is_good[rows]).any():
            self.clear()
            self.found.emit()

    def _search_next(self) -> None:
        project = self._session.project
        missing = [image_id for image_id in self._wanted if image_id not in self._known]
        is_busy = self._task is not None and not self._task.is_cancelled
        if is_busy or not missing or project is None:
            return
        if self._finder is None:
            library = self._session.library
            folders = _folders(project, library.scores)
            self._finder = _Finder(library.images, library.scores, folders, self._is_good())
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

    def __init__(
        self,
        images: ImageColumns,
        scores: Scores,
        folders: Mapping[int, Path],
        is_good: NDArray[np.bool_],
    ) -> None:
        self._images, self._scores, self._folders = images, scores, folders
        self.is_good = is_good
        self._lock = threading.Lock()
        self._searched: Neighbours | None = None

    def find(self, image_id: int) -> Comparison:
        """In a thread: the image's nearest neighbour."""
        (row,) = self._images.rows_of(np.array([image_id], np.int64))
        if row < 0:
            return NOT_SCORED
        _, own = self._read(np.array([row]))
        if not len(own):
            return NOT_SCORED
        with self._lock:
            if self._searched is None:
                self._searched = self._candidates()
        nearest = self._searched.nearest(own[0], image_id)
        return NOTHING if nearest is None else Comparison(nearest.id, nearest.similarity)

    def _candidates(self) -> Neighbours:
        usable = spread_out(np.flatnonzero(self.is_good & self._is_scored()))
        rows, descriptors = self._read(usable)
        return Neighbours(descriptors, self._images.ids[rows])

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
