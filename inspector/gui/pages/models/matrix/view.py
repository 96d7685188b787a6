"""The matrix on the screen, and a row below it that starts what is missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMenu, QSpinBox, QVBoxLayout, QWidget

from inspector.core.words import variant_label
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import Cell
from inspector.gui.pages.models.facts import ModelFacts, tails_differ
from inspector.gui.pages.models.grid import Grid, Row
from inspector.gui.pages.models.matrix.content import missing_trainings, trained_of
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, card, label, row
from inspector.jobs.catalogue import METHODS
from inspector.project.matrix import (
    AVERAGE,
    HEAD,
    TAIL,
    Column,
    MatrixRow,
    Trained,
    columns_of,
    matrix_rows,
)
from inspector.project.matrix_words import minutes_text, spread_text, value_text
from inspector.project.recipes import methods_at_hand

_MOST_SEEDS = 9


class MatrixView(QWidget):
    """Methods in groups, a row for each alignment; seeds of one training make one row."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._models: Sequence[ModelFacts] = ()
        self._methods = set(METHODS)
        self.grid = Grid(self.tr("Methods and alignments"))
        self.about = label("", "muted", wrap=True)
        self.legend = label(
            self.tr(
                "▲ best of the column. Several seeds: the median, and ± half the distance from the "
                "lowest to the highest."
            ),
            "muted",
            wrap=True,
        )
        self.which = button("", icon_name="filter")
        self.menu = QMenu(self)
        self.which.setMenu(self.menu)
        self._fill_menu()
        self.seeds = QSpinBox()
        self.seeds.setRange(1, _MOST_SEEDS)
        self.seeds.setAccessibleName(self.tr("Seeds of each method"))
        self.seeds.valueChanged.connect(self._show_missing)
        self.missing = label("", wrap=True)
        self.start = button("", "primary")
        self.start.clicked.connect(self._start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(self.about)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.legend)
        seeds = label(self.tr("Seeds"), "muted")
        choices = row(self.which, seeds, self.seeds, None, self.start)
        layout.addWidget(card(self.missing, choices, margin=0.6))
        session.jobs.changed.connect(self._show_missing)
        session.split.changed.connect(self._show_missing)
        self._looks_for_weights = True

    def showEvent(self, event: QShowEvent) -> None:
        """The first time: methods whose weights would have to be fetched are not chosen."""
        super().showEvent(event)
        if self._looks_for_weights:
            self._looks_for_weights = False
            self._session.background.run(
                lambda task: methods_at_hand(), self._choose_methods, key="models.weights"
            )

    def _choose_methods(self, at_hand: Collection[str]) -> None:
        for action in self.menu.actions():
            action.setChecked(action.data() in at_hand)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows other models, those in use."""
        if models == self._models:
            self._show_missing()
            return
        self._models = models
        trained = trained_of(models)
        rows = matrix_rows(trained)
        columns = columns_of(rows)
        headings = [self.tr("Alignment"), *map(self._heading, columns), self.tr("Minutes")]
        self.grid.set_lines(2 if any(len(of.seeds) > 1 for of in rows) else 1)
        self.grid.fill(headings, self._rows(rows, columns))
        self.about.setText(self._told(trained, len(models) - len(trained)))
        self._show_missing()

    def requests(self) -> list[TrainRequest]:
        """The trainings that are missing and that nobody has asked for yet."""
        asked = [job.request for job in self._session.jobs.jobs if not job.state.is_over]
        split = self._session.split.name
        found = missing_trainings(self._models, self._methods, self.seeds.value(), split)
        return [request for request in found if request not in asked]

    def _heading(self, column: Column) -> str:
        name, setting = column
        title = words.metric_title(name).replace(" ", "\n")
        if name.endswith("_rate"):
            return title
        kinds = {AVERAGE: self.tr("average"), HEAD: self.tr("head"), TAIL: self.tr("tail")}
        return f"{title}\n{kinds.get(setting, self.tr('unified'))}"

    def _rows(self, rows: Sequence[MatrixRow], columns: Sequence[Column]) -> list[Row]:
        best = {column: self._best(rows, column) for column in columns}
        made: list[Row] = []
        before: object = None
        for of in rows:
            group = (of.method, of.preset, of.changes)
            if group != before:
                made.append(self._group(of))
                before = group
            cells = [self._cell(of, column, best[column]) for column in columns]
            first = Cell(variant_label(of.variant), is_left=True, tip="\n".join(of.models))
            made.append([first, *cells, Cell(minutes_text(of.minutes))])
        return made

    def _group(self, of: MatrixRow) -> str:
        method = METHODS.get(of.method)
        parts = [method.title if method else of.method, of.preset]
        if of.changes:
            parts.append(of.changes)
        if len(of.seeds) > 1:
            parts.append(self.tr("{n} seeds").format(n=len(of.seeds)))
        return " · ".join(parts)

    def _best(self, rows: Sequence[MatrixRow], column: Column) -> str:
        """The best value of a column as it is written; empty where all are alike."""
        found = [one for of in rows if (one := of.metrics[column]) is not None]
        if len({value_text(column, one) for one in found}) < 2:
            return ""
        pick = min if column[0] in words.LOWER_IS_BETTER else max
        return value_text(column, pick(found, key=lambda one: one.median))

    def _cell(self, of: MatrixRow, column: Column, best: str) -> Cell:
        found = of.metrics[column]
        text = value_text(column, found)
        return Cell(
            text,
            below=spread_text(column, found),
            is_best=found is not None and text == best,
            is_quiet=found is None,
        )

    def _told(self, trained: Sequence[Trained], n_open: int) -> str:
        said = self.tr(
            "Average: mean of the classes. Unified: all classes under one threshold, which no "
            "defect has helped to choose."
        )
        if any(one.evaluation.variants[0].tail_average for one in trained):
            said += " " + self.tr(
                "Head and tail: mean of the classes with many and with few training images."
            )
        if tails_differ(self._models):
            said += " " + self.tr("⚠ Not all have the same classes as head and tail.")
        rows = (one.evaluation.variants[0].absolute_unified for one in trained)
        if len({(of.n_good, of.n_defective) for of in rows}) > 1:
            said += " " + self.tr("⚠ Not all were judged by the same images: compare with care.")
        if n_open == 1:
            said += " " + self.tr("1 model is not evaluated yet.")
        elif n_open:
            said += " " + self.tr("{n} models are not evaluated yet.").format(n=n_open)
        return said

    def _fill_menu(self) -> None:
        for name, method in METHODS.items():
            made = self.menu.addAction(method.title)
            made.setCheckable(True)
            made.setChecked(True)
            made.setData(name)
            made.toggled.connect(lambda checked, name=name: self._choose(name, checked))

    def _choose(self, name: str, wanted: bool) -> None:
        (self._methods.add if wanted else self._methods.discard)(name)
        self._show_missing()

    def _show_missing(self) -> None:
        requests = self.requests()
        self.which.setText(
            self.tr("{n} of {all} methods").format(n=len(self._methods), all=len(METHODS))
        )
        titles = dict.fromkeys(METHODS[request.method].title for request in requests)
        split = self._session.split
        missing = (
            self.tr("Missing, on the long-tailed split in force: {names}")
            if split.name
            else self.tr("Missing: {names}")
        )
        self.missing.setText(
            missing.format(names=", ".join(titles))
            if requests
            else self.tr("Nothing is missing, or it is under way.")
        )
        text = self.tr("Train the missing ones ({n})").format(n=len(requests))
        self.start.setText(text)
        self.start.setToolTip(
            self.tr("One after the other, with the first preset. The active model stays active.")
        )
        has_images = bool(self._session.library.images.is_training.any())
        self.start.setEnabled(bool(requests) and has_images and not split.problem)

    def _start(self) -> None:
        requests = self.requests()
        for request in requests:
            self._session.jobs.add(request)
        if requests:
            self._session.notices.info(
                self.tr("{n} trainings are in the queue.").format(n=len(requests)),
                self.tr("Each model is evaluated when it is trained; this table follows."),
            )
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
