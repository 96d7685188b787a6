"""The report's first screen: the one number, and what it means in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.core import words
from inspector.core.evaluation import MetricRow, VariantEvaluation
from inspector.core.samples import Truth
from inspector.project.report.content import ReportContent


@dataclass(frozen=True, slots=True)
class Tile:
    """A small figure beside the headline."""

    label: str
    value: str
    note: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands in big type.

    Attributes:
        label: What the number is.
        before: The raw score's number; empty where there is nothing to compare.
        after: The default variant's number.
        sentence: What it means.
        tiles: Threshold, false alarms and catches.
    """

    label: str
    before: str
    after: str
    sentence: str
    tiles: tuple[Tile, ...]


def summary(content: ReportContent) -> str:
    """How many classes and images of each truth the report covers."""
    truths = [r.truth for r in content.results]
    parts = [
        words.count(len({r.class_name for r in content.results}), "class", "classes"),
        words.count(len(truths), "image"),
    ]
    for truth, name in (
        (Truth.GOOD, "good"),
        (Truth.DEFECTIVE, "defective"),
        (Truth.UNKNOWN, "unlabelled"),
    ):
        if truth in truths:
            parts.append(words.count(truths.count(truth), name, name))
    return " · ".join(parts)


def headline(content: ReportContent) -> Headline:
    """The headline that fits what is labelled."""
    shown = content.shown
    before = None if content.aligned is None else content.raw
    tiles = _tiles(content, before, shown)
    if shown is None or shown.absolute_unified.image_auroc is None:
        return _without_defects(content, shown, tiles)
    after_value = shown.absolute_unified.image_auroc
    before_value = None if before is None else before.absolute_unified.image_auroc
    return Headline(
        label="Absolute-unified image AUROC",
        before="" if before_value is None else words.metric(before_value),
        after=words.metric(after_value),
        sentence=_meaning(before_value, after_value, len(shown.per_class)),
        tiles=tiles,
    )


def _meaning(before: float | None, after: float, n_classes: int) -> str:
    mixed = "" if n_classes < 2 else f" of any of the {n_classes} classes, on one scale"
    sentence = (
        f"Take one defective and one good part at random{mixed}: "
        f"the defective one scores higher in {_of_hundred(after)} cases"
    )
    if before is None:
        return f"{sentence}."
    return f"{sentence} with alignment, in {_of_hundred(before)} without."


def _of_hundred(share: float) -> str:
    if share == 1:
        return "all"
    hundredths = 100 * share
    if hundredths > 99.5:
        return "more than 99 of 100"
    return f"{hundredths:.0f} of 100"


def _without_defects(
    content: ReportContent,
    shown: VariantEvaluation | None,
    tiles: tuple[Tile, ...],
) -> Headline:
    truths = {r.truth for r in content.results}
    if not truths:
        return Headline(
            "Absolute-unified image AUROC", "", words.UNDEFINED, "No image was scored.", tiles
        )
    lacking = "defective" if Truth.DEFECTIVE not in truths else "good"
    sentence = (
        f"No image here is labelled {lacking}, so how well good and defective parts are told apart "
        "cannot be measured."
    )
    if content.n_painted and lacking == "defective":
        sentence = (
            "No image labelled defective is left to measure how well good and defective parts are "
            f"told apart: {content.n_painted} are left out, as a model learned from defects "
            "painted on them."
        )
    rate = None if shown is None else shown.absolute_unified.false_positive_rate
    if rate is None:
        return Headline("Absolute-unified image AUROC", "", words.UNDEFINED, sentence, tiles)
    # No raw rate beside it: both thresholds aim at the same rate, so a change would mean nothing.
    return Headline(
        label="Good parts flagged",
        before="",
        after=words.percent(rate),
        sentence=f"{sentence} What can be: how many good parts one threshold flags.",
        tiles=tiles,
    )


def _tiles(
    content: ReportContent, before: VariantEvaluation | None, shown: VariantEvaluation | None
) -> tuple[Tile, ...]:
    if shown is None or shown.threshold is None:
        return (Tile("Threshold", words.UNDEFINED, "Not set, so nothing is decided."),)
    row = shown.absolute_unified
    raw = before.absolute_unified if before is not None else None
    return (
        Tile("One threshold", words.score(shown.threshold), "A higher score is NG."),
        Tile("Expected false alarms", *_expected(content, shown.threshold)),
        Tile(
            "Good parts flagged",
            words.percent(row.false_positive_rate),
            _counted(row.false_positive_rate, row.n_good),
            _before(raw, "false_positive_rate"),
        ),
        Tile(
            "Defects caught",
            words.percent(row.true_positive_rate),
            _counted(row.true_positive_rate, row.n_defective),
            _before(raw, "true_positive_rate"),
        ),
    )


def _expected(content: ReportContent, threshold: float) -> tuple[str, str]:
    """The false-positive rate promised for new parts, and on what grounds."""
    chosen = content.threshold
    if chosen is not None:
        grounds = f"Target, set on {words.count(chosen.n_scores, 'held-out good image')}."
        if not chosen.supported:
            needed = "no number" if chosen.needed is None else f"{chosen.needed} or more"
            grounds = (
                f"Target {words.percent(chosen.target)}, but set on only "
                f"{words.count(chosen.n_scores, 'held-out good image')}; it takes {needed}."
            )
            # With n scores, the largest of them is exceeded by one in n + 1 new ones on average.
            return f"≈ {words.percent(1 / (chosen.n_scores + 1))}", grounds
        return f"≤ {words.percent(chosen.target)}", grounds
    if len(content.held_out_scores):
        rate = float(np.mean(np.asarray(content.held_out_scores) > threshold))
        n = words.count(len(content.held_out_scores), "held-out good image")
        return words.percent(rate), f"Measured on {n}."
    return words.UNDEFINED, "No held-out good images."


def _counted(rate: float | None, total: int) -> str:
    if rate is None:
        return "No image is labelled so."
    return f"{round(rate * total)} of {total} in this evaluation."


def _before(raw: MetricRow | None, field: str) -> str:
    rate: float | None = None if raw is None else getattr(raw, field)
    return "" if rate is None else words.percent(rate)
