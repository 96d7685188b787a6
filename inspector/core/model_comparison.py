"""Two models on the same images: what each finds at its own threshold, and what changes.

Only images that both have scored count. Metrics are of labelled test images from which neither has
learned a painted defect, so both are judged by one and the same set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.class_pixels import PixelsByClass
from inspector.core.evaluation import ImageResult, MetricRow, VariantEvaluation, evaluate
from inspector.core.samples import Truth

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

NOTHING_SAID, SAID_OK, SAID_NG = -1, 0, 1
"""What a person said of an image."""

_OWN = "own"  # the one variant of an evaluation: each model's own
_NO_METRICS = MetricRow(0, 0, None, None, None, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class ComparedImages:
    """N images.

    Attributes:
        ids: (N,) int64.
        class_names: Product class of each.
        truths: What the data set says of each.
        is_test: (N,) bool, whether metrics may count it.
        said: (N,) int8, what a person said: `NOTHING_SAID`, `SAID_OK` or `SAID_NG`.
    """

    ids: NDArray[np.int64]
    class_names: Sequence[str]
    truths: Sequence[Truth]
    is_test: Bools
    said: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Judge:
    """One model as it decides.

    Attributes:
        threshold: A score above it is flagged.
        calibration: (M,) scores of normal images that the threshold comes from.
        scores: (N,) float64, of the images; NaN where it has scored none.
        learned: (N,) bool, images from whose painted defects it has learned.
    """

    threshold: float
    calibration: Floats
    scores: Floats
    learned: Bools

    @property
    def flagged(self) -> Bools:
        """(N,) bool, what it flags."""
        return self.scores > self.threshold

    @property
    def distances(self) -> Floats:
        """(N,) how far above the threshold, in steps from the typical normal score to it.

        So models whose scores have different units compare: a typical good part is at −1.
        """
        typical = float(np.median(self.calibration)) if self.calibration.size else 0.0
        step = self.threshold - typical
        return (self.scores - self.threshold) / (step if step > 0 else abs(self.threshold) or 1.0)

    @property
    def calibration_flagged(self) -> float | None:
        """Share of the calibration scores above the threshold; None without any."""
        return float(np.mean(self.calibration > self.threshold)) if self.calibration.size else None


@dataclass(frozen=True, slots=True)
class Counts:
    """What can be said without ground truth, of images from which neither model learned defects.

    Attributes:
        images: Both have scored them.
        flagged: Flagged among them.
        said: Those that a person called OK or NG.
        agreed: Those of them of which the model decides the same.
    """

    images: int
    flagged: int
    said: int
    agreed: int


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A class, or all images together: the old model beside the new one."""

    name: str
    old: MetricRow
    new: MetricRow
    old_counts: Counts
    new_counts: Counts


@dataclass(frozen=True, slots=True)
class Change:
    """An image of which the two models decide differently; distances as `Judge.distances`."""

    image_id: int
    is_flagged: bool  # by the new model; the old one says the opposite
    old_distance: float
    new_distance: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What replacing the old model by the new one would mean.

    Attributes:
        together: All images under one threshold.
        classes: By class, in alphabetical order.
        n_judged: Labelled test images that the metrics are of.
        n_learned: Labelled test images left out as one of the two learned from them.
        n_unscored: Images that only one of the two has scored.
        calibration_flagged: Share of normal calibration images that each flags, old and new.
        changes: The largest change first.
    """

    together: ComparedRow
    classes: tuple[ComparedRow, ...]
    n_judged: int
    n_learned: int
    n_unscored: int
    calibration_flagged: tuple[float | None, float | None]
    changes: tuple[Change, ...]


def judged_rows(images: ComparedImages, old: Judge, new: Judge) -> Bools:
    """(N,) bool: the images that metrics are made of."""
    known = np.array([truth is not Truth.UNKNOWN for truth in images.truths], np.bool_)
    return _scored(old, new) & images.is_test & known & ~(old.learned | new.learned)


def compare(
    images: ComparedImages,
    old: Judge,
    new: Judge,
    old_pixels: PixelsByClass,
    new_pixels: PixelsByClass,
) -> Comparison:
    """Compares two models.

    Args:
        images: The images.
        old: The model in use; its arrays are rows of `images`.
        new: The one that may replace it.
        old_pixels: Of its maps of the images of `judged_rows`.
        new_pixels: Likewise of the new one.
    """
    both, judged = _scored(old, new), judged_rows(images, old, new)
    before = _evaluated(images, judged, old, old_pixels)
    after = _evaluated(images, judged, new, new_pixels)
    counted = both & ~(old.learned | new.learned)
    names = np.array(images.class_names, dtype=object)

    def row(name: str, chosen: Bools, metrics: tuple[MetricRow, MetricRow]) -> ComparedRow:
        some = counted & chosen
        return ComparedRow(
            name, *metrics, _counts(images, some, old.flagged), _counts(images, some, new.flagged)
        )

    classes = tuple(
        row(
            name,
            names == name,
            (before.per_class.get(name, _NO_METRICS), after.per_class.get(name, _NO_METRICS)),
        )
        for name in sorted(set(names[counted].tolist()))
    )
    everything = np.ones(len(images.ids), np.bool_)
    learned = (old.learned | new.learned) & images.is_test & both
    return Comparison(
        together=row("", everything, (before.absolute_unified, after.absolute_unified)),
        classes=classes,
        n_judged=int(judged.sum()),
        n_learned=int(learned.sum()),
        n_unscored=int((np.isfinite(old.scores) ^ np.isfinite(new.scores)).sum()),
        calibration_flagged=(old.calibration_flagged, new.calibration_flagged),
        changes=_changes(images, both, old, new),
    )


def _scored(old: Judge, new: Judge) -> Bools:
    both: Bools = np.isfinite(old.scores) & np.isfinite(new.scores)
    return both


def _evaluated(
    images: ComparedImages, judged: Bools, judge: Judge, pixels: PixelsByClass
) -> VariantEvaluation:
    results = [
        ImageResult(
            image_id=int(images.ids[row]),
            path="",
            class_name=images.class_names[row],
            truth=images.truths[row],
            defect_kind="",
            raw_score=score,
            scores={_OWN: score},
            statistics={},
        )
        for row in np.flatnonzero(judged).tolist()
        for score in [float(judge.scores[row])]
    ]
    found = evaluate(results, {_OWN: judge.threshold}, {_OWN: pixels}).find(_OWN)
    return found or VariantEvaluation(_OWN, judge.threshold, {}, _NO_METRICS, _NO_METRICS)


def _counts(images: ComparedImages, some: Bools, flagged: Bools) -> Counts:
    said = some & (images.said != NOTHING_SAID)
    return Counts(
        images=int(some.sum()),
        flagged=int((some & flagged).sum()),
        said=int(said.sum()),
        agreed=int((said & (flagged == (images.said == SAID_NG))).sum()),
    )


def _changes(images: ComparedImages, both: Bools, old: Judge, new: Judge) -> tuple[Change, ...]:
    rows = np.flatnonzero(both & (old.flagged != new.flagged))
    before, after = old.distances, new.distances
    order = rows[np.argsort(-np.abs(after[rows] - before[rows]), kind="stable")]
    return tuple(
        Change(int(images.ids[row]), bool(new.flagged[row]), float(before[row]), float(after[row]))
        for row in order.tolist()
    )
