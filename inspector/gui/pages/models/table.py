"""The table of models: one row each, what stands in its cells, how it is sorted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import CELL, Cell
from inspector.gui.pages.models.facts import ModelFacts

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Column(IntEnum):
    """The columns in their order."""

    NAME = 0
    IMAGE_AUROC = 1
    PIXEL_AUROC = 2
    AUPRO = 3
    FLAGGED = 4
    CAUGHT = 5
    SCORED = 6
    IMAGES = 7
    TIME = 8
    CREATED = 9
    SIZE = 10


METRIC_OF = {
    Column.IMAGE_AUROC: "image_auroc",
    Column.PIXEL_AUROC: "pixel_auroc",
    Column.AUPRO: "pixel_aupro",
    Column.FLAGGED: "false_positive_rate",
    Column.CAUGHT: "true_positive_rate",
}


class ModelTable(QAbstractTableModel):
    """The models in use as rows; sorts by itself, what is not known always comes last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ModelFacts] = []
        self._active: int | None = None
        self._sorting = (Column.CREATED, Qt.SortOrder.DescendingOrder)

    def show_rows(self, facts: Sequence[ModelFacts], active: int | None) -> None:
        """Shows other models."""
        self.beginResetModel()
        self._active = active
        self.rows = self._sorted(list(facts))
        self.endResetModel()

    def set_active(self, model_id: int | None) -> None:
        """Another model is the one in use."""
        self._active = model_id
        if self.rows:
            last = self.index(len(self.rows) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        cell = self._cell(self.rows[index.row()], Column(index.column()))
        if role == CELL:
            return cell
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell.whole
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or None
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = Column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heading(column) + self._arrow(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._explanation(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorting = (Column(column), order)
        self.beginResetModel()
        self.rows = self._sorted(self.rows)
        self.endResetModel()

    def sort_by(self, column: Column) -> None:
        """Sorts by a column, the best or newest first; the other way round the second time."""
        is_text_or_low = column in (Column.NAME, Column.FLAGGED, Column.TIME, Column.SIZE)
        order = Qt.SortOrder.AscendingOrder if is_text_or_low else Qt.SortOrder.DescendingOrder
        if self._sorting == (column, order):
            order = Qt.SortOrder(1 - order.value)
        self.sort(column, order)

    def _sorted(self, facts: list[ModelFacts]) -> list[ModelFacts]:
        column, order = self._sorting
        key = _KEYS[column]
        known = [of for of in facts if key(of) is not None]
        # The type of a column's values is one and the same; mypy sees their union.
        known.sort(key=key, reverse=order is Qt.SortOrder.DescendingOrder)  # type: ignore[arg-type]
        return known + [of for of in facts if key(of) is None]

    def _cell(self, facts: ModelFacts, column: Column) -> Cell:
        if column in METRIC_OF:
            return self._metric_cell(facts, METRIC_OF[column])
        match column:
            case Column.NAME:
                return self._name_cell(facts)
            case Column.CREATED:
                day, time = words.moment(facts.model.created)
                return Cell(day, below=time)
            case Column.IMAGES:
                if facts.card is None:
                    return Cell(words.UNDEFINED, is_quiet=True)
                classes = words.classes(len(facts.card.training_images))
                return Cell(words.number(facts.n_training), below=classes)
            case Column.TIME:
                return Cell(words.duration(facts.seconds), is_quiet=facts.seconds is None)
            case Column.SIZE:
                return Cell(words.size(facts.size))
            case _:
                return Cell(words.number(facts.n_scored), is_quiet=facts.n_scored == 0)

    def _name_cell(self, facts: ModelFacts) -> Cell:
        is_active = facts.model.model_id == self._active
        parts = [facts.method_title, facts.model.backbone]
        if facts.card is None:
            parts = [self.tr("The card cannot be read")]
        else:
            parts.append(facts.card.preset)
        below = " · ".join(parts)
        return Cell(
            facts.model.name,
            below=below,
            badge=self.tr("Active") if is_active else self._candidate_badge(facts),
            icon="star-filled" if is_active else ("warning" if facts.card is None else ""),
            is_bold=True,
            is_left=True,
            tip=facts.problem or f"{facts.model.name}\n{below}",
        )

    def _candidate_badge(self, facts: ModelFacts) -> str:
        return self.tr("To decide") if facts.is_candidate else ""

    def _metric_cell(self, facts: ModelFacts, name: str) -> Cell:
        if facts.raw is None:
            return Cell(words.UNDEFINED, is_quiet=True, tip=self.tr("Not evaluated yet"))
        raw = words.value_of(facts.raw.absolute_unified, name)
        if facts.aligned is None:
            return Cell(words.written(name, raw), below=self.tr("raw"))
        aligned = words.value_of(facts.aligned.absolute_unified, name)
        return Cell(
            words.written(name, aligned),
            below=self.tr("raw {value}").format(value=words.written(name, raw)),
            is_bold=True,
            tip=self.tr(
                "All classes together, one threshold: {raw} raw, {aligned} with {variant}"
            ).format(
                raw=words.written(name, raw),
                aligned=words.written(name, aligned),
                variant=words.variant_label(facts.aligned.variant),
            ),
        )

    def _heading(self, column: Column) -> str:
        match column:
            case Column.NAME:
                return self.tr("Model")
            case Column.CREATED:
                return self.tr("Created")
            case Column.IMAGES:
                return self.tr("Training\nimages")
            case Column.TIME:
                return self.tr("Training\ntime")
            case Column.SIZE:
                return self.tr("Size")
            case Column.SCORED:
                return self.tr("Images\nscored")
            case Column.IMAGE_AUROC:
                return self.tr("Image\nAUROC")
            case Column.PIXEL_AUROC:
                return self.tr("Pixel\nAUROC")
            case Column.AUPRO:
                return self.tr("AUPRO")
            case Column.FLAGGED:
                return self.tr("Good\nflagged")
            case _:
                return self.tr("Defects\ncaught")

    def _arrow(self, column: Column) -> str:
        """Which way the column is sorted. (The style's own arrow would lie on the text.)"""
        sorted_by, order = self._sorting
        if column is not sorted_by:
            return ""
        return " ↑" if order is Qt.SortOrder.AscendingOrder else " ↓"

    def _explanation(self, column: Column) -> str:
        if column in METRIC_OF:
            return self.tr(
                "All classes together under one threshold (absolute-unified): "
                "with the model's alignment, raw scores below"
            )
        return self.tr("Click to sort")


def _metric_key(name: str) -> Callable[[ModelFacts], float | None]:
    def key(facts: ModelFacts) -> float | None:
        shown = facts.aligned or facts.raw
        return words.value_of(shown.absolute_unified if shown else None, name)

    return key


_KEYS: dict[Column, Callable[[ModelFacts], str | float | None]] = {
    Column.NAME: lambda facts: facts.model.name.casefold(),
    # Made within one second: the number tells the order.
    Column.CREATED: lambda facts: f"{facts.model.created} {facts.model.model_id:09d}",
    Column.IMAGES: lambda facts: facts.n_training,
    Column.TIME: lambda facts: facts.seconds,
    Column.SIZE: lambda facts: facts.size,
    Column.SCORED: lambda facts: facts.n_scored,
    **{column: _metric_key(name) for column, name in METRIC_OF.items()},
}
