"""The map of the banks: which points it shows, and that it keeps what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from inspector.core.bank_map import Projection, chosen_rows, project, thin


@settings(derandomize=True, max_examples=60, deadline=None)
@given(count=st.integers(0, 5000), most=st.integers(1, 700))
def test_thinning_is_even_ordered_and_never_repeats(count: int, most: int) -> None:
    rows = thin(count, most)
    assert len(rows) == min(count, most)
    assert (np.diff(rows) > 0).all()
    if len(rows) > 1:
        assert rows[0] == 0
        assert rows[-1] == count - 1
        gaps = np.diff(rows)
        assert gaps.max() - gaps.min() <= 1


def test_painted_entries_are_all_shown_and_small_banks_keep_a_share() -> None:
    sizes = {"normal": 60_000, "outliers": 300, "annotated": 900, "pseudo": 6_000, "fresh": 0}
    rows = chosen_rows(sizes, ("annotated", "fresh"), 3000)
    assert rows["annotated"].tolist() == list(range(900))
    assert len(rows["outliers"]) == 250
    shown = sum(len(rows[name]) for name in ("normal", "outliers", "pseudo"))
    assert 0.95 * 3000 <= shown <= 1.2 * 3000
    assert len(rows["fresh"]) == 0
    small = chosen_rows({"normal": 40, "outliers": 3}, (), 3000)
    assert {name: len(found) for name, found in small.items()} == {"normal": 40, "outliers": 3}


def clusters(count: int = 40, width: int = 24) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    centres = 8 * rng.standard_normal((3, width))
    labels = np.arange(3 * count) % 3
    return (centres[labels] + rng.standard_normal((3 * count, width))).astype(np.float16), labels


def test_pca_keeps_the_two_widest_axes() -> None:
    rows, _ = clusters()
    places = project(rows)
    exact = PCA(2, svd_solver="full").fit_transform(rows.astype(np.float64))
    np.testing.assert_allclose(np.abs(places), np.abs(exact), atol=0.02)


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_map_keeps_groups_together_and_is_always_the_same(method: Projection) -> None:
    rows, labels = clusters()
    places = project(rows, method)
    assert places.shape == (len(rows), 2)
    assert places.dtype == np.float32
    away = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    assert (labels[away.argmin(axis=1)] == labels).mean() > 0.97
    np.testing.assert_array_equal(places, project(rows, method))


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 7])
def test_a_handful_of_points_has_a_map_too(method: Projection, count: int) -> None:
    rows = np.random.default_rng(1).standard_normal((count, 9)).astype(np.float32)
    places = project(rows, method)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    same = project(np.ones((count, 9), np.float32), method)
    assert np.isfinite(same).all()


def test_two_points_lie_at_their_distance() -> None:
    places = project(np.array([[0, 0, 0], [2, 3, 6]], np.float32))
    assert np.linalg.norm(places[1] - places[0]) == pytest.approx(7.0)


def test_t_sne_can_be_stopped_between_its_rounds() -> None:
    seen = []

    class Stopped(Exception):
        pass

    def on_round(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        project(clusters()[0], "tsne", on_round=on_round)
    assert seen == [(0, 4), (1, 4)]
