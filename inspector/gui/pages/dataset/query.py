"""Which images are shown and in what order: numpy over columns, fast enough for every key."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspector.core.samples import Split, Truth
from inspector.gui.library import VERDICTS, Scores
from inspector.project.columns import SPLITS, TRUTHS, ImageColumns
from inspector.project.verdicts import Verdict

Rows = NDArray[np.intp]

_SORTED_AT_ONCE = 4000


class Decision(StrEnum):
    """What the thresholds say of an image; `UNSCORED` where the model has not seen it."""

    NG = "ng"
    UNSURE = "unsure"
    OK = "ok"
    UNSCORED = "unscored"


class Order(StrEnum):
    """By what images are sorted."""

    IMPORTED = "imported"
    NAME = "name"
    CLASS = "class"
    SPLIT = "split"
    TRUTH = "truth"
    VERDICT = "verdict"
    SCORE = "score"
    EXPECTED = "expected"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Query:
    """What to show; None or an empty text leaves that open.

    Attributes:
        text: Words that must all occur in path, class or kind of defect, in any case.
        with_problem: Only images with a problem (True) or without (False).
        order, descending: How to sort; where two are equal, the order of import decides. Images
            without a score come last either way.
    """

    text: str = ""
    class_name: str | None = None
    split: Split | None = None
    truth: Truth | None = None
    verdict: Verdict | None = None
    decision: Decision | None = None
    with_problem: bool | None = None
    order: Order = Order.IMPORTED
    descending: bool = False

    @property
    def filters(self) -> bool:
        """Whether anything may be left out."""
        return any(
            getattr(self, field.name) not in (None, "")
            for field in fields(self)
            if field.name not in ("order", "descending")
        )

    @property
    def needs_thresholds(self) -> bool:
        """Whether a moved threshold changes the result."""
        return self.decision is not None or self.order is Order.NEAREST


@dataclass(frozen=True, slots=True)
class Judged:
    """The scores in use and what the thresholds make of them.

    Attributes:
        scores: (N,) float64 of the variant in use, NaN without one.
        expected: (N,) float64, the û of the variant; NaN without one.
        threshold: Above it is NG.
        lower: At most it is OK.
    """

    scores: NDArray[np.float64]
    expected: NDArray[np.float64]
    threshold: float
    lower: float

    def decision_of(self, row: int) -> Decision:
        """What the thresholds say of one image."""
        score = self.scores[row]
        if np.isnan(score):
            return Decision.UNSCORED
        if score > self.threshold:
            return Decision.NG
        return Decision.OK if score <= self.lower else Decision.UNSURE

    def those(self, decision: Decision) -> NDArray[np.bool_]:
        """(N,) bool: the images of which the thresholds say so."""
        scores = self.scores
        match decision:
            case Decision.NG:
                return np.asarray(scores > self.threshold)
            case Decision.OK:
                return np.asarray(scores <= self.lower)
            case Decision.UNSURE:
                return np.asarray((scores > self.lower) & (scores <= self.threshold))
            case Decision.UNSCORED:
                return np.isnan(scores)


def judged(scores: Scores, variant: str, threshold: float, lower: float) -> Judged:
    """The scores of a variant under two thresholds."""
    nothing = np.full(len(scores.raw), np.nan)
    return Judged(scores.of(variant), scores.u.get(variant, nothing), threshold, lower)


class Texts:
    """What is searched in and the order of the names: safe between threads, made when first needed.

    For 100 000 images that takes a while, so `prepare` may be called in a thread before.
    """

    def __init__(self, columns: ImageColumns) -> None:
        self._columns = columns
        self._lock = threading.Lock()
        self._texts: list[str] | None = None
        self._name_ranks: NDArray[np.intp] | None = None

    def prepare(self) -> None:
        """Makes both."""
        self._all_texts()
        self.name_ranks()

    def containing(self, text: str) -> NDArray[np.bool_]:
        """(N,) bool: the images whose path, class and kind of defect hold all words of `text`."""
        texts = self._all_texts()
        found = np.ones(len(texts), np.bool_)
        for word in text.casefold().split():
            found &= np.array([word in t for t in texts], np.bool_)
        return found

    def name_ranks(self) -> NDArray[np.intp]:
        """(N,) place of each image by file name, then path; numbers in names count as numbers."""
        with self._lock:
            if self._name_ranks is None:
                self._name_ranks = _ranks(self._columns.images.paths)
            return self._name_ranks

    def _all_texts(self) -> list[str]:
        with self._lock:
            if self._texts is None:
                columns = self._columns
                names = [f"\n{name}".casefold() for name in columns.class_names]
                kinds = [f"\n{kind}".casefold() for kind in columns.defect_kinds]
                each = zip(
                    columns.images.paths,
                    columns.classes.tolist(),
                    columns.kinds.tolist(),
                    strict=True,
                )
                self._texts = [path.casefold() + names[c] + kinds[k] for path, c, k in each]
            return self._texts


def _ranks(paths: Sequence[str]) -> NDArray[np.intp]:
    keys = [(*_name_key(path), row) for row, path in enumerate(paths)]
    # One long sort would stop the other threads; so they get their turn between.
    starts = range(0, len(keys), _SORTED_AT_ONCE)
    parts = [sorted(keys[start : start + _SORTED_AT_ONCE]) for start in starts]
    order = [key[2] for key in heapq.merge(*parts)]
    ranks = np.empty(len(order), np.intp)
    ranks[order] = np.arange(len(order))
    return ranks


def _name_key(path: str) -> tuple[str, str]:
    stem = path.rpartition("/")[2].casefold()
    digits = stem.rpartition(".")[0]
    return (f"{digits:0>24}" if digits.isdecimal() else stem), path


def select(
    columns: ImageColumns,
    verdict_codes: NDArray[np.uint8],
    judgement: Judged,
    texts: Texts,
    query: Query,
) -> Rows:
    """The rows to show, in order: (M,) positions in `columns`."""
    kept = np.ones(len(columns), np.bool_)
    if query.class_name is not None:
        known = query.class_name in columns.class_names
        code = columns.class_names.index(query.class_name) if known else -1
        kept &= columns.classes == code
    if query.split is not None:
        kept &= columns.splits == SPLITS.index(query.split)
    if query.truth is not None:
        kept &= columns.truths == TRUTHS.index(query.truth)
    if query.verdict is not None:
        kept &= verdict_codes == VERDICTS.index(query.verdict)
    if query.with_problem is not None:
        kept &= columns.has_problem == query.with_problem
    if query.decision is not None:
        kept &= judgement.those(query.decision)
    if query.text.strip():
        kept &= texts.containing(query.text)
    return _sorted(np.flatnonzero(kept), columns, verdict_codes, judgement, texts, query)


def _sorted(
    rows: Rows,
    columns: ImageColumns,
    verdict_codes: NDArray[np.uint8],
    judgement: Judged,
    texts: Texts,
    query: Query,
) -> Rows:
    keys: NDArray[np.float64] | NDArray[np.intp] | NDArray[np.int32] | NDArray[np.uint8]
    match query.order:
        case Order.IMPORTED:
            return rows[::-1] if query.descending else rows
        case Order.NAME:
            keys = texts.name_ranks()[rows]
        case Order.CLASS:
            keys = columns.classes[rows]
        case Order.SPLIT:
            keys = columns.splits[rows]
        case Order.TRUTH:
            keys = columns.truths[rows]
        case Order.VERDICT:
            keys = verdict_codes[rows]
        case Order.SCORE:
            keys = judgement.scores[rows]
        case Order.EXPECTED:
            keys = judgement.expected[rows]
        case Order.NEAREST:
            keys = np.abs(judgement.scores[rows] - judgement.threshold)
    values = keys.astype(np.float64)
    if query.descending:
        values = -values  # NaN stays NaN, and NaN is sorted to the end
    ordered: Rows = rows[np.argsort(values, kind="stable")]
    return ordered
