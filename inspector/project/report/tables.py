"""The metric tables: raw beside aligned per class, and all variants side by side."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core import words
from inspector.core.evaluation import MetricRow
from inspector.project.report.content import ReportContent

COLUMNS = (
    ("I-AUROC", "image_auroc"),
    ("I-AP", "image_ap"),
    ("I-F1-max", "image_f1_max"),
    ("P-AUROC", "pixel_auroc"),
    ("P-AP", "pixel_ap"),
    ("P-AUPRO", "pixel_aupro"),
)
"""Heading and MetricRow field of each metric shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of one row: before, after, and what to make of the change.

    Attributes:
        raw: The raw score's metric, written out.
        aligned: The default variant's; empty where that is the raw score.
        change: Signed difference, empty where there is none to see.
        trend: "up", "down" or "", with a strength from 1 to 3: a style class.
    """

    raw: str
    aligned: str
    change: str
    trend: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the per-class table; `kind` is "class", "average" or "unified"."""

    kind: str
    name: str
    n_good: int
    n_defective: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One line of the variants' table: absolute-unified metrics, threshold and rates."""

    name: str
    default: bool
    metrics: tuple[str, ...]
    threshold: str
    flagged: str
    caught: str


def class_table(content: ReportContent) -> list[TableRow]:
    """The classes, then their averages, then all images pooled; empty where nothing is labelled."""
    raw, aligned = content.raw or content.shown, content.aligned
    if raw is None or not raw.per_class:
        return []
    after = {} if aligned is None else aligned.per_class
    rows = [
        _table_row("class", words.class_label(name), row, after.get(name))
        for name, row in raw.per_class.items()
    ]
    if len(rows) > 1:
        averages = {} if aligned is None else aligned.averages()
        rows += [
            _table_row("average", label, row, averages.get(label))
            for label, row in raw.averages().items()
        ]
    unified = None if aligned is None else aligned.absolute_unified
    rows.append(_table_row("unified", "absolute-unified", raw.absolute_unified, unified))
    return rows


def variant_table(content: ReportContent) -> list[VariantRow]:
    """Absolute-unified metrics of every variant; empty unless there are more than two."""
    variants = content.evaluation.variants
    if len(variants) <= 2:
        return []
    return [
        VariantRow(
            name=words.variant_label(v.variant),
            default=v.variant == content.default_variant,
            metrics=tuple(words.metric(getattr(v.absolute_unified, f)) for _, f in COLUMNS),
            threshold=words.score(v.threshold),
            flagged=words.percent(v.absolute_unified.false_positive_rate),
            caught=words.percent(v.absolute_unified.true_positive_rate),
        )
        for v in variants
    ]


def _table_row(kind: str, name: str, raw: MetricRow, aligned: MetricRow | None) -> TableRow:
    cells = tuple(_cell(raw, aligned, field) for _, field in COLUMNS)
    return TableRow(kind, name, raw.n_good, raw.n_defective, cells)


def _cell(raw: MetricRow, aligned: MetricRow | None, field: str) -> Cell:
    before: float | None = getattr(raw, field)
    if aligned is None:
        return Cell(words.metric(before), "", "", "")
    after: float | None = getattr(aligned, field)
    change = words.difference(before, after)
    trend = ""
    if change and before is not None and after is not None:
        size = abs(after - before)
        strength = 1 if size < 0.02 else 2 if size < 0.08 else 3
        trend = f"{'up' if after > before else 'down'} s{strength}"
    return Cell(words.metric(before), words.metric(after), change, trend)
