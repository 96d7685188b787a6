"""What the page shows of the library: which images, as scores with classes and truths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.distributions import DEFECTIVE, NORMAL, UNKNOWN, ScoreSet
from inspector.core.evaluation import RAW
from inspector.core.samples import Truth
from inspector.gui.library import Scores
from inspector.jobs.model_card import ModelCard
from inspector.project.columns import TRUTHS, ImageColumns

TEST, ALL = "test", "all"
"""Which images: those that an evaluation judges by, or all that are scored."""

GIVEN, FOUND = "given", "found"
"""Which classes: those of the data, or groups found by their looks."""

_LABELS = {Truth.GOOD: NORMAL, Truth.DEFECTIVE: DEFECTIVE, Truth.UNKNOWN: UNKNOWN}


@dataclass(frozen=True, slots=True, eq=False)
class FoundGroups:
    """Groups found by their looks.

    Attributes:
        labels: (N,) int64, the group of each row of the library; −1 where it has none.
        names: Their names, the largest group first.
    """

    labels: NDArray[np.int64]
    names: tuple[str, ...]


def aligned_variant(card: ModelCard, active: str) -> str:
    """The variant on the right side: the active one, else the model's own; "" without any."""
    others = [name for name in card.alignments if name != RAW]
    for wanted in (active, card.default_alignment):
        if wanted in others:
            return wanted
    return others[0] if others else ""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Images that have both scores.

    Attributes:
        rows: Those that are shown.
        n_painted: How many test images are left out, as the model learned from defects painted on
            them; an evaluation leaves them out, too.
        has_learned: Whether the model has learned from some that are shown.
    """

    rows: NDArray[np.intp]
    n_painted: int = 0
    has_learned: bool = False


def judged_images(
    columns: ImageColumns, scores: Scores, variant: str, which: str, card: ModelCard
) -> Judged:
    """The test images only, without those that the model learned from, or all."""
    rows = scored_rows(columns, scores, variant)
    is_painted = columns.images.has_hash(card.annotated_images)
    if which == ALL:
        has_learned = (columns.is_training | is_painted)[rows].any()
        return Judged(rows, has_learned=bool(has_learned))
    test = rows[columns.is_test[rows]]
    kept = test[~is_painted[test]]
    return Judged(kept, n_painted=len(test) - len(kept))


def scored_rows(columns: ImageColumns, scores: Scores, variant: str) -> NDArray[np.intp]:
    """Rows of the images that have both scores."""
    if len(scores.raw) != len(columns):
        return np.empty(0, np.intp)
    return np.flatnonzero(np.isfinite(scores.raw) & np.isfinite(scores.of(variant)))


def score_set_of(
    columns: ImageColumns,
    scores: Scores,
    variant: str,
    rows: NDArray[np.intp],
    groups: FoundGroups | None = None,
) -> ScoreSet:
    """Raw and aligned scores of some rows, by their classes or by groups that were found."""
    codes = columns.classes if groups is None else groups.labels
    names = columns.class_names if groups is None else groups.names
    rows = rows[codes[rows] >= 0]
    used, index = np.unique(codes[rows], return_inverse=True)
    labels = np.array([_LABELS[truth] for truth in TRUTHS], np.int8)
    return ScoreSet(
        image_ids=columns.ids[rows],
        class_index=index.astype(np.int64),
        class_names=tuple(names[code] for code in used.tolist()),
        labels=labels[columns.truths[rows]],
        raw=scores.raw[rows],
        aligned=scores.of(variant)[rows],
    )
