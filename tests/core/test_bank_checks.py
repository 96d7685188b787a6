"""Painted patches against normal ones, and what is painted of each defect type."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from inspector.core import bank_checks
from inspector.core.bank_checks import (
    Coverage,
    PaintedFact,
    coverage,
    likeness,
    looks_mispainted,
)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(painted=st.integers(0, 30), normal=st.integers(2, 300), seed=st.integers(0, 99))
def test_likeness_is_scikit_learns_neighbours(painted: int, normal: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = rng.standard_normal((painted, 12)).astype(np.float16)
    known = rng.standard_normal((normal, 12)).astype(np.float16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank_checks, "_BLOCK", 64)  # several blocks
        found = likeness(asked, known)
    search = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(known.astype(np.float64))
    spacing = np.median(search.kneighbors(known.astype(np.float64))[0][:, 1])
    assert found.spacing == pytest.approx(spacing, rel=1e-5)
    if painted:
        distance, row = search.kneighbors(asked.astype(np.float64), n_neighbors=1)
        np.testing.assert_allclose(found.ratio, distance[:, 0] / spacing, rtol=1e-5)
        np.testing.assert_array_equal(found.nearest, row[:, 0])
    np.testing.assert_array_equal(found.looks_normal, found.ratio <= 0.9)


def test_a_patch_among_normal_ones_looks_normal_and_a_far_one_does_not() -> None:
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    painted = np.array([[4.5, 4.5], [3.0, 3.0], [4.0, 9.95], [4.0, 11.5]], np.float32)
    found = likeness(painted, grid.astype(np.float32))
    assert found.spacing == pytest.approx(1.0)
    np.testing.assert_allclose(found.ratio, [np.sqrt(0.5), 0.0, 0.95, 2.5], rtol=1e-6)
    assert found.looks_normal.tolist() == [True, True, False, False]


@pytest.mark.parametrize("normal", [0, 1])
def test_without_two_normal_entries_nothing_is_said(normal: int) -> None:
    found = likeness(np.ones((3, 4), np.float16), np.zeros((normal, 4), np.float16))
    assert np.isnan(found.ratio).all()
    assert not found.looks_normal.any()
    assert np.isnan(found.spacing)
    assert set(found.nearest.tolist()) == ({0} if normal else {-1})


def test_normal_entries_that_are_all_the_same_tell_nothing() -> None:
    found = likeness(np.ones((2, 4), np.float16), np.zeros((5, 4), np.float16))
    assert np.isnan(found.ratio).all()


def test_small_distances_are_exact_beside_large_values() -> None:
    rng = np.random.default_rng(3)
    known = (300 + rng.standard_normal((50, 40))).astype(np.float32)
    asked = known[:4] + np.float32(1e-3)
    found = likeness(asked, known)
    exact = np.linalg.norm(asked - known[:4], axis=1) / found.spacing
    np.testing.assert_allclose(found.ratio, exact, rtol=1e-6)


def test_who_does_not_want_it_any_more_ends_it() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        likeness(np.ones((1, 2), np.float16), np.zeros((9, 2), np.float16), stop)


@pytest.mark.parametrize(
    ("alike", "expected"), [([], False), ([True], True), ([True, False], False), ([1, 1, 0], True)]
)
def test_a_mask_is_mispainted_where_most_of_it_looks_normal(
    alike: list[bool], expected: bool
) -> None:
    assert looks_mispainted(np.array(alike, np.bool_)) is expected


def test_coverage_counts_by_type_and_names_the_classes_without() -> None:
    masks = [
        PaintedFact("scratch", 1, "nut", 4),
        PaintedFact("scratch", 2, "gear", 0),
        PaintedFact("scratch", 3, "gear", 7),
        PaintedFact("dent", 3, "gear", 2),
    ]
    found = coverage(["dent", "scratch", "stain"], ["cap", "gear", "nut"], masks)
    assert found == (
        Coverage("dent", 1, 1, 2, {"gear": 1}, ("cap", "nut")),
        Coverage("scratch", 3, 3, 11, {"gear": 2, "nut": 1}, ("cap",)),
        Coverage("stain", 0, 0, 0, {}, ("cap", "gear", "nut")),
    )
