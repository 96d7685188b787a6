"""Score distributions per class: densities, places on an axis, and counts under one threshold.

A *group* is the images of one class with one truth. A *place* is a share of an axis: 0 at its low
end, 1 at its high end; what scores off the axis has a place outside of [0, 1].
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspector.core.thresholds import Confusion

Side = Literal["raw", "aligned"]
Order = Literal["size", "name", "median"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NORMAL, DEFECTIVE, UNKNOWN = 0, 1, -1
"""Truths as `ScoreSet.labels` writes them; the last is index 2 among a class's groups."""
KINDS = 3
GRID = 385
"""Points of a density over the whole axis."""
NARROWEST = 0.006
"""Least bandwidth, in shares of the axis, so that equal scores still show."""
_NEEDED = 3  # scores without which a density says nothing


@dataclass(frozen=True, slots=True, eq=False)
class ScoreSet:
    """The scores of N images of K classes, raw and aligned.

    Attributes:
        image_ids: (N,) int64, what the project calls the images; each once.
        class_index: (N,) int64 in [0, K).
        class_names: K names.
        labels: (N,) int8: 0 normal, 1 defective, -1 unknown.
        raw: (N,) float64, finite.
        aligned: (N,) float64, finite.

    Raises:
        ValueError: Shapes differ, an index or a label is out of range, a score is not finite.
    """

    image_ids: Ints
    class_index: Ints
    class_names: tuple[str, ...]
    labels: NDArray[np.int8]
    raw: Floats
    aligned: Floats

    def __post_init__(self) -> None:
        shape = (self.image_ids.size,)
        for name in ("image_ids", "class_index", "labels", "raw", "aligned"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} {getattr(self, name).shape} must be {shape}")
        if not np.isin(self.labels, (NORMAL, DEFECTIVE, UNKNOWN)).all():
            raise ValueError("labels must be 0, 1 or -1")
        if np.any((self.class_index < 0) | (self.class_index >= len(self.class_names))):
            raise ValueError("class_index must point into class_names")
        if not (np.isfinite(self.raw).all() and np.isfinite(self.aligned).all()):
            raise ValueError("scores must be finite")

    @property
    def size(self) -> int:
        """N."""
        return int(self.image_ids.size)

    @property
    def n_classes(self) -> int:
        """K."""
        return len(self.class_names)

    @property
    def groups(self) -> Ints:
        """(N,) group of each image: three per class, in the order normal, defective, unknown."""
        return self.class_index.astype(np.int64) * KINDS + self.labels.astype(np.int64) % KINDS

    def scores(self, side: Side) -> Floats:
        """(N,) scores of one side."""
        return self.raw if side == "raw" else self.aligned


