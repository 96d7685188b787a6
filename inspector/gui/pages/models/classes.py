"""Per class: one model raw beside aligned, and several models beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from inspector.core.evaluation import RAW, MetricRow, VariantEvaluation
from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import Cell
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.pages.models.grid import Grid, Row
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label, row


class ClassTable(QWidget):
    """All metrics of one model for each class, raw → aligned."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: ModelFacts | None = None
        self.grid = Grid(self.tr("Metrics for each class"))
        self._variant = QComboBox()
        self._variant.setAccessibleName(self.tr("Alignment to show"))
        self._variant.currentIndexChanged.connect(lambda index: self._fill())
        self._legend = label("", "muted", wrap=True)
        self._caption = label(self.tr("Raw beside"), "muted")
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, 0, 0)
        layout.setSpacing(gap)
        layout.addWidget(row(self._caption, self._variant, None))
        layout.addWidget(self.grid, 1)
        layout.addWidget(self._legend)

    def show_facts(self, facts: ModelFacts) -> None:
        """Shows another model."""
        self._facts = facts
        variants = facts.aligned_variants
        _offer(self._variant, [(words.variant_label(name), name) for name in variants])
        self._variant.setVisible(bool(variants))
        self._caption.setVisible(bool(variants))
        self._fill()

    def _fill(self) -> None:
        facts = self._facts
        if facts is None or facts.raw is None or facts.evaluation is None:
            self.grid.fill([self.tr("Class")], [])
            self._legend.setText(
                self.tr("Not evaluated yet. Evaluate the model to see metrics for each class.")
            )
            return
        chosen = self._variant.currentData()
        aligned = facts.evaluation.find(chosen) if isinstance(chosen, str) else None
        headings = [self.tr("Class"), self.tr("Good"), self.tr("Defective")]
        headings += [words.metric_title(name) for name in words.METRICS]
        self.grid.fill(headings, self._rows(facts.raw, aligned))
        self._legend.setText(
            self.tr("raw → aligned; bold where the alignment is better. “–”: not defined.")
            if aligned is not None
            else self.tr("Raw scores; this evaluation has no alignment. “–”: not defined.")
        )

    def _rows(self, raw: VariantEvaluation, aligned: VariantEvaluation | None) -> list[Row]:
        def of(name: str, before: MetricRow, after: MetricRow | None) -> list[Cell]:
            counts = [Cell(words.number(n)) for n in (before.n_good, before.n_defective)]
            cells = [_pair(metric, before, after) for metric in words.METRICS]
            return [Cell(name, is_left=True), *counts, *cells]

        rows: list[Row] = [
            of(self._name(name), row, aligned.per_class.get(name) if aligned else None)
            for name, row in raw.per_class.items()
        ]
        rows.append(self.tr("All classes"))
        together = aligned.absolute_unified if aligned else None
        rows.append(of(self.tr("One threshold for all"), raw.absolute_unified, together))
        average = aligned.class_average if aligned else None
        rows.append(of(self.tr("Average of the classes"), raw.class_average, average))
        for title, before, after in (
            (words.head_title(), raw.head_average, aligned.head_average if aligned else None),
            (words.tail_title(), raw.tail_average, aligned.tail_average if aligned else None),
        ):
            if before is not None:
                rows.append(of(title, before, after))
        return rows

    def _name(self, name: str) -> str:
        """A class, and whether the model knows it as one with few images."""
        card = self._facts.card if self._facts is not None else None
        if card is None or card.long_tail is None or name not in card.long_tail.tail:
            return words.class_label(name)
        return self.tr("{name} (tail)").format(name=words.class_label(name))


