"""Evaluations as text tables: raw beside aligned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich import box
from rich.table import Table

from inspector.core.evaluation import RAW, Evaluation, MetricRow, VariantEvaluation
from inspector.core.words import class_label, metric, percent, variant_label
from inspector.project.matrix import COLUMNS, MatrixRow
from inspector.project.matrix_words import (
    column_title,
    minutes_text,
    short_method_text,
    spread_text,
    value_text,
)

_IMAGE = (("AUROC", "image_auroc"), ("AP", "image_ap"), ("F1-max", "image_f1_max"))
_PIXEL = (("AUROC", "pixel_auroc"), ("AP", "pixel_ap"), ("AUPRO", "pixel_aupro"))


def evaluation_tables(evaluation: Evaluation, default: str) -> Iterator[Table]:
    """One table for images, one for pixels, one for what the default thresholds do: raw beside the
    `default` variant; and all variants in one, where there are more.
    """
    raw = evaluation.find(RAW)
    if raw is None:
        return
    aligned = evaluation.find(default)
    shown = [raw] if aligned is None or aligned is raw else [raw, aligned]
    yield _metrics("Images: raw beside aligned", shown, _IMAGE)
    if raw.absolute_unified.pixel_auroc is not None:
        yield _metrics("Pixels: raw beside aligned", shown, _PIXEL)
    yield _decisions(shown)
    if len(evaluation.variants) > len(shown):
        yield _variants(evaluation, default)


def _variants(evaluation: Evaluation, default: str) -> Table:
    table = _table("All alignment variants: class average, and all images pooled")
    table.columns[0].header = "alignment"
    unified = (*_IMAGE, ("AUPRO", "pixel_aupro"))
    for heading in ("AUROC\naverage", *(f"{name}\npooled" for name, _ in unified)):
        table.add_column(heading, justify="right")
    for heading in ("flagged", "caught"):
        table.add_column(heading, justify="right")
    for variant in evaluation.variants:
        pooled = variant.absolute_unified
        table.add_row(
            variant_label(variant.variant),
            metric(variant.class_average.image_auroc),
            *(metric(getattr(pooled, attribute)) for _, attribute in unified),
            percent(pooled.false_positive_rate),
            percent(pooled.true_positive_rate),
            style="bold" if variant.variant == default else "",
        )
    return table


def matrix_table(rows: Sequence[MatrixRow]) -> Table:
    """Methods × alignment variants; medians over seeds with their spread below."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="", padding=(0, 1, 0, 0))
    table.add_column("method", no_wrap=True)
    table.add_column("alignment", no_wrap=True)
    for column in COLUMNS:
        # Short headings: with them the table fits 100 columns.
        title = "\n".join(column_title(column)).replace("average", "avg.").replace(" ", "\n")
        table.add_column(title, justify="right")
    table.add_column("training\nminutes", justify="right")
    before = ""
    for row in rows:
        name = short_method_text(row)
        if before and name != before:
            table.add_section()
        cells = [
            "\n".join(filter(None, (value_text(c, row.metrics[c]), spread_text(c, row.metrics[c]))))
            for c in COLUMNS
        ]
        shown = name if name != before else ""
        table.add_row(shown, variant_label(row.variant), *cells, minutes_text(row.minutes))
        before = name
    return table


def _table(title: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="",
    )
    table.add_column("class", no_wrap=True)
    return table


def _metrics(
    title: str, variants: list[VariantEvaluation], columns: tuple[tuple[str, str], ...]
) -> Table:
    table = _table(title)
    for heading, _ in columns:
        for variant in variants:
            table.add_column(f"{heading}\n{variant_label(variant.variant)}", justify="right")

    def add(label: str, row_of: Callable[[VariantEvaluation], MetricRow], style: str) -> None:
        cells = [
            metric(getattr(row_of(variant), attribute))
            for _, attribute in columns
            for variant in variants
        ]
        table.add_row(label, *cells, style=style)

    _rows(variants[0], add, table)
    return table


def _decisions(variants: list[VariantEvaluation]) -> Table:
    table = _table("Decisions at the default thresholds, which no defect has helped to choose")
    for heading in ("good", "bad"):
        table.add_column(heading, justify="right")
    for heading in ("flagged", "caught"):
        for variant in variants:
            table.add_column(f"{heading}\n{variant_label(variant.variant)}", justify="right")

    def add(label: str, row_of: Callable[[VariantEvaluation], MetricRow], style: str) -> None:
        rows = [row_of(variant) for variant in variants]
        table.add_row(
            label,
            str(rows[0].n_good),
            str(rows[0].n_defective),
            *(percent(row.false_positive_rate) for row in rows),
            *(percent(row.true_positive_rate) for row in rows),
            style=style,
        )

    _rows(variants[0], add, table)
    return table


def _rows(
    first: VariantEvaluation,
    add: Callable[[str, Callable[[VariantEvaluation], MetricRow], str], None],
    table: Table,
) -> None:
    for name in first.per_class:
        add(class_label(name), partial(_of_class, name), "")
    table.add_section()
    for label in first.averages():
        add(label, partial(_average, label), "")
    add("absolute-unified", lambda variant: variant.absolute_unified, "bold")


def _of_class(name: str, variant: VariantEvaluation) -> MetricRow:
    return variant.per_class[name]


def _average(label: str, variant: VariantEvaluation) -> MetricRow:
    return variant.averages()[label]
