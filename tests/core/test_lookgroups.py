"""Groups that are found by their looks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.core.lookgroups import MOST_GROUPS, find_look_groups, pooled


def looks(sizes: list[int], seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clearly distinct looks of given numbers of images, shuffled, and which is which."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = rng.normal(0, 4, (len(sizes), 24))
    return (centres[truth] + rng.normal(0, 1, (len(truth), 24))).astype(np.float32), truth


@pytest.mark.parametrize("sizes", [[40, 30], [50, 20, 30], [60, 50, 40, 30, 20]])
def test_distinct_looks_are_told_apart_largest_first(sizes: list[int]) -> None:
    vectors, truth = looks(sizes)
    found = find_look_groups(vectors)
    assert found.count == len(sizes)
    assert np.bincount(found.labels).tolist() == sorted(sizes, reverse=True)
    pairs = set(zip(found.labels.tolist(), truth.tolist(), strict=True))
    assert len(pairs) == len(sizes)
    assert found.distinctness is not None and found.distinctness > 0.3


def test_the_same_images_always_give_the_same_groups() -> None:
    vectors, _ = looks([40, 30, 20])
    first, second = find_look_groups(vectors), find_look_groups(vectors.copy())
    assert first.labels.tolist() == second.labels.tolist()


def test_what_looks_alike_is_one_group() -> None:
    vectors = np.random.default_rng(1).normal(size=(200, 24)).astype(np.float32)
    found = find_look_groups(vectors)
    assert found.count == 1 and not found.labels.any() and found.distinctness is None


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_images_are_one_group(count: int) -> None:
    found = find_look_groups(np.ones((count, 8), np.float32))
    assert found.count == min(count, 1) and found.labels.shape == (count,)


def test_equal_images_are_one_group() -> None:
    assert find_look_groups(np.ones((64, 8), np.float32)).count == 1


def test_never_more_groups_than_allowed() -> None:
    vectors, _ = looks([20] * 20)
    assert 2 <= find_look_groups(vectors).count <= MOST_GROUPS
    assert find_look_groups(vectors, most=3).count <= 3


def test_maps_are_pooled_to_mean_and_deviation() -> None:
    maps = np.random.default_rng(2).normal(size=(600, 3, 4, 5)).astype(np.float16)
    found = pooled(maps)
    wide = maps.astype(np.float64)
    assert found.shape == (600, 6) and found.dtype == np.float32
    np.testing.assert_allclose(found[:, :3], wide.mean(axis=(2, 3)), atol=1e-5)
    np.testing.assert_allclose(found[:, 3:], wide.std(axis=(2, 3)), atol=1e-5)


def test_vectors_are_taken_as_they_are() -> None:
    vectors = np.random.default_rng(3).normal(size=(10, 4)).astype(np.float16)
    np.testing.assert_array_equal(pooled(vectors), vectors.astype(np.float32))
    assert pooled(vectors[:0]).shape[0] == 0
