"""Evaluations as text tables: raw beside aligned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich import box
from rich.table import Table

from inspector.core.evaluation import RAW, Evaluation, MetricRow, VariantEvaluation
from inspector.core.words import class_label, metric, percent, variant_label

_IMAGE = (("AUROC", "image_auroc"), ("AP", "image_ap"), ("F1-max", "image_f1_max"))
_PIXEL = (("AUROC", "pixel_auroc"), ("AP", "pixel_ap"), ("AUPRO", "pixel_aupro"))


def evaluation_tables(evaluation: Evaluation) -> Iterator[Table]:
    """One table for images, one for pixels, one for what the default threshold does."""
    raw = evaluation.find(RAW)
    if raw is None:
        return
    aligned = [variant for variant in evaluation.variants if variant.variant != RAW]
    shown = [raw, *aligned]
    yield _metrics("Images: raw beside aligned", shown, _IMAGE)
    if raw.absolute_unified.pixel_auroc is not None:
        yield _metrics("Pixels: raw beside aligned", shown, _PIXEL)
    yield _decisions(shown)


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
    add("class average", lambda variant: variant.class_average, "")
    add("absolute-unified", lambda variant: variant.absolute_unified, "bold")


def _of_class(name: str, variant: VariantEvaluation) -> MetricRow:
    return variant.per_class[name]
