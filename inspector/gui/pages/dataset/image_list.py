"""The images that a query finds, as one Qt model for the grid and the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.core.samples import Truth
from inspector.gui.library import VERDICTS
from inspector.gui.pages.dataset.query import (
    Decision,
    Judged,
    Order,
    Query,
    Rows,
    Texts,
    judged,
    select,
)
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.session import Session
from inspector.project.columns import SPLITS, TRUTHS
from inspector.project.records import StoredImage
from inspector.project.verdicts import Verdict

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()

COLUMNS: tuple[Order, ...] = (
    Order.NAME,
    Order.CLASS,
    Order.SCORE,
    Order.VERDICT,
    Order.TRUTH,
    Order.SPLIT,
    Order.EXPECTED,
)
NUMBERS = (Order.SCORE, Order.EXPECTED)


@dataclass(frozen=True, slots=True)
class Tile:
    """All that is painted of one image."""

    image: StoredImage
    truth: Truth
    verdict: Verdict
    decision: Decision
    score: float
    expected: float


class ImageListModel(QAbstractTableModel):
    """One row for each image that the query finds; only positions are kept."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._words = DatasetWords()
        self.query = Query()
        self.rows: Rows = np.empty(0, np.intp)
        self._hold()
        self.judged: Judged = self._judge()

    def take_images(self) -> None:
        """There are other images."""
        self._hold()
        self.take_scores()

    def take_scores(self) -> None:
        """There are other scores, or another variant is in use."""
        self.judged = self._judge()
        self.update()

    def take_thresholds(self) -> None:
        """A threshold was moved."""
        self.judged = self._judge()
        if self.query.needs_thresholds:
            self.update()
        else:
            self.repaint()

    def _hold(self) -> None:
        """Keeps what the rows point into: the library may be ahead while the page is hidden."""
        library = self._session.library
        self.columns, self._codes = library.images, library.verdict_codes
        self._texts = texts = Texts(self.columns)
        if len(self.columns):
            self._session.background.run(
                lambda task: texts.prepare(), lambda done: None, key="dataset.texts"
            )

    def set_query(self, query: Query) -> None:
        """Shows something else."""
        self.query = query
        self.update()

    def update(self) -> None:
        """Asks again; keeps everything in place where the same images come in the same order."""
        rows = select(self.columns, self._codes, self.judged, self._texts, self.query)
        if np.array_equal(rows, self.rows) and len(rows):
            self.repaint()
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def repaint(self) -> None:
        """What is said of the images may be different, their order is not."""
        if len(self.rows):
            last = self.index(len(self.rows) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _judge(self) -> Judged:
        scale = self._session.scale
        scores = self._session.library.scores
        return judged(scores, scale.variant, scale.threshold, scale.lower_threshold)

    def tile(self, row: int) -> Tile:
        """What there is to paint in a row of this model."""
        place = int(self.rows[row])
        return Tile(
            image=self.columns.images[place],
            truth=TRUTHS[self.columns.truths[place]],
            verdict=VERDICTS[self._codes[place]],
            decision=self.judged.decision_of(place),
            score=float(self.judged.scores[place]),
            expected=float(self.judged.expected[place]),
        )

    def ids(self, rows: Rows) -> NDArray[np.int64]:
        """The image ids of some rows of this model."""
        return self.columns.ids[self.rows[rows]]

    def rows_of(self, image_ids: NDArray[np.int64]) -> Rows:
        """The rows, ascending, in which some images are shown; those that are not are left out."""
        wanted = np.zeros(len(self.columns) + 1, np.bool_)  # the last one takes the unknown
        wanted[self.columns.rows_of(image_ids)] = True
        wanted[-1] = False
        return np.flatnonzero(wanted[self.rows])

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(column, self.tile(index.row()))
        if role == Qt.ItemDataRole.ToolTipRole:
            tile = self.tile(index.row())
            return tile.image.record.problem or str(tile.image.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row())
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words.columns[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def text(self, column: Order, tile: Tile) -> str:
        """What stands in a column."""
        words, record = self._words, tile.image.record
        match column:
            case Order.NAME:
                return record.path
            case Order.CLASS:
                return record.class_name or "–"
            case Order.SPLIT:
                return words.splits[SPLITS[SPLITS.index(record.split)]]
            case Order.TRUTH:
                return words.truth_of(tile.truth, record.defect_kind)
            case Order.VERDICT:
                return words.verdicts[tile.verdict]
            case Order.SCORE:
                return words.score(tile.score)
            case _:
                return words.score(tile.expected)

    def _spoken(self, row: int) -> str:
        tile, words = self.tile(row), self._words
        record = tile.image.record
        parts = [
            record.path.rpartition("/")[2],
            record.class_name,
            words.truth_of(tile.truth, record.defect_kind),
            "" if tile.verdict is Verdict.NONE else words.verdicts[tile.verdict],
            words.decisions[tile.decision],
            record.problem or "",
        ]
        return ", ".join(part for part in parts if part)
