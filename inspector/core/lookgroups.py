"""Groups of images that look alike, found where nobody has named classes.

They are *found*, not given: k-means on the pooled descriptors of the detector, with the number of
groups at which they are most distinct. The same descriptors always give the same groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_GROUPS = 12

_LEAST_IN_GROUP = 8  # images for each group, on average
_DISTINCT = 0.15  # silhouette below which the images are taken for one group
_COMPONENTS = 16
_FITTED = 4_000  # images that the groups are found on; the others go to the nearest
_JUDGED = 1_000  # images that the silhouette is taken of
_CHUNK = 512

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LookGroups:
    """Which image belongs to which group.

    Attributes:
        labels: (N,) int64 in [0, K); the largest group is 0.
        count: K ≥ 1, or 0 where there are no images.
        distinctness: Mean silhouette in [−1, 1]; None where all images are one group.
    """

    labels: NDArray[np.int64]
    count: int
    distinctness: float | None


def pooled(descriptors: NDArray[np.float16]) -> Floats:
    """One vector for each image.

    Args:
        descriptors: (N, C), or (N, C, h, w) of which mean and standard deviation over the places
            are taken. May be memory-mapped; it is read in pieces.

    Returns:
        (N, C) or (N, 2 C) float32.
    """
    pieces = []
    for start in range(0, len(descriptors), _CHUNK):
        piece = np.asarray(descriptors[start : start + _CHUNK], np.float32)
        if piece.ndim > 2:
            piece = piece.reshape(*piece.shape[:2], -1)
            piece = np.concatenate([piece.mean(axis=2), piece.std(axis=2)], axis=1)
        pieces.append(piece)
    return np.concatenate(pieces) if pieces else np.zeros((0, 0), np.float32)


def find_look_groups(vectors: Floats, most: int = MOST_GROUPS) -> LookGroups:
    """Finds groups of images that look alike.

    Args:
        vectors: (N, D) float32, finite, as `pooled` gives them.
        most: Largest number of groups to be tried.

    Returns:
        The groups; one where there are too few images or none are distinct.
    """
    count = len(vectors)
    one = LookGroups(np.zeros(count, np.int64), min(count, 1), None)
    most = min(most, count // _LEAST_IN_GROUP)
    if most < 2:
        return one
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    points = _main_components(vectors)
    if points is None:
        return one
    fitted = _spread(count, _FITTED)
    judged = _spread(len(fitted), _JUDGED)
    best, best_means = 0.0, None
    for k in range(2, most + 1):
        means = KMeans(k, n_init=4, random_state=0).fit(points[fitted])
        labels = means.labels_[judged]
        if len(np.unique(labels)) < 2:
            continue
        distinctness = float(silhouette_score(points[fitted][judged], labels))
        if distinctness > best:
            best, best_means = distinctness, means
    if best_means is None or best < _DISTINCT:
        return one
    return _by_size(best_means.predict(points).astype(np.int64), best)


def _main_components(vectors: Floats) -> Floats | None:
    """The vectors, standardised, along their main directions: (N, ≤ 16) float32; None if equal."""
    from sklearn.decomposition import PCA

    fitted = vectors[_spread(len(vectors), _FITTED)]
    deviation = fitted.std(axis=0)
    varying = deviation > 1e-6 * max(float(deviation.max(initial=0.0)), 1e-12)
    if not varying.any():
        return None
    mean = fitted.mean(axis=0)[varying]

    def standardised(values: Floats) -> Floats:
        result: Floats = (values[:, varying] - mean) / deviation[varying]
        return result

    count = min(_COMPONENTS, int(varying.sum()), len(fitted))
    main = PCA(count, svd_solver="full", random_state=0).fit(standardised(fitted))
    return np.asarray(main.transform(standardised(vectors)), np.float32)


def _spread(count: int, wanted: int) -> NDArray[np.intp]:
    """At most `wanted` rows, evenly chosen."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).round().astype(np.intp))


def _by_size(labels: NDArray[np.int64], distinctness: float) -> LookGroups:
    """The same groups, the largest first; those that are empty are left out."""
    sizes = np.bincount(labels)
    order = np.argsort(-sizes, kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return LookGroups(ranks[labels], int((sizes > 0).sum()), distinctness)
