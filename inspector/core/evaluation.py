"""Metrics of a scored data set: per class, averaged over classes, and pooled under one threshold.

METHODS section 0 names the settings: *model-unified* is the class average, *absolute-unified* pools
all images with no class label and one threshold for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from inspector.core.class_pixels import PixelsByClass
from inspector.core.longtail import HeadAndTail
from inspector.core.metrics import auroc, average_precision, f1_max
from inspector.core.pixel_metrics import NO_PIXELS, PixelScores
from inspector.core.samples import Truth
from inspector.core.thresholds import confusion

RAW = "none"
"""The alignment variant that leaves the map as it is."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Where an aligner expects an image's normal pixels: mean û and maximum γ̂ of its raw map."""

    u: float
    gamma: float


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One scored image.

    Attributes:
        image_id: The image's number in its project.
        path: The image file.
        class_name: Product class; empty where there is none.
        truth: What the data set says of it.
        defect_kind: Kind of defect; empty for good ones.
        raw_score: Image score of the raw map.
        scores: Image score per alignment variant; "none" is the raw score.
        statistics: What each alignment variant expected; "none" expects nothing and is absent.
    """

    image_id: int
    path: str
    class_name: str
    truth: Truth
    defect_kind: str
    raw_score: float
    scores: dict[str, float]
    statistics: dict[str, Expected]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The metrics of one set of images; None where undefined (one label only, no masks).

    `n_good` and `n_defective` count images. The two rates are those of `score > threshold` at the
    variant's default threshold: share of good images flagged, share of defective images caught.
    """

    n_good: int
    n_defective: int
    image_auroc: float | None
    image_ap: float | None
    image_f1_max: float | None
    pixel_auroc: float | None
    pixel_ap: float | None
    pixel_f1_max: float | None
    pixel_aupro: float | None
    false_positive_rate: float | None
    true_positive_rate: float | None


@dataclass(frozen=True, slots=True)
class VariantEvaluation:
    """All metrics under one alignment variant.

    Attributes:
        variant: Name of the variant; "none" is the raw score.
        threshold: Default threshold, None where none was set.
        per_class: By class name, in alphabetical order; classes with labelled images only.
        class_average: Mean over the classes in which a metric is defined (model-unified); its
            counts are totals.
        absolute_unified: All images pooled, one threshold.
        head_average, tail_average: Mean over the classes with many and with few training images
            ("High" and "Low" of METHODS section 4); None where the model knows no such classes, or
            none of them has labelled images.
    """

    variant: str
    threshold: float | None
    per_class: dict[str, MetricRow]
    class_average: MetricRow
    absolute_unified: MetricRow
    head_average: MetricRow | None = None
    tail_average: MetricRow | None = None

    def averages(self) -> dict[str, MetricRow]:
        """The averages that there are, by what tables call them."""
        known = {
            "class average": self.class_average,
            "head (many images)": self.head_average,
            "tail (few images)": self.tail_average,
        }
        return {label: row for label, row in known.items() if row is not None}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The variants side by side, in the order in which the results name them."""

    variants: tuple[VariantEvaluation, ...]

    def find(self, variant: str) -> VariantEvaluation | None:
        """The evaluation of the variant named so, or None."""
        return next((v for v in self.variants if v.variant == variant), None)


def evaluate(
    results: Sequence[ImageResult],
    thresholds: Mapping[str, float],
    pixels: Mapping[str, PixelsByClass],
    long_tail: HeadAndTail | None = None,
) -> Evaluation:
    """Evaluate every alignment variant that the results carry.

    Args:
        results: The scored images. Those of unknown truth are left out of every metric.
        thresholds: Default threshold per variant; a variant without one gets no rates.
        pixels: Per variant; a variant or class without gets no pixel metrics.
        long_tail: The classes of which the model saw many and few images, where it tells them.

    Raises:
        ValueError: The results do not all carry the same variants, or a score is not finite.
    """
    variants = list(results[0].scores) if results else []
    if any(r.scores.keys() != set(variants) for r in results):
        raise ValueError("all results must carry scores of the same alignment variants")
    labelled = [r for r in results if r.truth is not Truth.UNKNOWN]
    return Evaluation(
        tuple(
            _evaluate(v, labelled, thresholds.get(v), pixels.get(v, PixelsByClass()), long_tail)
            for v in variants
        )
    )


def _evaluate(
    variant: str,
    results: Sequence[ImageResult],
    threshold: float | None,
    pixels: PixelsByClass,
    long_tail: HeadAndTail | None,
) -> VariantEvaluation:
    per_class = {}
    for name in sorted({r.class_name for r in results}):
        of_class = [r for r in results if r.class_name == name]
        scores = pixels.per_class.get(name, NO_PIXELS)
        per_class[name] = _row(variant, of_class, threshold, scores)
    return VariantEvaluation(
        variant=variant,
        threshold=threshold,
        per_class=per_class,
        class_average=_average(per_class.values()),
        absolute_unified=_row(variant, results, threshold, pixels.together),
        head_average=_average_of(per_class, long_tail.head if long_tail else ()),
        tail_average=_average_of(per_class, long_tail.tail if long_tail else ()),
    )


def _average_of(per_class: Mapping[str, MetricRow], names: Iterable[str]) -> MetricRow | None:
    rows = [per_class[name] for name in names if name in per_class]
    return _average(rows) if rows else None


def _row(
    variant: str, results: Sequence[ImageResult], threshold: float | None, pixels: PixelScores
) -> MetricRow:
    labels = np.array([r.truth is Truth.DEFECTIVE for r in results], dtype=np.bool_)
    scores = np.array([r.scores[variant] for r in results], dtype=np.float64)
    decided = confusion(labels, scores, threshold) if threshold is not None else None
    return MetricRow(
        n_good=int(np.sum(~labels)),
        n_defective=int(np.sum(labels)),
        image_auroc=auroc(labels, scores),
        image_ap=average_precision(labels, scores),
        image_f1_max=f1_max(labels, scores),
        pixel_auroc=pixels.auroc,
        pixel_ap=pixels.ap,
        pixel_f1_max=pixels.f1_max,
        pixel_aupro=pixels.aupro,
        false_positive_rate=decided.false_positive_rate if decided else None,
        true_positive_rate=decided.true_positive_rate if decided else None,
    )


def _average(rows: Iterable[MetricRow]) -> MetricRow:
    """Mean of each metric over the rows that define it; the counts are summed."""
    rows = list(rows)
    values: dict[str, float | None] = {}
    for name in (f.name for f in fields(MetricRow) if not f.name.startswith("n_")):
        defined = [v for v in (getattr(row, name) for row in rows) if v is not None]
        values[name] = float(np.mean(defined)) if defined else None
    return MetricRow(
        n_good=sum(r.n_good for r in rows), n_defective=sum(r.n_defective for r in rows), **values
    )
