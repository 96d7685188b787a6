"""Which images a person is shown for review, and in what order: bands and queues, pure numpy.

Two thresholds make three bands: score > `threshold` is NG, score ≤ `lower` is OK, and what lies
between is unsure. An image without a score is in none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LONGEST_PAUSE = 120.0
"""Seconds: who says nothing for longer is at breakfast, which does not slow the work."""
PACE_OF = 50
"""Verdicts that the pace is taken from, the latest ones."""


class Band(StrEnum):
    """What the two thresholds say of an image."""

    NG = "ng"
    UNSURE = "unsure"
    OK = "ok"


class Order(StrEnum):
    """The order of a queue."""

    HIGHEST = "highest"
    NEAREST = "nearest"
    NEWEST = "newest"
    LISTED = "listed"


BANDS: tuple[Band, ...] = tuple(Band)
NO_BAND = 255


def band_of(score: float, threshold: float, lower: float) -> Band | None:
    """The band of one score; None for NaN."""
    if np.isnan(score):
        return None
    if score > threshold:
        return Band.NG
    return Band.OK if score <= lower else Band.UNSURE


def bands_of(scores: Floats, threshold: float, lower: float) -> NDArray[np.uint8]:
    """(N,) positions in `BANDS`; `NO_BAND` where the score is NaN."""
    codes = np.full(scores.shape, BANDS.index(Band.UNSURE), np.uint8)
    codes[scores <= lower] = BANDS.index(Band.OK)
    codes[scores > threshold] = BANDS.index(Band.NG)
    codes[np.isnan(scores)] = NO_BAND
    return codes


def band_counts(codes: NDArray[np.uint8]) -> dict[Band, int]:
    """How many images lie in each band."""
    counted = np.bincount(codes, minlength=NO_BAND + 1)
    return {band: int(counted[index]) for index, band in enumerate(BANDS)}


def in_bands(codes: NDArray[np.uint8], wanted: Collection[Band]) -> NDArray[np.bool_]:
    """(N,) bool: images in one of the bands; with all of them, also those without a score."""
    if set(wanted) == set(BANDS):
        return np.ones(codes.shape, np.bool_)
    return np.isin(codes, [BANDS.index(band) for band in wanted])


def ordered(
    rows: Rows, order: Order, scores: Floats, threshold: float, times: NDArray[np.int64]
) -> Rows:
    """Some rows in an order; where two are equal, and for what has no score, as listed.

    Args:
        rows: (M,) positions in the columns.
        order: Highest score first, nearest to the threshold, newest file, or as listed.
        scores: (N,) scores, NaN where there is none: those come last.
        threshold: What NEAREST measures from.
        times: (N,) times of the files, any unit.
    """
    match order:
        case Order.HIGHEST:
            keys = -scores[rows]
        case Order.NEAREST:
            keys = np.abs(scores[rows] - threshold)
        case Order.NEWEST:
            return rows[np.argsort(-times[rows], kind="stable")]
        case Order.LISTED:
            return rows
    return rows[np.argsort(keys, kind="stable")]


def share_at_most(values: Floats, score: float) -> float | None:
    """Share of the values that a score reaches, in [0, 1]; None without values or score."""
    finite = values[np.isfinite(values)]
    if not finite.size or not np.isfinite(score):
        return None
    return float(np.mean(finite <= score))


def per_hour(seconds: Sequence[float]) -> float | None:
    """Pace of the latest verdicts, given at these times, ascending; None below two.

    A pause counts as `LONGEST_PAUSE` at most.
    """
    latest = np.asarray(seconds, np.float64)[-PACE_OF:]
    worked = float(np.minimum(np.diff(latest), LONGEST_PAUSE).sum())
    return (len(latest) - 1) * 3600 / worked if worked > 0 else None
