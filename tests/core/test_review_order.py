"""Bands, queue orders and the pace of work."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.review_order import (
    BANDS,
    LONGEST_PAUSE,
    NO_BAND,
    Band,
    Order,
    band_counts,
    band_of,
    bands_of,
    in_bands,
    ordered,
    per_hour,
    share_at_most,
)

score = st.one_of(st.just(math.nan), st.floats(-5, 5).map(lambda value: round(value, 1)))
scores = st.lists(score, max_size=40).map(lambda values: np.array(values, np.float64))


@settings(derandomize=True, deadline=None)
@given(scores, st.floats(-5, 5), st.floats(0, 3))
def test_two_thresholds_make_three_bands(
    values: np.ndarray, threshold: float, below: float
) -> None:
    lower = threshold - below
    codes = bands_of(values, threshold, lower)
    for value, code in zip(values.tolist(), codes.tolist(), strict=True):
        one = band_of(value, threshold, lower)
        assert (code == NO_BAND) if one is None else (BANDS[code] is one)
        if value > threshold:
            assert one is Band.NG
        elif value <= lower:
            assert one is Band.OK
        elif not math.isnan(value):
            assert one is Band.UNSURE
    counts = band_counts(codes)
    assert sum(counts.values()) == int(np.isfinite(values).sum())
    for band in Band:
        assert counts[band] == int(in_bands(codes, {band}).sum())
    assert in_bands(codes, set(Band)).all()
    assert not in_bands(codes, ()).any()


@settings(derandomize=True, deadline=None)
@given(scores, st.floats(-5, 5))
def test_orders(values: np.ndarray, threshold: float) -> None:
    rows = np.arange(len(values))
    times = np.arange(len(values), dtype=np.int64) % 7
    for order in Order:
        found = ordered(rows, order, values, threshold, times)
        assert sorted(found) == list(rows)
    high = values[ordered(rows, Order.HIGHEST, values, threshold, times)]
    known = high[np.isfinite(high)]
    assert np.all(np.diff(known) <= 0)
    assert np.isnan(high[len(known) :]).all()
    near = values[ordered(rows, Order.NEAREST, values, threshold, times)]
    assert np.all(np.diff(np.abs(near[np.isfinite(near)] - threshold)) >= 0)
    newest = times[ordered(rows, Order.NEWEST, values, threshold, times)]
    assert np.all(np.diff(newest) <= 0)
    assert list(ordered(rows[::-1], Order.LISTED, values, threshold, times)) == list(rows[::-1])


def test_share_at_most() -> None:
    values = np.array([1.0, 2.0, math.nan, 3.0, 4.0])
    assert share_at_most(values, 2.0) == 0.5
    assert share_at_most(values, 9.0) == 1.0
    assert share_at_most(values, math.nan) is None
    assert share_at_most(np.array([math.nan]), 1.0) is None


def test_the_pace_leaves_breaks_out() -> None:
    assert per_hour([]) is None
    assert per_hour([5.0]) is None
    assert per_hour([0.0, 10.0, 20.0]) == pytest.approx(360)
    with_break = per_hour([0.0, 10.0, 3610.0])
    assert with_break == pytest.approx(2 * 3600 / (10 + LONGEST_PAUSE))
