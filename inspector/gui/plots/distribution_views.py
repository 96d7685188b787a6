"""What a distribution plot shows at one moment, in shares of its axis; no Qt, no pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inspector.core.distributions import (
    GRID,
    KINDS,
    NARROWEST,
    Axis,
    Floats,
    Ints,
    ScoreSet,
    Side,
    Tally,
    ThresholdCounts,
    anchored,
    axis_for,
    densities,
    jitter,
    morph,
)


@dataclass(frozen=True, slots=True)
class Tick:
    """One label of the axis; `strength` from 0 (not shown) to 1."""

    place: float
    text: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where everything stands.

    Attributes:
        places: (N,) places of the images.
        heights: (N,) in [0, 1], how far each image's mark stands off its row's base line.
        ridges: (3 K, GRID) in [0, 1], each density to its own height; zero where there is none.
        medians: (K,) places of the normal medians; NaN where a class has no normal image.
    """

    places: Floats
    heights: Floats
    ridges: Floats
    medians: Floats


class View(Protocol):
    """What the plot asks of whatever it shows."""

    score_set: ScoreSet

    @property
    def threshold(self) -> float | None: ...
    @property
    def frame(self) -> Frame: ...
    @property
    def side(self) -> Side: ...
    @property
    def axis(self) -> Axis: ...
    @property
    def threshold_place(self) -> float | None: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def movable(self) -> bool: ...
    @property
    def moving(self) -> bool: ...
    def set_threshold(self, threshold: float | None) -> None: ...
    def ticks(self, wanted: int) -> list[Tick]: ...


class SideView:
    """One side of a score set on its own axis, with a threshold that can be moved."""

    def __init__(self, score_set: ScoreSet, side: Side, threshold: float | None) -> None:
        self.score_set = score_set
        self.side: Side = side
        self.threshold = threshold
        self._counts = ThresholdCounts(score_set, side)
        self._groups = score_set.groups
        self._jitter = jitter(score_set.image_ids)
        self.use_axis(axis_for(score_set, side, threshold))

    def use_axis(self, axis: Axis) -> None:
        """Places everything on another axis."""
        self.axis = axis
        self.places = axis.places(self.score_set.scores(self.side))
        self.bandwidths = np.maximum(self._counts.sorted.bandwidths() / axis.span, NARROWEST)
        self.medians = axis.places(self._counts.sorted.medians()[::KINDS])
        self.frame = frame_of(
            self.places, self._groups, self.bandwidths, self.medians, self._jitter
        )

    @property
    def movable(self) -> bool:
        return self.threshold is not None

    @property
    def moving(self) -> bool:
        return False

    @property
    def threshold_place(self) -> float | None:
        return None if self.threshold is None else self.axis.place(self.threshold)

    @property
    def tally(self) -> Tally:
        return self._counts.at(np.inf if self.threshold is None else self.threshold)

    def set_threshold(self, threshold: float | None) -> None:
        """Moves the threshold; the axis follows only where it would lie outside."""
        self.threshold = threshold
        if threshold is not None and not self.axis.low <= threshold <= self.axis.high:
            self.use_axis(axis_for(self.score_set, self.side, threshold))

    def ticks(self, wanted: int) -> list[Tick]:
        return [Tick(place, text) for place, text in self.axis.ticks(wanted)]


