"""Search, filters and sorting above the images. It edits a `Query` and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from inspector.gui.icons import icon
from inspector.gui.pages.dataset.query import Decision, Query
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button
from inspector.project.columns import SPLITS, TRUTHS, ImageColumns
from inspector.project.verdicts import Verdict

_TYPING_MS = 40


class Choice(QComboBox):
    """A combo box over values, each with its text."""

    def __init__(self, name: str, entries: Sequence[tuple[Any, str]] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._values: list[Any] = []
        self.set_entries(entries)

    @property
    def value(self) -> Any:
        """The value that is chosen."""
        return self._values[self.currentIndex()] if self.currentIndex() >= 0 else None

    def set_value(self, value: Any) -> None:
        """Chooses a value without telling anybody; the first where it is not there."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self._values.index(value) if value in self._values else 0)

    def set_entries(self, entries: Sequence[tuple[Any, str]]) -> None:
        """Other values to choose from; keeps the chosen one where it is still there."""
        chosen = self.value
        with QSignalBlocker(self):
            self.clear()
            self._values = [value for value, _ in entries]
            self.addItems([text for _, text in entries])
        self.set_value(chosen)


class SearchField(QLineEdit):
    """Tells what is typed after a short rest."""

    searched = Signal(str)

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        self.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(lambda: self.searched.emit(self.text()))
        self.textChanged.connect(lambda: self._timer.start())

    def set_text(self, text: str) -> None:
        """Shows a text without telling anybody."""
        if text != self.text():
            with QSignalBlocker(self):
                self.setText(text)


class FilterBar(QWidget):
    """The filters, one combo box each, and "Show all" while anything is left out."""

    changed = Signal(object)  # Query

    def __init__(self) -> None:
        super().__init__()
        self.query = Query()
        words = self._words = DatasetWords()
        self.classes = Choice(self.tr("Class"), [(None, self.tr("All classes"))])
        self.classes.setMinimumContentsLength(8)
        self.classes.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.splits = Choice(self.tr("Split"), [(None, self.tr("All splits"))])
        self.truths = Choice(self.tr("Truth"), [(None, self.tr("Any truth"))])
        self.verdicts = Choice(
            self.tr("Verdict"),
            [
                (None, self.tr("Any verdict")),
                *((v, words.verdicts[v]) for v in (Verdict.OK, Verdict.NG, Verdict.UNSURE)),
                (Verdict.NONE, self.tr("No verdict")),
            ],
        )
        self.decisions = Choice(
            self.tr("Where the score lies"),
            [
                (None, self.tr("Any score")),
                (Decision.NG, self.tr("Flagged")),
                (Decision.UNSURE, self.tr("Near")),
                (Decision.OK, self.tr("Not flagged")),
                (Decision.UNSCORED, self.tr("Not scored")),
            ],
        )
        self.problems = QPushButton()
        self.problems.setIcon(QIcon(icon("warning")))
        self.problems.setCheckable(True)
        self.problems.hide()
        self.show_all = button(self.tr("Show all"), "plain", "close")
        self.show_all.hide()
        self._combos = {
            "class_name": self.classes,
            "split": self.splits,
            "truth": self.truths,
            "verdict": self.verdicts,
            "decision": self.decisions,
        }
        self._assemble()

    def set_images(self, columns: ImageColumns) -> None:
        """Offers the classes, splits and truths that there are."""
        words = self._words
        self.classes.set_entries(
            [(None, self.tr("All classes"))]
            + [(name, name or self.tr("No class")) for name in columns.class_names]
        )
        self.splits.set_entries(
            [(None, self.tr("All splits"))]
            + [(s, words.splits[s]) for i, s in enumerate(SPLITS) if (columns.splits == i).any()]
        )
        self.truths.set_entries(
            [(None, self.tr("Any truth"))]
            + [(t, words.truths[t]) for i, t in enumerate(TRUTHS) if (columns.truths == i).any()]
        )
        number = int(columns.has_problem.sum())
        self.problems.setText(self.tr("Problems: {number}").format(number=number))
        self.problems.setToolTip(self.tr("Show only images that cannot be used"))
        self.problems.setVisible(number > 0)

    def set_query(self, query: Query) -> None:
        """Shows a query without telling anybody."""
        self.query = query
        for name, combo in self._combos.items():
            combo.set_value(getattr(query, name))
        self.problems.setChecked(query.with_problem is True)
        self.show_all.setVisible(query.filters)

    def _assemble(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.4))
        for name, combo in self._combos.items():
            layout.addWidget(combo)
            combo.currentIndexChanged.connect(
                lambda _, name=name, combo=combo: self._change(**{name: combo.value})
            )
        layout.addWidget(self.problems)
        layout.addWidget(self.show_all)
        layout.addStretch(1)
        self.problems.clicked.connect(lambda on: self._change(with_problem=True if on else None))
        self.show_all.clicked.connect(lambda: self.clear())

    def clear(self) -> None:
        """Leaves nothing out any more; the order stays."""
        self._take(Query(order=self.query.order, descending=self.query.descending))

    def _change(self, **values: Any) -> None:
        self._take(replace(self.query, **values))

    def _take(self, query: Query) -> None:
        self.set_query(query)
        self.changed.emit(query)


class OrderChoice(Choice):
    """The order of the images; its values are (Order, descending)."""

    def __init__(self) -> None:
        super().__init__(self.tr("Order"), DatasetWords().orders)
        self.setPlaceholderText(self.tr("By column"))

    def set_value(self, value: Any) -> None:
        """Shows an order; none of the entries where the list is sorted by another column."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self._values.index(value) if value in self._values else -1)
