"""Pixel-level metrics of a whole data set in bounded memory: AUROC, AP, F1-max, AUPRO.

While few pixels have come, all are kept and the curves are exact. Beyond a bound, the kept pixels
are counted into a fixed number of bins, ordered as the floats are, and so are all that follow.
Either way the curves are only ever evaluated at the distinct scores of *defective* pixels: between
two of them no metric has a vertex. Two accumulators merge into what one would have held of both,
so the absolute-unified result is the merged class accumulators, with nothing computed again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

EXACT_PIXELS = 32_000_000
FPR_LIMIT = 0.3

_BIN_BITS = 20
_BINS = 1 << _BIN_BITS
_SHIFT = np.uint32(32 - _BIN_BITS)
_SIGN = np.uint32(1 << 31)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PixelScores:
    """Pixel metrics, each in [0, 1]; all None where the pixels carry only one label."""

    auroc: float | None
    ap: float | None
    f1_max: float | None
    aupro: float | None


NO_PIXELS = PixelScores(None, None, None, None)


@dataclass(frozen=True, slots=True)
class _Curve:
    """All metrics' vertices: one entry per distinct defective score (or bin), highest first.

    Attributes:
        above: (K,) int64, normal pixels scoring strictly above it.
        reached: (K,) int64, normal pixels scoring at least that.
        positives: (K,) int64, defective pixels scoring exactly that.
        overlap: (K,) float64, sum of 1/area of their regions.
        n_normal: Normal pixels in all.
    """

    above: NDArray[np.int64]
    reached: NDArray[np.int64]
    positives: NDArray[np.int64]
    overlap: NDArray[np.float64]
    n_normal: int


@dataclass(slots=True)
class _Bins:
    """Counts per bin of the order-preserving key; the bounded form of the pixels."""

    normal: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_BINS, np.int64))
    positive: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_BINS, np.int64))
    overlap: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_BINS, np.float64))

    @property
    def nbytes(self) -> int:
        return self.normal.nbytes + self.positive.nbytes + self.overlap.nbytes

    def add(self, other: _Bins) -> None:
        self.normal += other.normal
        self.positive += other.positive
        self.overlap += other.overlap

    def add_normal(self, scores: Floats) -> None:
        np.add.at(self.normal, _keys(scores), 1)

    def add_defective(self, scores: Floats, weights: NDArray[np.float64]) -> None:
        keys = _keys(scores)
        np.add.at(self.positive, keys, 1)
        np.add.at(self.overlap, keys, weights)

    def curve(self) -> _Curve:
        at_least = np.cumsum(self.normal[::-1])[::-1]
        hit = np.flatnonzero(self.positive)[::-1]
        return _Curve(
            above=at_least[hit] - self.normal[hit],
            reached=at_least[hit],
            positives=self.positive[hit],
            overlap=self.overlap[hit],
            n_normal=int(at_least[0]),
        )


class PixelMetrics:
    """Accumulates anomaly maps and ground-truth masks, then gives the pixel metrics.

    Args:
        exact_pixels: Up to this many pixels are kept as they are (4 bytes each); with more, the
            accumulator changes by itself, once, to about 25 MB of bins of relative width 2⁻¹¹.
    """

    def __init__(self, exact_pixels: int = EXACT_PIXELS) -> None:
        self._exact_pixels = exact_pixels
        self._pixels = 0
        self._normal: list[Floats] = []
        self._defective: list[Floats] = []
        self._weights: list[NDArray[np.float64]] = []
        self._bins: _Bins | None = None

    @property
    def exact(self) -> bool:
        """Whether every pixel is still kept as it came."""
        return self._bins is None

    @property
    def nbytes(self) -> int:
        """Bytes held by the accumulated state."""
        kept = sum(scores.nbytes for scores in (*self._normal, *self._defective))
        kept += sum(weights.nbytes for weights in self._weights)
        return kept if self._bins is None else kept + self._bins.nbytes

    def update(self, anomaly_map: Floats, mask: NDArray[np.bool_]) -> None:
        """Add one image.

        An image without defect has an all-false mask. An image that is known to be defective but
        has no ground-truth mask must not be passed: its defect would count as normal pixels.

        Args:
            anomaly_map: (H, W) float32, finite, higher for more anomalous.
            mask: (H, W) bool, true on the defect. Its 8-connected regions are AUPRO's regions.

        Raises:
            ValueError: Shapes differ or are not 2-D, or a value is not finite.
        """
        values = np.asarray(anomaly_map, dtype=np.float32)
        defect = np.asarray(mask, dtype=np.bool_)
        if values.ndim != 2 or values.shape != defect.shape:
            raise ValueError(f"map {values.shape} and mask {defect.shape} must be (H, W) alike")
        if not np.isfinite(values).all():
            raise ValueError("anomaly maps must be finite")
        if not defect.any():
            self._add([values.ravel().copy()], [], [])
            return
        _, regions, stats, _ = cv2.connectedComponentsWithStats(
            defect.astype(np.uint8), connectivity=8
        )
        weights = 1.0 / stats[:, cv2.CC_STAT_AREA].clip(min=1)
        self._add([values[~defect]], [values[defect]], [weights[regions[defect]]])

    def merge(self, other: PixelMetrics) -> None:
        """Add all that `other` holds; `other` stays as it is."""
        if other._bins is not None:
            self._to_bins().add(other._bins)
            self._pixels += other._pixels
        else:
            self._add(other._normal, other._defective, other._weights)

    def result(self) -> PixelScores:
        """The metrics of all pixels so far; all None where they carry only one label."""
        curve = self._exact_curve() if self._bins is None else self._bins.curve()
        if curve.n_normal == 0 or curve.positives.size == 0:
            return NO_PIXELS
        return _scores(curve)

    def _add(
        self,
        normal: list[Floats],
        defective: list[Floats],
        weights: list[NDArray[np.float64]],
    ) -> None:
        self._pixels += sum(a.size for a in normal) + sum(a.size for a in defective)
        self._normal += normal
        self._defective += defective
        self._weights += weights
        if self._bins is not None or self._pixels > self._exact_pixels:
            self._to_bins()

    def _to_bins(self) -> _Bins:
        """Count what is kept into the bins, and keep it no longer."""
        if self._bins is None:
            self._bins = _Bins()
        for normal in self._normal:
            self._bins.add_normal(normal)
        for defective, weights in zip(self._defective, self._weights, strict=True):
            self._bins.add_defective(defective, weights)
        self._normal, self._defective, self._weights = [], [], []
        return self._bins

    def _exact_curve(self) -> _Curve:
        normal = np.concatenate([np.empty(0, np.float32), *self._normal])
        normal.sort()
        defective = np.concatenate([np.empty(0, np.float32), *self._defective])
        weights = np.concatenate([np.empty(0, np.float64), *self._weights])
        values, inverse, counts = np.unique(defective, return_inverse=True, return_counts=True)
        overlap = np.zeros(values.size)
        np.add.at(overlap, inverse, weights)
        return _Curve(
            above=normal.size - np.searchsorted(normal, values, side="right")[::-1],
            reached=normal.size - np.searchsorted(normal, values, side="left")[::-1],
            positives=counts[::-1],
            overlap=overlap[::-1],
            n_normal=normal.size,
        )


def _keys(scores: Floats) -> NDArray[np.intp]:
    """Bin numbers in the order of the scores: IEEE bits, flipped so that they sort as integers."""
    bits = (scores + np.float32(0)).view(np.uint32)  # + 0 makes -0.0 and 0.0 one value
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    return (ordered >> _SHIFT).astype(np.intp)


def _scores(curve: _Curve) -> PixelScores:
    caught = np.cumsum(curve.positives)
    n_positive = int(caught[-1])
    flagged = caught + curve.reached
    outscored = curve.n_normal - (curve.above + curve.reached) / 2
    return PixelScores(
        auroc=float(np.sum(curve.positives * outscored) / n_positive / curve.n_normal),
        ap=float(np.sum(curve.positives * (caught / flagged)) / n_positive),
        f1_max=float(np.max(2 * caught / (flagged + n_positive))),
        aupro=_aupro(curve),
    )


def _aupro(curve: _Curve) -> float:
    """Mean region overlap, averaged over false-positive rates from 0 to FPR_LIMIT."""
    covered = np.cumsum(curve.overlap)
    covered /= covered[-1]
    # Each defective score moves the curve from (above, covered before) to (reached, covered).
    false_rate = np.stack([curve.above, curve.reached], axis=1).ravel() / curve.n_normal
    x = np.concatenate([[0.0], false_rate, [1.0]])
    y = np.concatenate([[0.0], np.stack([np.r_[0.0, covered[:-1]], covered], 1).ravel(), [1.0]])
    end = int(np.searchsorted(x, FPR_LIMIT, side="right"))
    share = (FPR_LIMIT - x[end - 1]) / (x[end] - x[end - 1])
    at_limit = y[end - 1] + share * (y[end] - y[end - 1])
    x = np.r_[x[:end], FPR_LIMIT]
    y = np.r_[y[:end], at_limit]
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) / FPR_LIMIT)