class SortedScores:
    """Scores sorted within their groups: quantiles and counts without another pass over all."""

    def __init__(self, scores: Floats, groups: Ints, n_groups: int) -> None:
        order = np.lexsort((scores, groups))
        self._starts = np.searchsorted(groups[order], np.arange(n_groups + 1))
        self._groups = np.split(scores[order], self._starts[1:-1]) if n_groups else []

    @property
    def sizes(self) -> Ints:
        """(n_groups,) scores in each group."""
        return np.diff(self._starts).astype(np.int64)

    def above(self, threshold: float) -> Ints:
        """(n_groups,) scores > threshold in each group."""
        return np.array(
            [g.size - int(g.searchsorted(threshold, side="right")) for g in self._groups], np.int64
        )

    def medians(self) -> Floats:
        """(n_groups,) median of each group; NaN where it is empty."""
        return np.array([_quantile(g, 0.5) if g.size else math.nan for g in self._groups])

    def bandwidths(self) -> Floats:
        """(n_groups,) Silverman's bandwidth 0.9·min(σ, IQR/1.34)·n^(-1/5); 0 for equal scores."""
        return np.array([_silverman(g) for g in self._groups])


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What one threshold does to each class.

    Attributes:
        flagged: (K, 3) int64, images above the threshold: normal, defective, unknown.
        totals: (K, 3) int64, images in all.
    """

    flagged: Ints
    totals: Ints

    @classmethod
    def of(cls, flagged: Ints, totals: Ints) -> Tally:
        """From counts per group, (3 K,) each."""
        return cls(flagged.reshape(-1, KINDS), totals.reshape(-1, KINDS))

    def confusion(self, class_index: int | None = None) -> Confusion:
        """Counts of one class, or of all together; images of unknown truth are left aside."""
        chosen = slice(None) if class_index is None else slice(class_index, class_index + 1)
        fp, tp, _ = (int(n) for n in self.flagged[chosen].sum(axis=0))
        normal, defective, _ = (int(n) for n in self.totals[chosen].sum(axis=0))
        return Confusion(tp=tp, fp=fp, tn=normal - fp, fn=defective - tp)


class ThresholdCounts:
    """Live confusions of one side: sorted once, then counted by binary search."""

    def __init__(self, score_set: ScoreSet, side: Side) -> None:
        self.sorted = SortedScores(
            score_set.scores(side), score_set.groups, score_set.n_classes * KINDS
        )

    def at(self, threshold: float) -> Tally:
        """The counts with `score > threshold` flagged."""
        return Tally.of(self.sorted.above(threshold), self.sorted.sizes)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis of scores from `low` to `high`, low < high."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """Scores from end to end."""
        return self.high - self.low

    def places(self, scores: Floats) -> Floats:
        """Shares of the axis at which the scores lie."""
        return (scores - self.low) / self.span

    def place(self, score: float) -> float:
        """`places` of a single score."""
        return (score - self.low) / self.span

    def score(self, place: float) -> float:
        """The score at a place."""
        return self.low + place * self.span

    def text(self, score: float) -> str:
        """A score with as many decimals as can be told apart on this axis."""
        decimals = min(9, max(0, 2 - math.floor(math.log10(self.span))))
        return f"{score:.{decimals}f}".replace("-", "−")

    def ticks(self, wanted: int) -> list[tuple[float, str]]:
        """At most about `wanted` round scores, as places with their labels."""
        rough = self.span / max(1, wanted)
        power = 10.0 ** math.floor(math.log10(rough))
        multiple = next(m for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
        step = multiple * power
        decimals = min(9, max(0, (multiple == 2.5) - math.floor(math.log10(step) + 1e-9)))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [
            (self.place(i * step), f"{i * step:.{decimals}f}".replace("-", "−"))
            for i in range(first, last + 1)
        ]


def axis_for(score_set: ScoreSet, side: Side, threshold: float | None) -> Axis:
    """The axis that shows nearly all scores, and the threshold always.

    It spans the 0.5th to the 99.5th percentile. Defects can score many times higher than anything
    normal and would squeeze the normal scores, which the picture is about, into a line; so it ends
    where these still take about a quarter of it.
    """
    scores = score_set.scores(side)
    if scores.size == 0:
        middle = threshold or 0.0
        return Axis(middle - 1.0, middle + 1.0)
    low, high = (float(q) for q in np.quantile(scores, (0.005, 0.995)))
    normal = scores[score_set.labels == NORMAL]
    if normal.size:
        start, end = (float(q) for q in np.quantile(normal, (0.005, 0.995)))
        end = end if threshold is None else max(end, threshold)
        if end > start:
            high = min(high, end + 2.5 * (end - start))
            low = max(low, start - (end - start))
    if threshold is not None:
        low, high = min(low, threshold), max(high, threshold)
    least = 1e-6 * max(abs(low), abs(high), 1e-3)
    if high - low < least:
        half = 0.5 * (abs(low) or 1.0)
        low, high = low - half, high + half
    margin = 0.04 * (high - low)
    return Axis(low - margin, high + margin)


def anchored(
    left: Axis, right: Axis, left_threshold: float, right_threshold: float
) -> tuple[Axis, Axis]:
    """The two axes, widened so that both thresholds lie at the same place.

    The thresholds must lie within their axes.
    """
    places = left.place(left_threshold), right.place(right_threshold)
    target = min(max(sum(places) / 2, 0.1), 0.9)
    return _with_place(left, left_threshold, target), _with_place(right, right_threshold, target)


def morph(left: Floats, right: Floats, t: float) -> Floats:
    """Places on the way from `left` (t = 0) to `right` (t = 1)."""
    return left + (right - left) * t


def densities(places: Floats, groups: Ints, n_groups: int, bandwidths: Floats) -> Floats:
    """Gaussian kernel densities of all groups at once.

    Linear binning on a grid that reaches half an axis beyond both ends, and one convolution by
    FFT: the time hardly depends on the number of scores.

    Args:
        places: (N,) float, places on the axis.
        groups: (N,) int in [0, n_groups).
        n_groups: Number of groups.
        bandwidths: (n_groups,) float, standard deviations in shares of the axis, > 0.

    Returns:
        (n_groups, GRID) float ≥ 0 at places 0 to 1; integrates to the group's share within the
        axis; all zero where a group has fewer than three scores.
    """
    step = 1.0 / (GRID - 1)
    width = 2 * (GRID - 1)
    cells = (places + 0.5) / step
    near = (cells >= 0) & (cells < width)
    cells, chosen = cells[near], groups[near]
    first = cells.astype(np.int64)
    share = cells - first
    index = chosen * (width + 1) + first
    counts = np.bincount(index, 1 - share, n_groups * (width + 1))
    counts += np.bincount(index + 1, share, n_groups * (width + 1))
    waves = np.fft.rfft(counts.reshape(n_groups, width + 1), 2 * width, axis=1)
    frequencies = 2 * np.pi * np.fft.rfftfreq(2 * width, step)
    waves *= np.exp(-0.5 * (bandwidths[:, None] * frequencies) ** 2)
    smooth = np.fft.irfft(waves, 2 * width, axis=1)[:, GRID // 2 : GRID // 2 + GRID]
    sizes = np.bincount(groups, minlength=n_groups)
    scale = np.where(sizes >= _NEEDED, 1 / (np.maximum(sizes, 1) * step), 0.0)
    result: Floats = np.maximum(smooth, 0) * scale[:, None]
    return result


def jitter(image_ids: Ints) -> Floats:
    """(N,) numbers in [0, 1) that look random and are always the same for the same image."""
    x = image_ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def class_order(score_set: ScoreSet, by: Order) -> Ints:
    """(K,) class indices: largest first, by name, or by the raw median of the normal images.

    A class without normal images goes by its other images. Ties are broken by name.
    """
    names = np.argsort(np.argsort(np.array([n.casefold() for n in score_set.class_names])))
    if by == "name":
        return np.argsort(names).astype(np.int64)
    if by == "size":
        sizes = np.bincount(score_set.class_index, minlength=score_set.n_classes)
        return np.lexsort((names, -sizes)).astype(np.int64)
    groups = score_set.groups
    medians = SortedScores(score_set.raw, groups, score_set.n_classes * KINDS).medians()
    others = SortedScores(score_set.raw, score_set.class_index, score_set.n_classes).medians()
    normal = medians[::KINDS]
    return np.lexsort((names, np.where(np.isnan(normal), others, normal))).astype(np.int64)


def as_csv(score_set: ScoreSet) -> str:
    """One line per image: id, class, truth, raw and aligned score."""
    words = {NORMAL: "good", DEFECTIVE: "defective", UNKNOWN: ""}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image_id", "class", "truth", "raw_score", "aligned_score"))
    writer.writerows(
        (image_id, score_set.class_names[index], words[label], repr(raw), repr(aligned))
        for image_id, index, label, raw, aligned in zip(
            score_set.image_ids.tolist(),
            score_set.class_index.tolist(),
            score_set.labels.tolist(),
            score_set.raw.tolist(),
            score_set.aligned.tolist(),
            strict=True,
        )
    )
    return text.getvalue()


def _with_place(axis: Axis, score: float, target: float) -> Axis:
    """The axis, widened at one end, with `score` at `target`, which lies strictly within (0, 1)."""
    if axis.place(score) < target:
        return Axis((score - target * axis.high) / (1 - target), axis.high)
    return Axis(axis.low, axis.low + (score - axis.low) / target)


def _quantile(ascending: Floats, share: float) -> float:
    """As numpy's default, on sorted scores."""
    at = share * (ascending.size - 1)
    low = math.floor(at)
    high = min(low + 1, ascending.size - 1)
    return float(ascending[low] + (ascending[high] - ascending[low]) * (at - low))


def _silverman(ascending: Floats) -> float:
    if ascending.size < 2:
        return 0.0
    deviation = float(np.std(ascending, ddof=1))
    quartiles = (_quantile(ascending, 0.75) - _quantile(ascending, 0.25)) / 1.34
    spread = min(deviation, quartiles) or deviation
    return 0.9 * spread / math.pow(ascending.size, 0.2)
