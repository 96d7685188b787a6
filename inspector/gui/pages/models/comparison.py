"""Two or more models side by side: metrics, what they learned from, how they were trained."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.evaluation import RAW, MetricRow, VariantEvaluation
from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import Cell
from inspector.gui.pages.models.classes import marked
from inspector.gui.pages.models.facts import ModelFacts, differing, flat_parameters, tails_differ
from inspector.gui.pages.models.grid import Grid, Row
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, label, row

_UNIFIED, _AVERAGE, _HEAD, _TAIL = "unified", "average", "head", "tail"


class MetricComparison(QWidget):
    """Metrics in rows, models in columns, one group of rows for each alignment variant."""

    def __init__(self) -> None:
        super().__init__()
        self._models: Sequence[ModelFacts] = ()
        self.grid = Grid(self.tr("Metrics of the chosen models"))
        self.setting = Segments(
            [
                (_UNIFIED, self.tr("One threshold for all")),
                (_AVERAGE, self.tr("Average of the classes")),
                (_HEAD, self.tr("Head (High)")),
                (_TAIL, self.tr("Tail (Low)")),
            ],
            self.tr("Which metrics"),
        )
        self.setting.button_of(_HEAD).setToolTip(
            self.tr("Average of the classes with many training images")
        )
        self.setting.button_of(_TAIL).setToolTip(
            self.tr("Average of the classes with few training images")
        )
        self.setting.chosen.connect(lambda value: self._fill())
        self._warning = label("", wrap=True)
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, 0, 0)
        layout.setSpacing(gap)
        legend = label(self.tr("▲ best of the row"), "muted")
        layout.addWidget(row(self.setting, None, legend))
        layout.addWidget(self._warning)
        layout.addWidget(self.grid, 1)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows other models."""
        self._models = models
        judged = {of.evaluated.snapshot_id for of in models if of.evaluated is not None}
        warnings = []
        if len(judged) > 1:
            warnings.append(
                self.tr("⚠ They were evaluated on different states of the data: compare with care.")
            )
        if tails_differ(models):
            warnings.append(
                self.tr(
                    "⚠ Other classes are head and tail in each: compare High and Low with care."
                )
            )
        self._warning.setText("\n".join(warnings))
        self._warning.setVisible(bool(warnings))
        has_tail = any(of.raw is not None and of.raw.tail_average is not None for of in models)
        for value in (_HEAD, _TAIL):
            self.setting.button_of(value).setVisible(has_tail)
        if not has_tail and self.setting.value in (_HEAD, _TAIL):
            self.setting.set_value(_UNIFIED)
        self._fill()

    def _fill(self) -> None:
        names = [facts.model.name for facts in self._models]
        rows: list[Row] = [self.tr("Cost")]
        rows += self._costs()
        found = (name for facts in self._models for name in (RAW, *facts.aligned_variants))
        for variant in dict.fromkeys(found):
            rows.append(
                self.tr("Raw scores")
                if variant == RAW
                else self.tr("Aligned by {name}").format(name=words.variant_label(variant))
            )
            rows += [self._metric_row(variant, metric) for metric in words.METRICS]
        self.grid.fill([self.tr("Metric"), *names], rows)

    def _metric_row(self, variant: str, metric: str) -> list[Cell]:
        values = []
        for facts in self._models:
            of = facts.evaluation.find(variant) if facts.evaluation else None
            values.append(words.value_of(self._chosen(of), metric))
        return [Cell(words.metric_title(metric), is_left=True), *marked(metric, values)]

    def _chosen(self, of: VariantEvaluation | None) -> MetricRow | None:
        if of is None:
            return None
        rows = {_AVERAGE: of.class_average, _HEAD: of.head_average, _TAIL: of.tail_average}
        return rows.get(self.setting.value, of.absolute_unified)

    def _costs(self) -> list[list[Cell]]:
        def cells(title: str, values: Sequence[float | None], texts: Sequence[str]) -> list[Cell]:
            known = [value for value in values if value is not None]
            is_told = len(set(texts)) > 1
            return [
                Cell(title, is_left=True),
                *(
                    Cell(text, is_best=is_told and value is not None and value == min(known))
                    for value, text in zip(values, texts, strict=True)
                ),
            ]

        times = [facts.seconds for facts in self._models]
        sizes = [facts.size for facts in self._models]
        return [
            cells(self.tr("Training time"), times, [words.duration(time) for time in times]),
            cells(self.tr("Size on disk"), sizes, [words.size(size) for size in sizes]),
        ]


class Differences(QWidget):
    """In which training images and parameters the models differ; what is alike is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.summary = label("", "headline", wrap=True)
        self.grid = Grid(self.tr("Differences between the chosen models"))
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, 0, 0)
        layout.setSpacing(gap)
        layout.addWidget(self.summary)
        layout.addWidget(self.grid, 1)

    def show_models(self, models: Sequence[ModelFacts]) -> None:
        """Shows other models."""
        is_same = len({facts.model.digest for facts in models}) == 1
        self.summary.setText(
            self.tr("All were trained on the same images.")
            if is_same
            else self.tr("They were trained on different images.")
        )
        rows: list[Row] = [self.tr("Training images")]
        rows.append(
            self._line(
                self.tr("Snapshot"),
                [f"{facts.model.snapshot_id} ({facts.model.digest[:12]})" for facts in models],
            )
        )
        rows += self._images(models)
        rows.append(self.tr("Parameters and making"))
        different = differing([_made_with(facts) for facts in models])
        rows += [self._line(name, list(values)) for name, values in different.items()]
        if not different:
            rows.append([Cell(self.tr("No difference"), is_left=True, is_quiet=True)])
        self.grid.fill([self.tr("What"), *(facts.model.name for facts in models)], rows)

    def _images(self, models: Sequence[ModelFacts]) -> list[Row]:
        sets = [facts.card.training_images if facts.card else {} for facts in models]
        totals = [f"{words.images(sum(of.values()))}, {words.classes(len(of))}" for of in sets]
        rows: list[Row] = [self._line(self.tr("Together"), totals)]
        for name in sorted({name for of in sets for name in of}):
            counts = [of.get(name, 0) for of in sets]
            if len(set(counts)) > 1:
                texts = [words.number(count) for count in counts]
                rows.append(self._line(words.class_label(name), texts))
        return rows

    def _line(self, title: str, texts: Sequence[str]) -> list[Cell]:
        return [Cell(title, is_left=True), *(Cell(text) for text in texts)]


def _made_with(facts: ModelFacts) -> dict[str, str]:
    if facts.card is None:
        return {}
    made = {"method": facts.method_title, "device": facts.card.device}
    versions = {f"version of {name}": version for name, version in facts.card.versions.items()}
    return made | flat_parameters(facts.card) | versions
