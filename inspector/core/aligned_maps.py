"""Stored raw maps on the scale of an alignment variant, in numpy: what the window shows.

The counterpart of the engine's aligner (METHODS section 2). Its ε is not chosen here:
`jobs.minimum_spread` reads it from the model's own weights, where training has left it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspector.core.evaluation import Expected

Map = NDArray[np.float32]

_SPAN = 4.0
"""The heat map's scale is this many times as long as from its low end to the threshold."""


def aligned_map(raw: NDArray[np.float16], expected: Expected | None, epsilon: float) -> Map:
    """(map − û) / max(γ̂ − û, ε), as the engine's `Aligner.apply_to`.

    Args:
        raw: (h, w) smoothed raw map, as `maps.npy` keeps it.
        expected: û and γ̂ of this image; None leaves the map as it is (no alignment).
        epsilon: As `minimum_spread` gives it.

    Returns:
        (h, w) float32; normal pixels have mean 0 and maximum about 1 where aligned.
    """
    values: Map = raw.astype(np.float32)
    if expected is None:
        return values
    spread = np.float32(max(expected.gamma - expected.u, epsilon))
    aligned: Map = (values - np.float32(expected.u)) / spread
    return aligned


def fixed_scale(normal_scores: ArrayLike, threshold: float) -> tuple[float, float]:
    """Low and high end of the heat map's scale, one for all images of a model and variant.

    Low is the typical score of a normal image, so that what is normal stays clear; the threshold
    lies at a quarter of the way to high. (A score is a mean of the highest pixels: both share one
    unit.)

    Args:
        normal_scores: (N,) scores of normal images; without any, low is 0.
        threshold: The model's own threshold, not one that is being moved.

    Returns:
        low < high.
    """
    scores = np.asarray(normal_scores, np.float64)
    scores = scores[np.isfinite(scores)]
    low = float(np.median(scores)) if scores.size else 0.0
    step = threshold - low
    if not step > 0:
        step = abs(low) / _SPAN or 1.0
    return low, low + _SPAN * step
