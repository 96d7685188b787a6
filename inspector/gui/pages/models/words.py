"""How the page writes numbers: metrics, times, sizes; "–" for what is not defined."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QLocale

from inspector.core.evaluation import MetricRow
from inspector.core.words import UNDEFINED, class_label, metric, percent, variant_label

__all__ = ["METRICS", "UNDEFINED", "class_label", "metric", "percent", "variant_label"]

METRICS: tuple[str, ...] = (
    "image_auroc",
    "image_ap",
    "image_f1_max",
    "pixel_auroc",
    "pixel_ap",
    "pixel_aupro",
    "false_positive_rate",
    "true_positive_rate",
)
"""The metrics shown, in their order; names of `MetricRow`."""

LOWER_IS_BETTER = frozenset({"false_positive_rate"})


def metric_title(name: str) -> str:
    """A metric's name for people."""
    titles = {
        "image_auroc": QCoreApplication.translate("Models", "Image AUROC"),
        "image_ap": QCoreApplication.translate("Models", "Image AP"),
        "image_f1_max": QCoreApplication.translate("Models", "Image F1-max"),
        "pixel_auroc": QCoreApplication.translate("Models", "Pixel AUROC"),
        "pixel_ap": QCoreApplication.translate("Models", "Pixel AP"),
        "pixel_aupro": QCoreApplication.translate("Models", "AUPRO"),
        "false_positive_rate": QCoreApplication.translate("Models", "Good flagged"),
        "true_positive_rate": QCoreApplication.translate("Models", "Defects caught"),
    }
    return titles[name]


def head_title() -> str:
    """The average of the classes with many training images."""
    return QCoreApplication.translate("Models", "Average of the head (High)")


def tail_title() -> str:
    """The average of the classes with few training images."""
    return QCoreApplication.translate("Models", "Average of the tail (Low)")


def value_of(row: MetricRow | None, name: str) -> float | None:
    """One metric of a row; None without a row."""
    value: float | None = getattr(row, name) if row is not None else None
    return value


def written(name: str, value: float | None) -> str:
    """A metric's value: rates as percentages, all else with three decimals."""
    return percent(value) if name.endswith("_rate") else metric(value)


def is_better(name: str, value: float, other: float) -> bool:
    """Whether a value beats another one visibly."""
    gain = other - value if name in LOWER_IS_BETTER else value - other
    return gain >= 0.0005


def number(value: int | None) -> str:
    """A whole number as the system writes it."""
    return UNDEFINED if value is None else QLocale().toString(value)


def size(count: int) -> str:
    """Bytes in words: "23.4 MB"."""
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def duration(seconds: float | None) -> str:
    """A time span in its two largest units: "3 min 10 s"."""
    if seconds is None:
        return UNDEFINED
    whole = max(round(seconds), 0)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return QCoreApplication.translate("Models", "{hours} h {minutes} min").format(
            hours=hours, minutes=minutes
        )
    if minutes:
        return QCoreApplication.translate("Models", "{minutes} min {seconds} s").format(
            minutes=minutes, seconds=rest
        )
    return QCoreApplication.translate("Models", "{seconds} s").format(seconds=rest)


def moment(created: str) -> tuple[str, str]:
    """Day and time of day of an ISO 8601 moment, where the computer stands."""
    try:
        local = datetime.fromisoformat(created).astimezone()
    except ValueError:
        return created or UNDEFINED, ""
    return local.strftime("%Y-%m-%d"), local.strftime("%H:%M")


def classes(count: int) -> str:
    """ "5 classes"."""
    if count == 1:
        return QCoreApplication.translate("Models", "1 class")
    return QCoreApplication.translate("Models", "{n} classes").format(n=number(count))


def images(count: int) -> str:
    """ "711 images"."""
    if count == 1:
        return QCoreApplication.translate("Models", "1 image")
    return QCoreApplication.translate("Models", "{n} images").format(n=number(count))
