"""Filters and orders of the Dataset page, against a few naive lines."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.longtail import is_tail, tail_limit
from inspector.core.samples import Split, Truth
from inspector.gui.library import VERDICTS, Scores
from inspector.gui.pages.dataset.class_counts import count_classes
from inspector.gui.pages.dataset.query import Decision, Order, Query, Texts, judged, select
from inspector.project.columns import ImageColumns, load_columns
from inspector.project.project import Project
from inspector.project.records import ImageRecord, add_image
from inspector.project.schema import open_database
from inspector.project.sources import Source, save_source
from inspector.project.verdicts import Verdict

N = 300


def make_columns(seed: int = 0) -> ImageColumns:
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        Project.create(Path(folder)).close()
        database = open_database(Path(folder))
        with database.transaction():
            source = save_source(database, Source(0, Path("root").resolve()))
            for number in range(N):
                add_image(database, source, make_record(rng, number))
        columns = load_columns(database)
        database.close()
    return columns


def make_record(rng: np.random.Generator, number: int) -> ImageRecord:
    truth = tuple(Truth)[rng.integers(3)]
    return ImageRecord(
        # Two images of one source never share a path; many share the name of the file.
        path=f"Part {number % 7}/test/{number}/{rng.integers(1000)}.png",
        class_name=f"c{min(int(rng.exponential(1.5)), 5)}",
        split=tuple(Split)[rng.integers(4)],
        truth=truth,
        defect_kind="Scratch" if truth is Truth.DEFECTIVE else "",
        sha256="0",
        width=8,
        height=8,
        bit_depth=8,
        channels=1,
        problem="Torn." if rng.random() < 0.1 else None,
    )


COLUMNS = make_columns()
CODES = np.random.default_rng(1).integers(0, 4, N).astype(np.uint8)
RAW = np.where(np.arange(N) % 9 == 0, np.nan, np.random.default_rng(2).normal(size=N).round(1))
JUDGED = judged(Scores(RAW, {"none": RAW}, {"none": RAW * 2}), "none", 0.8, 0.2)


def ask(query: Query) -> list[int]:
    rows = select(COLUMNS, CODES, JUDGED, Texts(COLUMNS), query)
    return [int(row) for row in rows]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        (Query(), lambda i, r: True),
        (Query(class_name="c1"), lambda i, r: r.class_name == "c1"),
        (Query(class_name="gone"), lambda i, r: False),
        (Query(split=Split.TEST), lambda i, r: r.split is Split.TEST),
        (Query(truth=Truth.UNKNOWN), lambda i, r: r.truth is Truth.UNKNOWN),
        (Query(verdict=Verdict.NONE), lambda i, r: VERDICTS[CODES[i]] is Verdict.NONE),
        (Query(verdict=Verdict.NG), lambda i, r: VERDICTS[CODES[i]] is Verdict.NG),
        (Query(with_problem=True), lambda i, r: r.problem is not None),
        (Query(decision=Decision.NG), lambda i, r: RAW[i] > 0.8),
        (Query(decision=Decision.OK), lambda i, r: RAW[i] <= 0.2),
        (Query(decision=Decision.UNSURE), lambda i, r: 0.2 < RAW[i] <= 0.8),
        (Query(decision=Decision.UNSCORED), lambda i, r: np.isnan(RAW[i])),
        (
            Query(text="SCRATCH 3/test"),
            lambda i, r: "Part 3" in r.path and r.defect_kind == "Scratch",
        ),
        (Query(text="nowhere"), lambda i, r: False),
        (Query(text="  "), lambda i, r: True),
    ],
)
def test_filters(query: Query, fits: object) -> None:
    expected = [i for i, image in enumerate(COLUMNS.images) if fits(i, image.record)]  # type: ignore[operator]
    assert ask(query) == expected


def test_an_order_alone_leaves_nothing_out() -> None:
    assert not Query(order=Order.SCORE, descending=True).filters
    assert Query(with_problem=False).filters
    assert Query(text="x").filters


def test_every_image_has_exactly_one_decision() -> None:
    shown = [row for decision in Decision for row in ask(Query(decision=decision))]
    assert sorted(shown) == list(range(N))
    for decision in Decision:
        assert all(JUDGED.decision_of(row) is decision for row in ask(Query(decision=decision)))


@pytest.mark.parametrize("descending", [False, True])
def test_scores_sort_stably_with_the_unscored_last(descending: bool) -> None:
    scored = [i for i in range(N) if not np.isnan(RAW[i])]
    expected = sorted(scored, key=lambda i: (-RAW[i] if descending else RAW[i], i))
    expected += [i for i in range(N) if np.isnan(RAW[i])]
    assert ask(Query(order=Order.SCORE, descending=descending)) == expected


def test_nearest_to_the_threshold_comes_first() -> None:
    rows = ask(Query(order=Order.NEAREST))
    distances = [abs(RAW[row] - 0.8) for row in rows if not np.isnan(RAW[row])]
    assert distances == sorted(distances)
    assert all(np.isnan(RAW[row]) for row in rows[len(distances) :])


def test_names_sort_by_their_numbers() -> None:
    names = [COLUMNS.images[row].record.path for row in ask(Query(order=Order.NAME))]
    numbers = [int(Path(name).stem) for name in names]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("order", list(Order))
def test_any_order_shows_every_image_once(order: Order) -> None:
    for descending in (False, True):
        query = Query(order=order, descending=descending)
        assert sorted(ask(query)) == list(range(N))
        filtered = ask(replace(query, truth=Truth.GOOD))
        assert filtered == [row for row in ask(query) if row in set(filtered)]


def test_class_counts_add_up_and_mark_the_tail() -> None:
    counts = count_classes(COLUMNS)
    usable = [image.record for image in COLUMNS.images if image.record.problem is None]
    assert sum(each.total for each in counts.classes) == len(usable)
    trained = [each.train_good for each in counts.classes]
    assert trained == sorted(trained, reverse=True)
    assert counts.limit == tail_limit(np.array(trained))
    assert [each.is_tail for each in counts.classes] == is_tail(np.array(trained)).tolist()
    assert 0 < counts.n_tail < len(counts.classes)


def test_tail_limit_of_little() -> None:
    assert tail_limit(np.empty(0, np.int64)) == 0
    assert tail_limit(np.array([100, 25, 24])) == 25
    assert is_tail(np.array([100, 25, 24])).tolist() == [False, False, True]
    assert not is_tail(np.array([7, 7])).any()
