"""One line for each class: images, AUROC, and what the thresholds do, raw → aligned."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from inspector.core.distributions import Ints, ScoreSet, Tally
from inspector.core.thresholds import Confusion
from inspector.core.words import metric
from inspector.gui.pages.alignment.numbers import Numbers
from inspector.gui.plots.distribution_paint import class_label
from inspector.gui.theme import em

_CLASS, _GOOD, _DEFECTIVE, _AUROC, _FLAGGED, _CAUGHT = range(6)
_LIVE = (_FLAGGED, _CAUGHT)
_WIDTHS = (0, 5, 7, 10, 13, 13)

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class TableContent:
    """What the table shows; `order` is the class of each line."""

    score_set: ScoreSet
    order: Ints
    raw: Tally
    aligned: Tally
    numbers: Numbers | None = None


class ClassModel(QAbstractTableModel):
    """The lines of the table; the last one is all classes together."""

    def __init__(self) -> None:
        super().__init__()
        self._content: TableContent | None = None
        self._titles = (
            self.tr("Class"),
            self.tr("Good"),
            self.tr("Defective"),
            self.tr("AUROC"),
            self.tr("Good flagged"),
            self.tr("Defects caught"),
        )

    @property
    def content(self) -> TableContent | None:
        """What is shown."""
        return self._content

    def set_content(self, content: TableContent | None) -> None:
        """Shows something else."""
        self.beginResetModel()
        self._content = content
        self.endResetModel()

    def set_tallies(self, raw: Tally, aligned: Tally) -> None:
        """Shows what the thresholds do now."""
        if self._content is not None:
            self._content = replace(self._content, raw=raw, aligned=aligned)
            self.dataChanged.emit(
                self.index(0, _LIVE[0]), self.index(self.rowCount() - 1, _LIVE[-1])
            )

    def class_of(self, row: int) -> int | None:
        """The class of a line; None for all classes together."""
        if self._content is None or row >= self._content.order.size:
            return None
        return int(self._content.order[row])

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        if self._content is None or parent.isValid():
            return 0
        return int(self._content.order.size) + 1

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._content is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(self.class_of(index.row()), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(index.column()))
        if role == Qt.ItemDataRole.FontRole and self.class_of(index.row()) is None:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def _text(self, class_index: int | None, column: int) -> str:
        content = self._content
        assert content is not None
        raw, aligned = content.raw.confusion(class_index), content.aligned.confusion(class_index)
        match column:
            case 0:
                if class_index is None:
                    return self.tr("All classes")
                return class_label(content.score_set.class_names[class_index])
            case 1:
                return str(raw.fp + raw.tn)
            case 2:
                return str(raw.tp + raw.fn)
            case 3:
                return self._auroc(class_index)
            case 4:
                return _arrow(_of(raw.fp, raw.fp + raw.tn), _of(aligned.fp, raw.fp + raw.tn))
            case _:
                return _arrow(_caught(raw), _caught(aligned))

    def _auroc(self, class_index: int | None) -> str:
        numbers = self._content.numbers if self._content else None
        if numbers is None:
            return "…"
        if class_index is None:
            return _arrow(metric(numbers.raw.auroc), metric(numbers.aligned.auroc))
        return _arrow(
            metric(numbers.raw.per_class[class_index]),
            metric(numbers.aligned.per_class[class_index]),
        )


class ClassTable(QTableView):
    """The table; Enter or a double click chooses the images of a class."""

    opened = Signal(object)  # class index, or None for all

    def __init__(self) -> None:
        super().__init__()
        self.content = ClassModel()
        self.setModel(self.content)
        self.setAccessibleName(self.tr("Numbers of each class"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setProperty("role", "flat")
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_CLASS, QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(em(self, 3))
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        self._fit()

    def set_defects_shown(self, shown: bool) -> None:
        """Without defects their columns say nothing."""
        for column in (_DEFECTIVE, _AUROC, _CAUGHT):
            self.setColumnHidden(column, not shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _open(self, row: int) -> None:
        self.opened.emit(self.content.class_of(row))

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(em(self, 1.55))
        padding = f"QTableView::item {{ padding: 0 {em(self, 0.5)}px; }}"
        if self.styleSheet() != padding:  # setting it tells of another change
            self.setStyleSheet(padding)
        for column, lines in enumerate(_WIDTHS):
            if lines:
                self.setColumnWidth(column, em(self, lines))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == _CLASS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _arrow(raw: str, aligned: str) -> str:
    return f"{raw} → {aligned}" if (raw, aligned) != ("–", "–") else "–"


def _caught(confusion: Confusion) -> str:
    return _of(confusion.tp, confusion.tp + confusion.fn)


def _of(part: int, whole: int) -> str:
    return f"{part} / {whole}" if whole else "–"
