"""The table of models: one row each, two lines high, sortable, several can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import CELL, Cell, CellDelegate
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.widgets.basics import button

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Column(IntEnum):
    """The columns in their order."""

    NAME = 0
    CREATED = 1
    IMAGES = 2
    TIME = 3
    SIZE = 4
    SCORED = 5
    IMAGE_AUROC = 6
    PIXEL_AUROC = 7
    AUPRO = 8
    FLAGGED = 9
    CAUGHT = 10


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
            return self._heading(column)
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
                classes = self.tr("%n class(es)", "", len(facts.card.training_images))
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
            badge=self.tr("Active") if is_active else "",
            icon="star-filled" if is_active else ("warning" if facts.card is None else ""),
            is_bold=True,
            is_left=True,
            tip=facts.problem or f"{facts.model.name}\n{below}",
        )

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


class ModelView(QTableView):
    """Shows the table; keeps the choice by model when rows move."""

    chosen_changed = Signal()
    evaluate_wanted = Signal(int)  # model id

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Models"))
        self.table = ModelTable(self)
        self._delegate = CellDelegate(lines=2)
        self._busy: dict[int, str] = {}
        self._is_filling = False
        self.setItemDelegate(self._delegate)
        self.setModel(self.table)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(Column.CREATED, Qt.SortOrder.DescendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.sortIndicatorChanged.connect(self._on_sort)
        self.selectionModel().selectionChanged.connect(self._on_selection)

    @property
    def chosen(self) -> list[ModelFacts]:
        """The chosen models in the order of the rows."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.table.rows[row] for row in rows]

    @property
    def current(self) -> ModelFacts | None:
        """The model that the keyboard stands on."""
        row = self.currentIndex().row()
        return self.table.rows[row] if 0 <= row < len(self.table.rows) else None

    def show_rows(
        self, facts: Sequence[ModelFacts], active: int | None, busy: dict[int, str]
    ) -> None:
        """Shows models; `busy` says in a word what a job does with a model, by its id."""
        self._busy = busy
        self._refill(lambda: self.table.show_rows(facts, active), active)

    def choose(self, model_ids: Sequence[int]) -> None:
        """Chooses models; the first of them gets the keyboard."""
        rows = {facts.model.model_id: row for row, facts in enumerate(self.table.rows)}
        found = [rows[model_id] for model_id in model_ids if model_id in rows]
        selection = self.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        selection.clearSelection()
        for row in found:
            selection.select(self.table.index(row, 0), flags.Select | flags.Rows)
        if found:
            selection.setCurrentIndex(self.table.index(found[0], 0), flags.NoUpdate)
            self.scrollTo(self.table.index(found[0], 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _on_sort(self, column: int, order: Qt.SortOrder) -> None:
        self._refill(lambda: self.table.sort(column, order), None)

    def _refill(self, fill: Callable[[], None], otherwise: int | None) -> None:
        """Fills the table anew; keeps what was chosen, else chooses `otherwise`."""
        kept = [facts.model.model_id for facts in self.chosen]
        current = self.current
        if current is not None and current.model.model_id in kept:
            kept.sort(key=lambda model_id: model_id != current.model.model_id)
        self._is_filling = True
        fill()
        self._put_buttons()
        self._fit()
        there = {facts.model.model_id for facts in self.table.rows}
        wanted = [model_id for model_id in kept if model_id in there]
        if not wanted and self.table.rows:
            first = self.table.rows[0].model.model_id
            wanted = [otherwise if otherwise is not None and otherwise in there else first]
        self.choose(wanted)
        self._is_filling = False
        self.chosen_changed.emit()

    def _put_buttons(self) -> None:
        """A button stands where the metrics would, for a model that was not evaluated."""
        for row, facts in enumerate(self.table.rows):
            if facts.evaluated is not None or facts.card is None:
                continue
            model_id = facts.model.model_id
            busy = self._busy.get(model_id, "")
            made = button(busy or self.tr("Evaluate"))
            made.setEnabled(not busy)
            made.setAccessibleName(self.tr("Evaluate {name}").format(name=facts.model.name))
            made.setToolTip(
                self.tr("Scores the test images and compares with what is known of them")
            )
            made.clicked.connect(lambda checked=False, of=model_id: self.evaluate_wanted.emit(of))
            self.setIndexWidget(self.table.index(row, Column.IMAGE_AUROC), made)

    def _fit(self) -> None:
        """Columns as wide as what stands in them; the name takes the room that is left."""
        header = self.horizontalHeader()
        widths = [
            max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            for column in range(len(Column))
        ]
        for row in range(len(self.table.rows)):
            placed = self.indexWidget(self.table.index(row, Column.IMAGE_AUROC))
            if placed is not None:
                wanted = placed.sizeHint().width()
                widths[Column.IMAGE_AUROC] = max(widths[Column.IMAGE_AUROC], wanted)
        left = self.viewport().width() - sum(widths)
        widths[Column.NAME] += max(left, 0)
        for column, width in enumerate(widths):
            header.resizeSection(column, width)
        self.resizeRowsToContents()

    def _on_selection(self) -> None:
        if not self._is_filling:
            self.chosen_changed.emit()