class ClassMatrix(QWidget):
    """Classes × models: one metric under one alignment variant, with small bars."""

    def __init__(self) -> None:
        super().__init__()
        self._models: Sequence[ModelFacts] = ()
        self.grid = Grid(self.tr("One metric for each class and model"), bars=True)
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Metric"))
        for name in words.METRICS:
            self.which.addItem(words.metric_title(name), name)
        self.variant = QComboBox()
        self.variant.setAccessibleName(self.tr("Alignment"))
        for box in (self.which, self.variant):
            box.currentIndexChanged.connect(lambda index: self._fill())
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, 0, 0)
        layout.setSpacing(gap)
        legend = label(self.tr("▲ best of the row"), "muted")
        layout.addWidget(row(self.which, self.variant, None, legend))
        layout.addWidget(self.grid, 1)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows other models."""
        self._models = models
        choices = [(self.tr("Default alignment of each"), ""), (words.variant_label(RAW), RAW)]
        names = dict.fromkeys(name for facts in models for name in facts.aligned_variants)
        choices += [(words.variant_label(name), name) for name in names]
        _offer(self.variant, choices)
        self._fill()

    def _fill(self) -> None:
        metric, variant = self.which.currentData(), self.variant.currentData()
        if not isinstance(metric, str) or not isinstance(variant, str):
            return
        shown = [_evaluation(facts, variant) for facts in self._models]

        def values_of(name: str) -> list[float | None]:
            return [words.value_of(of.per_class.get(name), metric) if of else None for of in shown]

        names = sorted({name for of in shown if of is not None for name in of.per_class})
        rows: list[Row] = [
            [
                Cell(words.class_label(name), is_left=True),
                *marked(metric, values_of(name), bars=True),
            ]
            for name in names
        ]
        rows += self._averages(shown, metric)
        self.grid.fill([self.tr("Class"), *(facts.model.name for facts in self._models)], rows)

    def _averages(self, shown: Sequence[VariantEvaluation | None], metric: str) -> list[Row]:
        """The means of all classes, head and tail; nothing where no model tells them apart."""
        if not any(of.tail_average for of in shown if of is not None):
            return []
        found = [
            (self.tr("Average of the classes"), [of.class_average if of else None for of in shown]),
            (words.head_title(), [of.head_average if of else None for of in shown]),
            (words.tail_title(), [of.tail_average if of else None for of in shown]),
        ]
        rows: list[Row] = [self.tr("All classes")]
        for title, averages in found:
            values = [words.value_of(of, metric) for of in averages]
            rows.append([Cell(title, is_left=True), *marked(metric, values, bars=True)])
        return rows


def marked(metric: str, values: Sequence[float | None], *, bars: bool = False) -> list[Cell]:
    """Cells of one metric, the best marked unless all are alike to what is shown."""
    known = [value for value in values if value is not None]
    best = (min if metric in words.LOWER_IS_BETTER else max)(known, default=None)
    texts = [words.written(metric, value) for value in values]
    best_text = words.written(metric, best)
    is_told = len({text for text in texts if text != words.UNDEFINED}) > 1
    return [
        Cell(
            text,
            is_best=is_told and value is not None and text == best_text,
            is_quiet=value is None,
            bar=value if bars else None,
        )
        for text, value in zip(texts, values, strict=True)
    ]


def _evaluation(facts: ModelFacts, variant: str) -> VariantEvaluation | None:
    if not variant:
        return facts.aligned or facts.raw
    return facts.evaluation.find(variant) if facts.evaluation else None


def _pair(name: str, before: MetricRow, after: MetricRow | None) -> Cell:
    raw, aligned = words.value_of(before, name), words.value_of(after, name)
    if after is None:
        return Cell(words.written(name, raw), is_quiet=raw is None)
    if raw is None and aligned is None:
        return Cell(words.UNDEFINED, is_quiet=True)
    is_better = raw is not None and aligned is not None and words.is_better(name, aligned, raw)
    return Cell(words.written(name, aligned), before=words.written(name, raw), is_bold=is_better)


def _offer(box: QComboBox, choices: Sequence[tuple[str, str]]) -> None:
    """Offers other choices; what was chosen stays so where it is still offered."""
    kept = box.currentData()
    box.blockSignals(True)
    box.clear()
    for text, value in choices:
        box.addItem(text, value)
    box.setCurrentIndex(max(box.findData(kept), 0))
    box.blockSignals(False)
