"""Finds groups of images by their looks, in the background, once for each scoring."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.core.lookgroups import find_look_groups, pooled
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.library import Scores
from inspector.gui.pages.alignment.content import FoundGroups
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.results import DESCRIPTORS_FILE

Rows = NDArray[np.int64]


class LookGroupFinder(QObject):
    """Keeps the groups that were found last; `changed` tells of new ones."""

    changed = Signal()
    failed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._kept: dict[str, FoundGroups] = {}
        self._wanted = ""

    def get(self) -> FoundGroups | None:
        """The groups of the images scored now; None while they are being found."""
        scores, project = self._session.library.scores, self._session.project
        if project is None:
            return None
        key = _key(project, scores)
        if key not in self._kept and self._wanted != key:
            self._wanted = key
            self._find(project, scores, key)
        return self._kept.get(key)

    def _find(self, project: Project, scores: Scores, key: str) -> None:
        def work(task: Task) -> tuple[Rows, int]:
            with project.reopened() as own:
                there, vectors = _vectors(own, scores)
            found = find_look_groups(vectors)
            labels = np.full(len(scores.raw), -1, np.int64)
            labels[there] = found.labels
            return labels, found.count

        def done(found: tuple[Rows, int]) -> None:
            labels, count = found
            names = tuple(self.tr("Group {0}").format(number + 1) for number in range(count))
            self._kept = {key: FoundGroups(labels, names)}
            self._wanted = ""
            self.changed.emit()

        def failed(error: InspectorError) -> None:
            self._wanted = ""
            self._session.notices.error(error)
            self.failed.emit()

        self._session.background.run(work, done, key="alignment.groups", failed=failed)


def _key(project: Project, scores: Scores) -> str:
    places = hashlib.sha256(scores.run_ids.tobytes() + scores.map_rows.tobytes())
    return f"{project.folder}\n{places.hexdigest()}"


def _vectors(project: Project, scores: Scores) -> tuple[Rows, NDArray[np.float32]]:
    """Rows of the library that have a descriptor, and those: (M,), (M, D).

    Raises:
        InspectorError: The descriptors of a run are gone or damaged.
    """
    rows, vectors = [], []
    for run_id in np.unique(scores.run_ids[scores.run_ids >= 0]).tolist():
        file = project.find_run(run_id).folder / DESCRIPTORS_FILE
        chosen = np.flatnonzero((scores.run_ids == run_id) & (scores.map_rows >= 0))
        try:
            stored = np.load(file, mmap_mode="r", allow_pickle=False)
            vectors.append(pooled(stored[scores.map_rows[chosen]]))
        except (OSError, ValueError, IndexError) as error:
            raise InspectorError(
                f"The descriptors in '{file}' cannot be read ({error}).", "Score all images again."
            ) from error
        rows.append(chosen.astype(np.int64))
    if not rows:
        return np.empty(0, np.int64), np.zeros((0, 0), np.float32)
    return np.concatenate(rows), np.concatenate(vectors)
