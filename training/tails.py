"""Classes of a long-tailed set: what they are, and which images a step sees of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.errors import InspectorError
from training.distributed import own
from training.features import FeatureSource
from training.fitting import Assignment

_BATCH = 32
_MOST_CLUSTERS = 20
_HELD_OUT = 10  # one image of ten, where there is no less in a class


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes that a fit knows.

    Attributes:
        names: Of folders, or "cluster 1" and so on.
        rows: The rows of each.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    def of(self, rows: Sequence[int]) -> list[int]:
        """The class of each of `rows`."""
        known = {row: c for c, members in enumerate(self.rows) for row in members}
        return [known[row] for row in rows]

    def real_shares(self, floor: float) -> NDArray[np.float64]:
        """p_c = N_c / max N, but at least `floor`: (K,)."""
        counts = np.array([len(members) for members in self.rows], np.float64)
        return np.asarray(np.maximum(counts / counts.max(), floor))

    def without_held_out(self, seed: int, tiles: int = 1) -> tuple[Classes, list[int]]:
        """The classes without some images that λ is chosen on, and the rows of those images.

        One of ten, from classes that have as many; where none has, one of the largest class, if it
        has another.

        Args:
            seed: Of the choice.
            tiles: How many rows an image has; they stay together.
        """
        kept, held = [], []
        largest = max(range(len(self.rows)), key=lambda c: len(self.rows[c]))
        for c, members in enumerate(self.rows):
            images = list(dict.fromkeys(row // tiles for row in members))
            count = len(images) // _HELD_OUT
            if c == largest and len(images) > 1:
                count = max(1, count)
            order = np.random.default_rng([seed, c, 0x4E1D]).permutation(len(images))
            chosen = {images[n] for n in order[:count]}
            held += [row for row in members if row // tiles in chosen]
            kept.append(tuple(row for row in members if row // tiles not in chosen))
        return Classes(self.names, tuple(kept)), held


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a step sees: rows, their classes, and which of them are to be synthesised."""

    rows: list[int]
    classes: list[int]
    synthetic: NDArray[np.bool_]


def draw(classes: Classes, shares: NDArray[np.float64], batch: int, step: int, seed: int) -> Drawn:
    """Images for one step, every class as often as any other *(ours)*; a function of seed and step.

    Of several processes that learn together, each gets its share of them.

    Args:
        shares: p_c of each class, (K,).
    """
    rng = np.random.default_rng([seed, step, 0x7A11])
    chosen = rng.integers(len(classes.rows), size=batch)
    places, chances = rng.random(batch), rng.random(batch)
    rows = [
        classes.rows[c][int(place * len(classes.rows[c]))]
        for c, place in zip(chosen.tolist(), places.tolist(), strict=True)
    ]
    mine = own(range(batch))
    return Drawn(
        [rows[n] for n in mine], chosen[mine].tolist(), np.asarray(chances >= shares[chosen])[mine]
    )


def find_classes(task: Assignment) -> Classes:
    """The classes by folder or by cluster, as the parameters say.

    Raises:
        InspectorError: Folder names are wanted for classes that are clusters.
    """
    parameters = task.parameters
    if parameters.classes == "folders":
        return _grouped([task.entries[row].class_name for row in task.rows], task.rows)
    if parameters.names == "folder":
        raise InspectorError(
            "Clusters have no folder to be named after.",
            "Use ltad.names=learned, or ltad.classes=folders.",
        )
    labels = cluster(_looks(task.source, task.rows), parameters.clusters, task.seed)
    width = len(str(int(labels.max()) + 1))
    return _grouped([f"cluster {label + 1:0{width}d}" for label in labels.tolist()], task.rows)


def cluster(looks: NDArray[np.float64], count: int, seed: int) -> NDArray[np.int64]:
    """Which cluster each image belongs to, (N,), by k-means; the largest cluster is 0.

    Args:
        looks: (N, C) one vector an image.
        count: Number of clusters; 0: the one from 2 to 20 with the best silhouette.
        seed: Of k-means' starts.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    n_images = len(looks)
    spread = looks.std(axis=0)
    scaled = (looks - looks.mean(axis=0)) / np.where(spread > 0, spread, 1)
    tried = [min(count, n_images)] if count else range(2, min(_MOST_CLUSTERS, n_images - 1) + 1)
    best, labels = -2.0, np.zeros(n_images, np.int64)
    for k in tried:
        found = KMeans(k, n_init=10, random_state=seed).fit_predict(scaled).astype(np.int64)
        n_found = len(np.unique(found))
        value = silhouette_score(scaled, found) if 1 < n_found < n_images else -1.0
        if value > best:
            best, labels = float(value), found
    _, compact, counts = np.unique(labels, return_inverse=True, return_counts=True)
    place = np.empty(len(counts), np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return place[compact]


def _grouped(names: Sequence[str], rows: Sequence[int]) -> Classes:
    known = sorted(set(names))
    members: dict[str, list[int]] = {name: [] for name in known}
    for name, row in zip(names, rows, strict=True):
        members[name].append(row)
    return Classes(tuple(known), tuple(tuple(members[name]) for name in known))


@torch.no_grad()
def _looks(source: FeatureSource, rows: Sequence[int]) -> NDArray[np.float64]:
    """All stages averaged over the image, (N, C)."""
    parts = []
    for start in range(0, len(rows), _BATCH):
        features = source.batch(rows[start : start + _BATCH])
        parts.append(torch.cat([f.mean(dim=(2, 3)) for f in features], dim=1).cpu())
    looks: NDArray[np.float64] = torch.cat(parts).double().numpy()
    return looks
