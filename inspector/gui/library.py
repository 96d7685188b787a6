"""What the pages show of the open project: images, scores, verdicts as columns of one length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.project.columns import ImageColumns, image_columns
from inspector.project.project import Project
from inspector.project.stored_images import StoredImages
from inspector.project.verdicts import Verdict, VerdictRow

NO_IMAGES = image_columns(StoredImages())
VERDICTS: tuple[Verdict, ...] = (Verdict.NONE, Verdict.OK, Verdict.NG, Verdict.UNSURE)


@dataclass(frozen=True, slots=True)
class Scores:
    """What one model says of the images, row by row as in `ImageColumns`; NaN or −1 where nothing.

    Attributes:
        raw: (N,) float64, raw image scores.
        aligned: variant -> (N,) float64; "none" holds the raw scores.
        u, gamma: variant -> (N,) float64, the û and γ̂ of the variant.
        run_ids: (N,) int64, the scoring run that the map lies in.
        map_rows: (N,) int64, row in that run's `maps.npy` and `descriptors.npy`.
    """

    raw: NDArray[np.float64]
    aligned: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    u: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    gamma: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    run_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    map_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def n_scored(self) -> int:
        """Number of images with a score."""
        return int(np.isfinite(self.raw).sum())

    def of(self, variant: str) -> NDArray[np.float64]:
        """(N,) float64 scores under a variant; NaN everywhere where the model lacks it."""
        return self.aligned.get(variant, np.full(len(self.raw), np.nan))


@dataclass(frozen=True, slots=True)
class _Loaded:
    columns: ImageColumns
    verdicts: dict[int, VerdictRow]
    codes: NDArray[np.uint8]
    scores: Scores


class Library(QObject):
    """Loads in the background and tells when something is new."""

    images_changed = Signal()
    scores_changed = Signal()
    verdicts_changed = Signal(object)  # list of image ids; None means all of them
    failed = Signal(object)  # InspectorError: the project could not be read

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._project: Project | None = None
        self._model_id: int | None = None
        self._clear()

    def _clear(self) -> None:
        self.images: ImageColumns = NO_IMAGES
        self.scores: Scores = no_scores(0)
        self.verdicts: dict[int, VerdictRow] = {}
        self.verdict_codes: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.is_loading = self._is_outdated = False
        self.scores_model_id: int | None = None  # whose scores these are
        self._said_meanwhile: set[int] = set()  # images judged while the images are read

    def set_project(self, project: Project | None) -> None:
        """Shows another project, or none."""
        self._project, self._model_id = project, None
        self._clear()
        self.images_changed.emit()
        self.scores_changed.emit()
        self.verdicts_changed.emit(None)
        if project is not None:
            self.reload_images()

    def reload_images(self) -> None:
        """Reads images, verdicts and scores anew."""
        if self._project is None:
            return
        self.is_loading, self._is_outdated = True, False
        self._said_meanwhile = set()
        project, model_id = self._project, self._model_id

        def work(task: Task) -> _Loaded:
            with project.reopened() as own:
                columns, verdicts = own.image_columns(), own.latest_verdicts()
                codes = _verdict_codes(columns, verdicts)
                return _Loaded(columns, verdicts, codes, _load_scores(own, columns, model_id))

        def done(loaded: _Loaded) -> None:
            if project is not self._project:
                return
            self.is_loading = False
            self.images, self.verdicts = loaded.columns, loaded.verdicts
            self.verdict_codes = loaded.codes
            is_current = model_id == self._model_id
            self.scores = loaded.scores if is_current else no_scores(len(self.images))
            self.scores_model_id = model_id if is_current else None
            self.images_changed.emit()
            self.verdicts_changed.emit(None)
            self.scores_changed.emit()
            if self._said_meanwhile:
                self.reload_verdicts(self._said_meanwhile)
            if not is_current or self._is_outdated:
                self.reload_scores()

        def failed(error: InspectorError) -> None:
            if project is self._project:
                self.is_loading = False
                self.images_changed.emit()
                self.failed.emit(error)

        self._background.run(work, done, key="library.images", failed=failed)

    def set_model(self, model_id: int | None) -> None:
        """Shows the scores of another model, or none."""
        self._model_id = model_id
        self.reload_scores()

    def reload_scores(self) -> None:
        """Reads the scores of the model anew."""
        project, model_id, columns = self._project, self._model_id, self.images
        if project is None or self.is_loading:
            self._is_outdated = True  # what is being read may have been read before
            return

        def work(task: Task) -> Scores:
            with project.reopened() as own:
                return _load_scores(own, columns, model_id)

        def done(scores: Scores) -> None:
            if columns is self.images and model_id == self._model_id:
                self.scores, self.scores_model_id = scores, model_id
                self.scores_changed.emit()

        self._background.run(work, done, key="library.scores")

    def reload_verdicts(self, image_ids: Iterable[int]) -> None:
        """Takes over what was said of some images; cheap, for after each verdict."""
        if self._project is None:
            return
        ids = list(image_ids)
        self._said_meanwhile.update(ids)
        for image_id in ids:
            (row,) = self.images.rows_of(np.array([image_id], np.int64))
            latest = self._project.latest_verdict(image_id)
            if latest is None:
                self.verdicts.pop(image_id, None)
            else:
                self.verdicts[image_id] = latest
            if row >= 0:
                code = Verdict.NONE if latest is None else latest.verdict
                self.verdict_codes[row] = VERDICTS.index(code)
        self.verdicts_changed.emit(ids)


def no_scores(count: int) -> Scores:
    """Scores of images that were not scored."""
    nothing = np.full(count, -1, np.int64)
    return Scores(np.full(count, np.nan), run_ids=nothing, map_rows=nothing)


def _verdict_codes(columns: ImageColumns, verdicts: dict[int, VerdictRow]) -> NDArray[np.uint8]:
    """(N,) places in `VERDICTS`."""
    rows = columns.rows_of(np.fromiter(verdicts, np.int64, len(verdicts)))
    places = {verdict: place for place, verdict in enumerate(VERDICTS)}
    said = np.array([places[row.verdict] for row in verdicts.values()], np.uint8)
    codes = np.zeros(len(columns), np.uint8)
    codes[rows[rows >= 0]] = said[rows >= 0]
    return codes


def _load_scores(project: Project, columns: ImageColumns, model_id: int | None) -> Scores:
    if model_id is None or len(columns) == 0:
        return no_scores(len(columns))
    stored = project.score_columns(model_id)
    rows = columns.rows_of(stored.image_ids)
    there = rows >= 0

    def placed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        column = np.full(len(columns), np.nan)
        column[rows[there]] = values[there]
        return column

    def numbered(values: NDArray[np.int64]) -> NDArray[np.int64]:
        column = np.full(len(columns), -1, np.int64)
        column[rows[there]] = values[there]
        return column

    return Scores(
        raw=placed(stored.raw),
        aligned={name: placed(values) for name, values in stored.scores.items()},
        u={name: placed(values) for name, values in stored.u.items()},
        gamma={name: placed(values) for name, values in stored.gamma.items()},
        run_ids=numbered(stored.run_ids),
        map_rows=numbered(stored.map_rows),
    )
