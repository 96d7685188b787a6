"""How numbers and names are written, in reports, tables and the window alike."""

from __future__ import annotations

import math

UNDEFINED = "–"


def metric(value: float | None) -> str:
    """A metric in [0, 1] with three decimals; a dash where it is undefined."""
    return UNDEFINED if value is None else f"{value:.3f}"


def difference(before: float | None, after: float | None) -> str:
    """The signed change of a metric; empty where one is undefined or nothing visible changes."""
    if before is None or after is None or abs(after - before) < 0.0005:
        return ""
    return f"{after - before:+.3f}".replace("-", "−")


def score(value: float | None) -> str:
    """A score with about three significant digits, whatever its magnitude."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 6:
        return f"{value:.2e}".replace("-", "−")
    return f"{value:.{max(0, 2 - magnitude)}f}".replace("-", "−")


def percent(share: float | None) -> str:
    """A share in [0, 1] as a percentage, with a decimal only where it is small."""
    if share is None:
        return UNDEFINED
    value = 100 * share
    written = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
    return f"{written} %"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 class", "1 200 classes"."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{number:,} {noun}".replace(",", "\u202f")


def class_label(name: str) -> str:
    """A class name as it is shown; a class without name says so."""
    return name.strip() or "(no class)"


def variant_label(variant: str) -> str:
    """An alignment variant's name as it is shown."""
    known = {"none": "raw", "cada": "CADA", "cada-a": "CaDA-A", "cada-b": "CaDA-B"}
    return known.get(variant, variant.replace("sigma", "σ").replace("cada", "CADA"))


def variant_sentence(variant: str) -> str:
    """What an alignment variant goes by, in a sentence; empty for an unknown one."""
    known = {
        "none": "Scores as the detector gives them.",
        "cada": "The look of the image tells where its normal pixels lie; no class is ever given.",
        "cada-a": "Statistics of the image's class; the class must be known.",
        "cada-b": "Finds the class by itself, and takes its statistics; learned with class names.",
        "cada-sigma": "By mean and deviation: for training folders with unnoticed defects.",
        "cada-q": "The look of the image tells the median and a high quantile of its score.",
    }
    return known.get(variant, "")
