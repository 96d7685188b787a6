"""Pixel metrics against scikit-learn and a brute-force AUPRO; binned against exact; merging."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import scipy.ndimage
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.core.pixel_metrics import PixelMetrics, PixelScores

Image = tuple[NDArray[np.float32], NDArray[np.bool_]]

_seeds = st.integers(0, 2**32 - 1)


def _images(seed: int, n: int = 3, size: int = 12, levels: int | None = None) -> list[Image]:
    """Maps that tell defect from ground somewhat, with several regions; the last has no defect."""
    rng = np.random.default_rng(seed)
    images = []
    for index in range(n):
        mask = rng.random((size, size)) < 0.2 if index < n - 1 else np.zeros((size, size), bool)
        values = rng.normal(size=(size, size)) + mask * rng.uniform(0, 2)
        if levels is not None:
            values = np.round(values * levels) / levels
        images.append((values.astype(np.float32), mask))
    return images


def _accumulate(images: Sequence[Image], exact_pixels: int = 10**9) -> PixelMetrics:
    metrics = PixelMetrics(exact_pixels)
    for anomaly_map, mask in images:
        metrics.update(anomaly_map, mask)
    return metrics


def _naive_aupro(images: Sequence[Image], limit: float = 0.3) -> float:
    """Every threshold, every region, one after the other."""
    normal = np.concatenate([values[~mask] for values, mask in images])
    regions = []
    for values, mask in images:
        labels, count = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [values[labels == i + 1] for i in range(count)]
    points = [(0.0, 0.0)]
    for threshold in sorted({float(v) for values, _ in images for v in values.flat}, reverse=True):
        overlap = np.mean([np.mean(region >= threshold) for region in regions])
        points.append((float(np.mean(normal >= threshold)), float(overlap)))
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        if x1 <= limit:
            area += (x1 - x0) * (y0 + y1) / 2
        elif x0 < limit:
            cut = y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
            area += (limit - x0) * (y0 + cut) / 2
    return area / limit


def _assert_close(found: PixelScores, wanted: PixelScores, tolerance: float) -> None:
    for name in ("auroc", "ap", "f1_max", "aupro"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=tolerance), name


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seed=_seeds, levels=st.sampled_from([None, 1, 2, 5]))
def test_exact_agrees_with_references(seed: int, levels: int | None) -> None:
    images = _images(seed, levels=levels)
    found = _accumulate(images).result()
    labels = np.concatenate([mask.ravel() for _, mask in images])
    scores = np.concatenate([values.ravel() for values, _ in images])
    assert found.auroc == pytest.approx(sklearn.metrics.roc_auc_score(labels, scores))
    assert found.ap == pytest.approx(sklearn.metrics.average_precision_score(labels, scores))
    precision, recall, _ = sklearn.metrics.precision_recall_curve(labels, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert found.f1_max == pytest.approx(f1.max())
    assert found.aupro == pytest.approx(_naive_aupro(images))


@settings(derandomize=True, deadline=None, max_examples=10)
@given(seed=_seeds, scale=st.sampled_from([1e-6, 0.05, 1.0, 1e4]), shift=st.sampled_from([0, -0.5]))
def test_binned_is_within_a_thousandth_of_exact(seed: int, scale: float, shift: float) -> None:
    images = [
        (((values + shift) * scale).astype(np.float32), mask)
        for values, mask in _images(seed, n=4, size=48)
    ]
    exact, binned = _accumulate(images), _accumulate(images, exact_pixels=0)
    assert exact.exact
    assert not binned.exact
    _assert_close(binned.result(), exact.result(), 1e-3)


def test_bins_keep_the_order_of_floats() -> None:
    """Scores far enough apart to fall in different bins lose nothing, whatever their sign."""
    values = np.array([[-3e30, -2, -1, -1e-3, -1e-30, 0, 1e-30, 1e-3, 1, 2, 3e30]], np.float32)
    rng = np.random.default_rng(0)
    for _ in range(20):
        image = (values, rng.permutation(np.arange(values.size) % 3 == 0).reshape(values.shape))
        _assert_close(_accumulate([image], 0).result(), _accumulate([image]).result(), 1e-12)


def test_both_zeros_are_one_score() -> None:
    image = (np.array([[0.0, -0.0]], np.float32), np.array([[True, False]]))
    assert _accumulate([image]).result().auroc == 0.5
    assert _accumulate([image], 0).result().auroc == 0.5


@pytest.mark.parametrize("bounds", [(10**9,) * 3, (0, 0, 0), (0, 10**9, 10**9), (700, 10**9, 0)])
def test_merging_gives_what_one_accumulator_gives(bounds: tuple[int, int, int]) -> None:
    images = _images(5, n=6, levels=4)
    whole, *parts = (PixelMetrics(bound) for bound in bounds)
    for index, image in enumerate(images):
        parts[index % 2].update(*image)
    before = [part.result() for part in parts]
    for part in parts:
        whole.merge(part)
    _assert_close(whole.result(), _accumulate(images).result(), 1e-12)  # levels fall in own bins
    whole.update(*images[0])
    assert [part.result() for part in parts] == before


def test_memory_stays_bounded_after_the_switch() -> None:
    metrics = PixelMetrics(exact_pixels=1000)
    image = _images(1, n=2, size=20)[0]
    sizes = []
    for _ in range(8):
        metrics.update(*image)
        sizes.append(metrics.nbytes)
    assert sizes[1] == 2 * sizes[0]  # 800 pixels are still kept
    assert metrics.exact is False
    assert len(set(sizes[2:])) == 1


def test_one_label_is_undefined() -> None:
    values = np.ones((2, 2), np.float32)
    nothing = PixelScores(None, None, None, None)
    assert PixelMetrics().result() == nothing
    assert PixelMetrics(exact_pixels=0).result() == nothing
    for bound in (0, 100):
        for mask in (np.zeros((2, 2), bool), np.ones((2, 2), bool)):
            assert _accumulate([(values, mask)], bound).result() == nothing


def test_a_region_counts_once_whatever_its_size() -> None:
    values = np.zeros((9, 9), np.float32)
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = mask[1, 1] = True  # diagonal neighbours: one region
    mask[4:8, 4:8] = True
    values[4:8, 4:8] = 1.0
    found = _accumulate([(values, mask)]).result()
    # Half of the regions are covered up to any rate; the rest comes linearly with the ground.
    assert found.aupro == pytest.approx(0.5 + 0.5 * 0.3 / 2)


def test_the_map_is_not_kept_by_reference() -> None:
    values, mask = _images(2, n=1)[0]
    metrics = _accumulate([(values, mask), *_images(3)])
    before = metrics.result()
    values[:] = 100
    assert metrics.result() == before


def test_refuses_what_it_cannot_count() -> None:
    metrics = PixelMetrics()
    with pytest.raises(ValueError, match="alike"):
        metrics.update(np.zeros((2, 2), np.float32), np.zeros((2, 3), bool))
    with pytest.raises(ValueError, match="finite"):
        metrics.update(np.full((2, 2), np.nan, np.float32), np.zeros((2, 2), bool))
