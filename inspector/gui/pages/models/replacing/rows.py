"""A comparison as rows of cells: old → new, and below it the difference, with ▲ better, ▼ worse."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from inspector.core.evaluation import MetricRow
from inspector.core.model_comparison import ComparedRow, Comparison
from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import Cell
from inspector.gui.pages.models.grid import Row

translate = QCoreApplication.translate

BETTER, WORSE = "▲", "▼"

_METRICS = (
    "image_auroc",
    "image_ap",
    "pixel_auroc",
    "pixel_aupro",
    "false_positive_rate",
    "true_positive_rate",
)

_Column = Callable[[ComparedRow], Cell]


def table_of(comparison: Comparison) -> tuple[list[str], list[Row]]:
    """Headings and rows, all images together first; columns without anything known are left out."""
    compared = [comparison.together, *comparison.classes]
    shown = [
        (words.metric_title(name), _metric_column(name))
        for name in _METRICS
        if any(_is_known(row.old, name) or _is_known(row.new, name) for row in compared)
    ]
    shown.append((translate("Replacing", "Images flagged"), _flagged))
    if comparison.together.old_counts.said:
        shown.append((translate("Replacing", "Verdicts agreed with"), _agreed))
    rows: list[Row] = [
        [_name_cell(row, is_all=place == 0), *(column(row) for _, column in shown)]
        for place, row in enumerate(compared)
    ]
    return [translate("Replacing", "Class"), *(title for title, _ in shown)], rows


def summary(comparison: Comparison) -> str:
    """What the numbers are of, and what is not known, in sentences."""
    said: list[str] = []
    if comparison.n_judged:
        text = translate(
            "Replacing",
            "Both are judged by the same {n} test images, each model at its own threshold.",
        )
        said.append(text.format(n=words.number(comparison.n_judged)))
    else:
        said.append(
            translate(
                "Replacing",
                "No test image has a known truth, so nobody can say here which model is right: "
                "only what each flags at its own threshold.",
            )
        )
    if comparison.n_learned:
        text = translate(
            "Replacing", "{n} are left out, as one of the models learned from defects on them."
        )
        said.append(text.format(n=words.images(comparison.n_learned)))
    if comparison.n_unscored:
        text = translate("Replacing", "{n} were scored by one of the models only and are left out.")
        said.append(text.format(n=words.images(comparison.n_unscored)))
    before, after = comparison.calibration_flagged
    if before is not None and after is not None:
        text = translate(
            "Replacing", "Of the good images held out in training, {old} → {new} are flagged."
        )
        said.append(text.format(old=words.percent(before), new=words.percent(after)))
    return " ".join(said)


def trend(name: str, before: float | None, after: float | None) -> tuple[str, str]:
    """The difference with its arrow, and the role of its colour; empty where one is unknown."""
    if before is None or after is None:
        return "", ""
    is_rate = name.endswith("_rate")
    change = 100 * (after - before) if is_rate else after - before
    if abs(change) < (0.05 if is_rate else 0.0005):
        return translate("Replacing", "no change"), ""
    number = f"{change:+.1f}" if is_rate else f"{change:+.3f}"
    written = number.replace("-", "−")
    if is_rate:
        written = translate("Replacing", "{number} points").format(number=written)
    if words.is_better(name, after, before):
        return f"{BETTER} {written}", "ok"
    return f"{WORSE} {written}", "ng"


def _metric_column(name: str) -> _Column:
    def cell(row: ComparedRow) -> Cell:
        before, after = words.value_of(row.old, name), words.value_of(row.new, name)
        if before is None and after is None:
            return Cell(words.UNDEFINED, is_quiet=True)
        below, role = trend(name, before, after)
        return Cell(
            words.written(name, after),
            before=words.written(name, before),
            below=below,
            below_role=role,
            is_bold=bool(role),
        )

    return cell


def _flagged(row: ComparedRow) -> Cell:
    """How many are flagged; which of it is right is not said here."""
    return _numbers(row.old_counts.flagged, row.new_counts.flagged, is_good=False)


def _agreed(row: ComparedRow) -> Cell:
    if not row.old_counts.said:
        return Cell(words.UNDEFINED, is_quiet=True)
    made = _numbers(row.old_counts.agreed, row.new_counts.agreed, is_good=True)
    tip = translate("Replacing", "of {n} verdicts").format(n=words.number(row.old_counts.said))
    return Cell(
        made.text, before=made.before, below=made.below, below_role=made.below_role, tip=tip
    )


def _numbers(before: int, after: int, *, is_good: bool) -> Cell:
    change = after - before
    below, role = translate("Replacing", "no change"), ""
    if change:
        below = f"{change:+d}".replace("-", "−")
        if is_good:
            role = "ok" if change > 0 else "ng"
            below = f"{BETTER if change > 0 else WORSE} {below}"
    return Cell(words.number(after), before=words.number(before), below=below, below_role=role)


def _name_cell(row: ComparedRow, *, is_all: bool) -> Cell:
    name = translate("Replacing", "All") if is_all else words.class_label(row.name)
    good, bad = row.old.n_good, row.old.n_defective
    below = translate("Replacing", "{n} images").format(n=words.number(row.old_counts.images))
    if good or bad:
        below = translate("Replacing", "{good} good, {bad} defective").format(
            good=words.number(good), bad=words.number(bad)
        )
    return Cell(name, below=below, is_left=True, is_bold=is_all)


def _is_known(row: MetricRow, name: str) -> bool:
    return words.value_of(row, name) is not None
