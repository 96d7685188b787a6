"""Memory banks as a map: the points that are shown, and where each lies in two dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Projection = Literal["pca", "tsne"]
Floats = NDArray[np.float32]

FULL_MAP: dict[str, int] = {"pca": 4000, "tsne": 1500}
"""How many points a map has at most, beside the painted ones: t-SNE takes seconds for so many."""

_KEPT_AXES = 50  # t-SNE works on the first principal axes, as its authors do
_FEWEST = 6  # with fewer points t-SNE has no neighbourhoods to keep
_ROUND = 250  # steps of t-SNE after which somebody may stop it; the least that scikit-learn takes
_ROUNDS = 4
_EXAGGERATION = 12.0


def thin(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` rows, evenly spread and always the same; ascending."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, max(most, 0)).round().astype(np.intp)


def chosen_rows(
    sizes: Mapping[str, int], whole: Sequence[str], most: int
) -> dict[str, NDArray[np.intp]]:
    """Which rows of each bank a map shows.

    Args:
        sizes: Number of entries of each bank.
        whole: Banks of which every entry is shown.
        most: How many entries of all other banks together, shared by their sizes, none getting
            less than a quarter of an equal share as far as it has so many.
    """
    others = {name: size for name, size in sizes.items() if name not in whole and size}
    total = sum(others.values())
    rows = {name: np.arange(size) for name, size in sizes.items()}
    if total <= most:
        return rows
    least = most // (4 * len(others))
    for name, size in others.items():
        rows[name] = thin(size, max(most * size // total, least))
    return rows


def project(
    features: NDArray[np.float16] | Floats,
    method: Projection = "pca",
    seed: int = 0,
    on_round: Callable[[int, int], object] | None = None,
) -> Floats:
    """Features (N, C) in two dimensions, (N, 2) float32; the same for the same features.

    Args:
        features: Not changed.
        method: "pca" keeps large distances, "tsne" (of scikit-learn, on 50 principal axes) small
            neighbourhoods; for a handful of points it is PCA as well.
        seed: Of t-SNE and of the search for principal axes.
        on_round: Called between rounds of t-SNE with (done, total); what it raises ends it.
    """
    rows = np.asarray(features, np.float32)
    if len(rows) < 3 or not (rows != rows[0]).any():
        return _few(rows)
    axes = _principal(rows, _KEPT_AXES if method == "tsne" else 2, seed)
    if method == "pca" or len(rows) < _FEWEST:
        return np.ascontiguousarray(axes[:, :2])
    return _tsne(axes, seed, on_round or (lambda done, total: None))


def _few(rows: Floats) -> Floats:
    """Points in the middle, or two beside each other at their distance."""
    places = np.zeros((len(rows), 2), np.float32)
    if len(rows) == 2:
        places[1, 0] = np.linalg.norm(rows[1] - rows[0])
    return places


def _principal(rows: Floats, count: int, seed: int) -> Floats:
    from sklearn.decomposition import PCA

    count = min(count, *rows.shape)
    made = PCA(count, svd_solver="randomized", random_state=seed).fit_transform(rows)
    axes = np.zeros((len(rows), max(count, 2)), np.float32)
    axes[:, :count] = made
    return axes


def _tsne(axes: Floats, seed: int, on_round: Callable[[int, int], object]) -> Floats:
    """In rounds, each going on from the last: scikit-learn's own loop cannot be interrupted."""
    from sklearn.manifold import TSNE

    spread = float(axes[:, 0].std()) or 1.0
    places = axes[:, :2] / spread * 1e-4  # as scikit-learn begins from principal axes
    for done in range(_ROUNDS):
        on_round(done, _ROUNDS)
        places = TSNE(
            perplexity=min(30.0, (len(axes) - 1) / 3),
            early_exaggeration=_EXAGGERATION if done == 0 else 1.0,
            learning_rate=max(len(axes) / _EXAGGERATION / 4, 50.0),
            max_iter=_ROUND,
            init=places,
            random_state=seed,
            n_jobs=1,
        ).fit_transform(axes)
    return np.asarray(places, np.float32)
