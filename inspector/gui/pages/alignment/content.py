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


def scored_rows(
    columns: ImageColumns, scores: Scores, variant: str, which: str
) -> NDArray[np.intp]:
    """Rows of the images that have both scores: the test images only, or all."""
    if len(scores.raw) != len(columns):
        return np.empty(0, np.intp)
    there = np.isfinite(scores.raw) & np.isfinite(scores.of(variant))
    return np.flatnonzero(there & columns.is_test if which == TEST else there)


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
