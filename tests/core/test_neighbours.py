"""The nearest normal image, against the few lines that say what is meant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import neighbours
from inspector.core.neighbours import Neighbours, most_alike, spread_out


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 30))
def test_it_is_the_greatest_cosine_but_never_itself(seed: int, count: int, chosen: int) -> None:
    rng = np.random.default_rng(seed)
    descriptors = rng.normal(size=(count, 5)).astype(np.float16)
    candidates = rng.choice(count, min(chosen, count), replace=False).astype(np.int64)
    searched = Neighbours(descriptors[candidates], candidates)
    for row in range(count):
        query = descriptors[row].astype(float)
        best = {
            int(c): float(
                query
                @ descriptors[c].astype(float)
                / np.linalg.norm(query)
                / np.linalg.norm(descriptors[c].astype(float))
            )
            for c in candidates
            if c != row
        }
        found = searched.nearest(descriptors[row], row)
        if not best:
            assert found is None
            continue
        assert found is not None
        assert found.id in best
        assert found.similarity == pytest.approx(max(best.values()), abs=1e-5)
        assert best[found.id] == pytest.approx(max(best.values()), abs=1e-5)


def test_nothing_to_compare_with() -> None:
    descriptor = np.ones(4, np.float16)
    assert (
        Neighbours(np.empty((0, 4), np.float16), np.empty(0, np.int64)).nearest(descriptor, 0)
        is None
    )
    assert Neighbours(descriptor[None], np.array([1])).nearest(descriptor, 1) is None


def test_a_descriptor_of_zeros_does_no_harm() -> None:
    found = Neighbours(np.float16([[0, 0], [1, 0]]), np.array([0, 1])).nearest(
        np.zeros(2, np.float16), 2
    )
    assert found is not None
    assert found.similarity == 0.0


def test_of_very_many_some_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_CANDIDATES", 10)
    assert spread_out(np.arange(3, 13)).tolist() == list(range(3, 13))
    chosen = spread_out(np.arange(1, 100))
    assert chosen.tolist() == np.linspace(1, 99, 10).round().tolist()


def test_the_most_alike_come_in_their_order() -> None:
    rng = np.random.default_rng(2)
    descriptors = rng.standard_normal((40, 6)).astype(np.float16)
    units = descriptors.astype(float)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    cosines = units @ units[7]
    found = most_alike(descriptors, 7, 5)
    assert 7 not in found
    others = sorted((i for i in range(40) if i != 7), key=lambda i: -cosines[i])
    assert found.tolist() == others[:5]
    assert len(most_alike(descriptors, 7, 100)) == 39
    assert most_alike(descriptors[:1], 0, 5).size == 0