class MorphView:
    """All images on their way from raw (t = 0) to aligned (t = 1).

    Both axes are laid so that the thresholds fall together: what moves is the rows.
    """

    def __init__(
        self, score_set: ScoreSet, raw_threshold: float | None, aligned_threshold: float | None
    ) -> None:
        self.score_set = score_set
        self._raw = SideView(score_set, "raw", raw_threshold)
        self._aligned = SideView(score_set, "aligned", aligned_threshold)
        self._groups = score_set.groups
        self._jitter = jitter(score_set.image_ids)
        if raw_threshold is not None and aligned_threshold is not None:
            axes = anchored(self._raw.axis, self._aligned.axis, raw_threshold, aligned_threshold)
            self._raw.use_axis(axes[0])
            self._aligned.use_axis(axes[1])
        self.move(0.0)

    def move(self, t: float) -> None:
        """Goes to `t` in [0, 1]."""
        self.t = min(max(t, 0.0), 1.0)
        if not self.moving:
            self.frame = self._near.frame
            return
        raw, aligned = self._raw, self._aligned
        self.frame = frame_of(
            morph(raw.places, aligned.places, self.t),
            self._groups,
            morph(raw.bandwidths, aligned.bandwidths, self.t),
            morph(raw.medians, aligned.medians, self.t),
            self._jitter,
        )

    @property
    def _near(self) -> SideView:
        return self._raw if self.t < 0.5 else self._aligned

    @property
    def side(self) -> Side:
        """The nearer side."""
        return self._near.side

    @property
    def axis(self) -> Axis:
        return self._near.axis

    @property
    def threshold(self) -> float | None:
        """The threshold of the nearer side."""
        return self._near.threshold

    @property
    def movable(self) -> bool:
        """Only at rest does the line stand for one side's threshold."""
        return not self.moving and self._near.movable

    @property
    def moving(self) -> bool:
        """Whether the rows are between the two sides."""
        return 0.0 < self.t < 1.0

    @property
    def threshold_place(self) -> float | None:
        raw, aligned = self._raw.threshold_place, self._aligned.threshold_place
        if raw is None or aligned is None:
            return None
        return raw + (aligned - raw) * self.t

    @property
    def tally(self) -> Tally:
        """On the way, the images that stand beyond the line."""
        place = self.threshold_place
        if not self.moving or place is None:
            return self._near.tally
        n_groups = self.score_set.n_classes * KINDS
        flagged = np.bincount(self._groups[self.frame.places > place], minlength=n_groups)
        return Tally.of(flagged.astype(np.int64), self._near.tally.totals.ravel())

    def set_threshold(self, threshold: float | None) -> None:
        """Moves the nearer side's threshold."""
        self._near.set_threshold(threshold)
        self.move(self.t)

    def ticks(self, wanted: int) -> list[Tick]:
        """The ticks of the nearer side; they fade out half way."""
        strength = abs(2 * self.t - 1)
        return [Tick(place, text, strength) for place, text in self.axis.ticks(wanted)]


def frame_of(
    places: Floats, groups: Ints, bandwidths: Floats, medians: Floats, spread: Floats
) -> Frame:
    """Densities to their own heights, and marks spread at random within them.

    Args:
        places: (N,) places of the images.
        groups: (N,) groups.
        bandwidths: (3 K,) in shares of the axis.
        medians: (K,) places of the normal medians.
        spread: (N,) in [0, 1), each image's own constant.
    """
    ridges = densities(places, groups, bandwidths.size, bandwidths)
    peaks = ridges.max(axis=1, initial=0.0)
    ridges /= np.where(peaks > 0, peaks, 1.0)[:, None]
    cells = np.clip(np.rint(places * (GRID - 1)), 0, GRID - 1).astype(np.int64)
    under = np.where(peaks[groups] > 0, ridges[groups, cells], 0.5)
    beyond = (places < 0) | (places > 1)
    # Marks at the axis' end stand for scores beyond it, where no density says how high.
    heights = np.where(beyond, 0.1 + 0.8 * spread, 0.92 * spread * under)
    return Frame(places, heights, ridges, medians)


def rows_with_marks(score_set: ScoreSet) -> NDArray[np.bool_]:
    """(K,) whether a class is so small that each image gets a mark of its own."""
    sizes = np.bincount(score_set.class_index, minlength=score_set.n_classes)
    few: NDArray[np.bool_] = (sizes < 400) & (score_set.size <= 4000)
    return few
