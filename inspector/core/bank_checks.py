"""Whether painted patches are told from normal ones, and which defects and products they cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.bank_map import thin

Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]

_BLOCK = 8192  # rows widened to float32 at once
_SAMPLE = 400  # normal entries whose distances tell how near normal ones lie to each other

ALIKE = 0.9
"""A painted patch looks normal where it is at most so many times as far from the nearest normal
entry as normal entries typically lie from each other.

Measured on the sample parts (ten classes, lite0): with this and `SHARE_ALIKE`, 85 % of masks laid
on random places of good parts are warned of, and 12 % of the true ones, which are the faintest.
"""

SHARE_ALIKE = 0.5
"""A mask looks mis-painted where more than this share of its patches look normal."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How painted patches compare with normal ones.

    Attributes:
        ratio: (P,) distance to the nearest normal entry over `spacing`. A normal bank is a
            k-centre coreset: normal patches lie within about `spacing` of an entry, so patches
            below that are told from normal ones hardly or not at all. NaN where nothing is known.
        nearest: (P,) row of the nearest normal entry; −1 where there is none.
        spacing: Median distance of a normal entry to the nearest other one; NaN for less than two.
    """

    ratio: NDArray[np.float64]
    nearest: NDArray[np.intp]
    spacing: float

    @property
    def looks_normal(self) -> NDArray[np.bool_]:
        """(P,) whether a patch is at most `ALIKE` spacings from a normal one."""
        alike: NDArray[np.bool_] = self.ratio <= ALIKE  # False for NaN
        return alike


def likeness(
    painted: NDArray[np.float16] | Floats,
    normal: NDArray[np.float16] | Floats,
    progress: Progress = lambda done, total: None,
) -> Likeness:
    """Compares painted patches (P, C) with the normal bank (N, C).

    Args:
        painted, normal: Features of one model.
        progress: Called with (done, total) between blocks of the bank; what it raises ends this.
    """
    sample = thin(len(normal), _SAMPLE)
    queries = np.concatenate([painted, normal[sample]]).astype(np.float32)
    own = np.concatenate([np.full(len(painted), -1), sample])
    distances, rows = _nearest(queries, normal, own, progress)
    among = distances[len(painted) :]
    known = among[np.isfinite(among)]
    spacing = float(np.median(known)) if len(known) else float("nan")
    far = np.where(rows[: len(painted)] >= 0, distances[: len(painted)], np.nan)
    ratio = far / spacing if spacing > 0 else np.full(len(painted), np.nan)
    return Likeness(ratio.astype(np.float64), rows[: len(painted)], spacing)


def looks_mispainted(looks_normal: NDArray[np.bool_]) -> bool:
    """Whether so many of a mask's patches look normal that it was probably painted amiss."""
    return len(looks_normal) > 0 and float(looks_normal.mean()) > SHARE_ALIKE


def _nearest(
    queries: Floats,
    entries: NDArray[np.float16] | Floats,
    skip: NDArray[np.intp],
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Distance to and row of the nearest entry that is not at `skip`; infinity and −1 for none."""
    best = np.full(len(queries), np.inf)
    rows = np.full(len(queries), -1, np.intp)
    squares = np.einsum("qc,qc->q", queries, queries, dtype=np.float64)
    for start in range(0, len(entries), _BLOCK):
        progress(start, len(entries))
        block = entries[start : start + _BLOCK].astype(np.float32)
        found = np.einsum("nc,nc->n", block, block) - 2 * (queries @ block.T)
        mine = np.flatnonzero((skip >= start) & (skip < start + len(block)))
        found[mine, skip[mine] - start] = np.inf
        row = found.argmin(axis=1)
        value = np.maximum(found[np.arange(len(queries)), row] + squares, 0)
        closer = value < best
        best[closer], rows[closer] = value[closer], row[closer] + start
    rows[~np.isfinite(best)] = -1
    seen = rows >= 0
    # From the differences: the products above lose the last digits of small distances.
    exact = queries[seen] - entries[rows[seen]].astype(np.float32)
    best[seen] = np.linalg.norm(exact, axis=1)
    best[~seen] = np.inf
    return best, rows


@dataclass(frozen=True, slots=True)
class PaintedFact:
    """One painted mask, for counting.

    Attributes:
        type_name: Its defect type.
        image_id: The image.
        class_name: The image's product class.
        patches: How many of its patches count in the model.
    """

    type_name: str
    image_id: int
    class_name: str
    patches: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is painted of one defect type.

    Attributes:
        type_name: The type.
        masks, images, patches: How many; patches are those that count in the model.
        classes: class -> masks on it, those with most first.
        without: The project's other classes, in the order given.
    """

    type_name: str
    masks: int
    images: int
    patches: int
    classes: dict[str, int]
    without: tuple[str, ...]


def coverage(
    types: Sequence[str], class_names: Sequence[str], masks: Iterable[PaintedFact]
) -> tuple[Coverage, ...]:
    """What each type covers, in the order of `types`; one that was never painted, too."""
    by_type: dict[str, list[PaintedFact]] = {name: [] for name in types}
    for mask in masks:
        by_type.setdefault(mask.type_name, []).append(mask)
    return tuple(_covered(name, own, class_names) for name, own in by_type.items())


def _covered(name: str, own: list[PaintedFact], class_names: Sequence[str]) -> Coverage:
    counts = Counter(mask.class_name for mask in own)
    return Coverage(
        name,
        len(own),
        len({mask.image_id for mask in own}),
        sum(mask.patches for mask in own),
        dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        tuple(one for one in class_names if one not in counts),
    )
