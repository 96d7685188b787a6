"""Detectors × alignment variants in one table: medians over seeds, and how far seeds spread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation

AVERAGE, UNIFIED, HEAD, TAIL = "average", "unified", "head", "tail"

COLUMNS: tuple[tuple[str, str], ...] = (
    ("image_auroc", AVERAGE),
    ("image_auroc", UNIFIED),
    ("image_ap", AVERAGE),
    ("image_ap", UNIFIED),
    ("pixel_aupro", AVERAGE),
    ("pixel_aupro", UNIFIED),
    ("false_positive_rate", UNIFIED),
    ("true_positive_rate", UNIFIED),
)
"""Metrics of `MetricRow`: averaged over the classes, or of all classes under one threshold."""

LONG_TAIL_COLUMNS: tuple[tuple[str, str], ...] = (
    ("image_auroc", HEAD),
    ("image_auroc", TAIL),
    ("pixel_aupro", HEAD),
    ("pixel_aupro", TAIL),
)
"""Likewise, averaged over the classes with many and with few training images (High and Low)."""

Column = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trained:
    """One trained and evaluated model.

    Attributes:
        method, preset: Names in the catalogue.
        changes: What differs from the preset, seed left out, in words; empty for nothing.
        seed: Of its training.
        model: Its name.
        seconds: How long the training worked; None where it is not known.
        evaluation: Its metrics.
    """

    method: str
    preset: str
    changes: str
    seed: int
    model: str
    seconds: float | None
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Spread:
    """A number over several seeds.

    Attributes:
        values: One for each seed that defines it.
        median: Of them.
        half_range: Half the distance from the lowest to the highest; None for a single one.
    """

    values: tuple[float, ...]
    median: float
    half_range: float | None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A method under one alignment variant.

    Attributes:
        method, preset, changes: As in `Trained`.
        variant: Name of the alignment variant.
        seeds, models: Of the models that it sums up, in order of the seeds.
        metrics: One for each of `COLUMNS` and `LONG_TAIL_COLUMNS`; None where no seed defines it.
        minutes: Of training; None where not known.
    """

    method: str
    preset: str
    changes: str
    variant: str
    seeds: tuple[int, ...]
    models: tuple[str, ...]
    metrics: dict[Column, Spread | None]
    minutes: Spread | None


def matrix_rows(
    trained: Iterable[Trained], variants: Collection[str] = ()
) -> tuple[MatrixRow, ...]:
    """The table: methods in the order in which they come, each with its variants.

    Args:
        trained: Models; those that differ in nothing but the seed make one row together.
        variants: Only these alignment variants; empty for all.
    """
    groups: dict[tuple[str, str, str], dict[int, Trained]] = {}
    for one in trained:
        groups.setdefault((one.method, one.preset, one.changes), {})[one.seed] = one
    rows = []
    for (method, preset, changes), by_seed in groups.items():
        of_group = [by_seed[seed] for seed in sorted(by_seed)]
        names = dict.fromkeys(v.variant for one in of_group for v in one.evaluation.variants)
        for name in names:
            if variants and name not in variants:
                continue
            having = [(one, v) for one in of_group if (v := one.evaluation.find(name)) is not None]
            evaluations = [v for _, v in having]
            rows.append(
                MatrixRow(
                    method=method,
                    preset=preset,
                    changes=changes,
                    variant=name,
                    seeds=tuple(one.seed for one, _ in having),
                    models=tuple(one.model for one, _ in having),
                    metrics={
                        column: _metric(evaluations, column)
                        for column in COLUMNS + LONG_TAIL_COLUMNS
                    },
                    minutes=spread([s / 60 for one, _ in having if (s := one.seconds) is not None]),
                )
            )
    return tuple(rows)


def columns_of(rows: Iterable[MatrixRow]) -> tuple[Column, ...]:
    """The columns to show: beside an average those of head and tail, where a model knows them."""
    known = {column for row in rows for column, found in row.metrics.items() if found is not None}
    columns: list[Column] = []
    for name, setting in COLUMNS:
        columns.append((name, setting))
        if setting == AVERAGE:
            parts = ((name, HEAD), (name, TAIL))
            columns += [part for part in parts if part in LONG_TAIL_COLUMNS and part in known]
    return tuple(columns)


def spread(values: Sequence[float]) -> Spread | None:
    """Median and half range; None without values."""
    if not values:
        return None
    half = (max(values) - min(values)) / 2 if len(values) > 1 else None
    return Spread(tuple(values), median(values), half)


def _metric(evaluations: Iterable[VariantEvaluation], column: Column) -> Spread | None:
    name, setting = column
    rows = (_row(of, setting) for of in evaluations)
    values = (getattr(row, name) for row in rows if row is not None)
    return spread([float(value) for value in values if value is not None])


def _row(of: VariantEvaluation, setting: str) -> MetricRow | None:
    rows = {AVERAGE: of.class_average, HEAD: of.head_average, TAIL: of.tail_average}
    return rows.get(setting, of.absolute_unified)
