"""Score distributions, against SciPy's densities and naive counts."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import distributions as d
from inspector.core.thresholds import confusion

exact = settings(derandomize=True, deadline=None, max_examples=60)
finite = st.floats(-50, 50, allow_nan=False)


def score_set(
    rows: list[tuple[int, int, float, float]], names: tuple[str, ...] = ("nut", "Bolt", "cap")
) -> d.ScoreSet:
    """Rows are (class, label, raw, aligned)."""
    table = np.array(rows, np.float64).reshape(-1, 4)
    return d.ScoreSet(
        image_ids=np.arange(10, 10 + len(rows)),
        class_index=table[:, 0].astype(np.int64),
        class_names=names,
        labels=table[:, 1].astype(np.int8),
        raw=table[:, 2],
        aligned=table[:, 3],
    )


score_sets = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from((-1, 0, 1)), finite, finite), max_size=60
).map(score_set)


@exact
@given(score_sets, finite, st.sampled_from(("raw", "aligned")))
def test_counts_equal_naive_ones(scores: d.ScoreSet, threshold: float, side: d.Side) -> None:
    tally = d.ThresholdCounts(scores, side).at(threshold)
    known = scores.labels >= 0
    values = scores.scores(side)
    for index in (0, 1, 2, None):
        chosen = known if index is None else known & (scores.class_index == index)
        expected = confusion(scores.labels[chosen] == 1, values[chosen], threshold)
        assert tally.confusion(index) == expected
    unknown = values[scores.labels == -1]
    assert tally.flagged[:, 2].sum() == (unknown > threshold).sum()


@exact
@given(score_sets)
def test_a_score_at_the_threshold_is_not_flagged(scores: d.ScoreSet) -> None:
    counts = d.ThresholdCounts(scores, "raw")
    for value in scores.raw[:5].tolist():
        assert counts.at(value).flagged.sum() == (scores.raw > value).sum()


@pytest.mark.parametrize("size", [3, 40, 3000])
def test_densities_equal_scipys(size: int) -> None:
    from scipy.stats import gaussian_kde

    rng = np.random.default_rng(size)
    places = np.concatenate([rng.normal(0.4, 0.08, size), rng.normal(0.9, 0.1, size)])
    groups = np.repeat([0, 2], size)
    widths = np.array([0.02, 0.05, 0.05])
    found = d.densities(places, groups, 3, widths)
    grid = np.linspace(0, 1, d.GRID)
    for group in (0, 2):
        own = places[groups == group]
        expected = gaussian_kde(own, widths[group] / np.std(own, ddof=1))(grid)
        np.testing.assert_allclose(found[group], expected, atol=0.006 * expected.max())
    assert not found[1].any()


def test_densities_of_too_few_scores_are_empty() -> None:
    assert not d.densities(np.array([0.5, 0.5]), np.zeros(2, np.int64), 1, np.array([0.1])).any()


def test_silverman_is_robust_and_never_negative() -> None:
    rng = np.random.default_rng(0)
    calm = rng.normal(0, 1, 200)
    wild = np.r_[calm, 1e6]
    groups = np.zeros(201, np.int64)
    width = d.SortedScores(wild, groups, 1).bandwidths()[0]
    quartiles = np.subtract(*np.quantile(wild, [0.75, 0.25])) / 1.34
    assert width == pytest.approx(0.9 * quartiles * 201**-0.2)
    assert d.SortedScores(np.ones(9), groups[:9], 2).bandwidths().tolist() == [0, 0]


@exact
@given(score_sets)
def test_medians_equal_numpys(scores: d.ScoreSet) -> None:
    found = d.SortedScores(scores.raw, scores.groups, 9).medians()
    for group in range(9):
        own = scores.raw[scores.groups == group]
        if own.size:
            assert found[group] == pytest.approx(np.median(own), abs=1e-12)
        else:
            assert np.isnan(found[group])


@exact
@given(score_sets, st.one_of(st.none(), finite))
def test_an_axis_holds_the_threshold_and_the_bulk(
    scores: d.ScoreSet, threshold: float | None
) -> None:
    axis = d.axis_for(scores, "raw", threshold)
    assert axis.low < axis.high
    if threshold is not None:
        assert 0 < axis.place(threshold) < 1
    normal = scores.raw[scores.labels == 0]
    if normal.size:
        assert 0 < axis.place(float(np.median(normal))) < 1
    for place, _ in axis.ticks(6):
        assert -1e-6 <= place <= 1 + 1e-6
    assert len(axis.ticks(6)) <= 8


def test_far_defects_do_not_squeeze_the_normal_scores() -> None:
    rows = [(0, 0, i / 100, 0.0) for i in range(100)] + [
        (0, 1, 1000.0 + i, 0.0) for i in range(100)
    ]
    axis = d.axis_for(score_set(rows), "raw", 1.0)
    assert axis.place(1.0) - axis.place(0.0) > 0.2


@exact
@given(
    st.tuples(finite, st.floats(0.01, 50), st.floats(0.01, 0.99)),
    st.tuples(finite, st.floats(0.01, 50), st.floats(0.01, 0.99)),
)
def test_anchored_axes_share_the_thresholds_place(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    axes = [d.Axis(low, low + span) for low, span, _ in (one, other)]
    thresholds = [axis.score(part[2]) for axis, part in zip(axes, (one, other), strict=True)]
    wider = d.anchored(axes[0], axes[1], thresholds[0], thresholds[1])
    places = [a.place(t) for a, t in zip(wider, thresholds, strict=True)]
    assert places[0] == pytest.approx(places[1], abs=1e-7)
    for axis, wide in zip(axes, wider, strict=True):
        assert wide.low <= axis.low + 1e-7 and wide.high >= axis.high - 1e-7


def test_morph_starts_raw_and_ends_aligned() -> None:
    left, right = np.array([0.1, 0.9]), np.array([0.5, 0.5])
    assert d.morph(left, right, 0.0).tolist() == left.tolist()
    assert d.morph(left, right, 1.0).tolist() == right.tolist()
    assert d.morph(left, right, 0.5) == pytest.approx([0.3, 0.7])


def test_jitter_is_steady_and_spread_evenly() -> None:
    ids = np.arange(4000)
    spread = d.jitter(ids)
    assert d.jitter(ids[::-1]).tolist() == spread[::-1].tolist()
    assert spread.min() >= 0 and spread.max() < 1
    assert np.histogram(spread, 8, (0, 1))[0].min() > 400
    assert abs(np.corrcoef(spread[:-1], spread[1:])[0, 1]) < 0.06


def test_order_of_the_classes() -> None:
    rows = [(0, 0, 5, 0), (0, 1, 0, 0), (1, 0, 1, 0), (2, 1, 3, 0), (2, 1, 3, 0), (2, -1, 3, 0)]
    scores = score_set([(*row[:2], float(row[2]), 0.0) for row in rows])
    assert d.class_order(scores, "name").tolist() == [1, 2, 0]
    assert d.class_order(scores, "size").tolist() == [2, 0, 1]
    assert d.class_order(scores, "median").tolist() == [1, 2, 0]


def test_csv_gives_every_score_back() -> None:
    scores = score_set(
        [(0, 0, 0.1, 1 / 3), (1, 1, 2.0, -4.0), (2, -1, 0.0, 7.0)], ("a,b", "ü", "c")
    )
    rows = list(csv.DictReader(io.StringIO(d.as_csv(scores))))
    assert [row["class"] for row in rows] == ["a,b", "ü", "c"]
    assert [row["truth"] for row in rows] == ["good", "defective", ""]
    assert [float(row["aligned_score"]) for row in rows] == scores.aligned.tolist()
    assert [int(row["image_id"]) for row in rows] == [10, 11, 12]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((3, 0, 0.0, 0.0), "class_names"),
        ((0, 2, 0.0, 0.0), "labels"),
        ((0, 0, float("nan"), 0.0), "finite"),
    ],
)
def test_a_score_set_refuses_nonsense(row: tuple[int, int, float, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score_set([row])


def test_a_score_set_refuses_unequal_lengths() -> None:
    one = np.zeros(1)
    with pytest.raises(ValueError, match="labels"):
        d.ScoreSet(one.astype(int), one.astype(int), ("a",), np.zeros(2, np.int8), one, one)
