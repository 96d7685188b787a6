"""The table of models on the screen: choosing, sorting, and a button where metrics are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from inspector.gui.pages.models.cells import CellDelegate
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.pages.models.table import Column, ModelTable
from inspector.gui.widgets.basics import button, column


class ModelView(QTableView):
    """Shows the table; keeps the choice by model when rows move."""

    chosen_changed = Signal()
    evaluate_wanted = Signal(int)  # model id

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Models"))
        self.table = ModelTable(self)
        self._busy: dict[int, str] = {}
        self._is_filling = False
        self.setItemDelegate(CellDelegate(self, lines=2))
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
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(lambda column: self.sort_by(Column(column)))
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

    def sort_by(self, column: Column) -> None:
        """Sorts; the choice stays."""
        at = self.currentIndex().column()
        self._refill(lambda: self.table.sort_by(column), None)
        self.selectionModel().setCurrentIndex(
            self.table.index(self.currentIndex().row(), max(at, 0)),
            QItemSelectionModel.SelectionFlag.NoUpdate,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """S sorts by the column that the keyboard stands in."""
        if event.key() == Qt.Key.Key_S and not event.modifiers():
            self.sort_by(Column(max(self.currentIndex().column(), 0)))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

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
            placed = column(made, margin=0.1)
            self.setIndexWidget(self.table.index(row, Column.IMAGE_AUROC), placed)

    def _fit(self) -> None:
        """Columns as wide as what stands in them; the name takes the room that is left."""
        header = self.horizontalHeader()
        widths = [
            max(self.sizeHintForColumn(place), header.sectionSizeHint(place)) for place in Column
        ]
        for row in range(len(self.table.rows)):
            placed = self.indexWidget(self.table.index(row, Column.IMAGE_AUROC))
            if placed is not None:
                wanted = placed.sizeHint().width()
                widths[Column.IMAGE_AUROC] = max(widths[Column.IMAGE_AUROC], wanted)
        left = self.viewport().width() - sum(widths)
        widths[Column.NAME] += max(left, 0)
        for place, width in enumerate(widths):
            header.resizeSection(place, width)
        self.resizeRowsToContents()

    def _on_selection(self) -> None:
        if not self._is_filling:
            self.chosen_changed.emit()
