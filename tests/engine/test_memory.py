"""Nearest neighbours, patches, the mask filter and banks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from inspector.core.patch_grid import mask_on_grid, patches_of_mask
from inspector.engine.backbones import Backbone
from inspector.engine.loaded_graph import LoadedGraph, OnnxGraph, OpenVinoGraph
from inspector.engine.memory import nearest as nearest_module
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import (
    as_rows,
    look,
    patch_channels,
    patch_features,
)
from inspector.engine.tracing import traced
from inspector.errors import InspectorError


def points(count: int, width: int = 7, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("queries", "entries"), [(1, 1), (5, 3), (50, 40), (300, 700)])
def test_nearest_is_scikit_learns(
    queries: int, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "_AT_ONCE_ON_CPU", (32, 64))  # several blocks of both
    asked, known = points(queries, seed=1), points(entries, seed=2)
    distance, row = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(known).kneighbors(asked)
    found = nearest(asked, known)
    assert found.row.tolist() == row[:, 0].tolist()
    np.testing.assert_allclose(found.distance.numpy(), distance[:, 0], rtol=1e-5)


def test_nearest_in_an_exported_graph_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    known, asked = points(150).half(), points(70, seed=1)
    asked[3] = known[149].float()
    expected = nearest(asked, known)
    monkeypatch.setattr(nearest_module, "_AT_ONCE_IN_A_GRAPH", 64)
    monkeypatch.setattr(torch.onnx, "is_in_onnx_export", lambda: True)
    found = nearest(asked, known)
    assert torch.equal(found.row, expected.row)
    assert torch.equal(found.distance, expected.distance)


class _Distances(torch.nn.Module):
    """Of each pixel to the nearest known one."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        self.known = torch.nn.Buffer(known)

    def forward(self, images: Tensor) -> Tensor:
        pixels = images.permute(0, 2, 3, 1)
        return nearest(pixels.reshape(-1, 3), self.known).distance.view(-1, 8, 8)


@pytest.mark.parametrize("kind", [OnnxGraph, OpenVinoGraph])
def test_an_exported_graph_looks_at_the_bank_block_by_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[LoadedGraph]
) -> None:
    onnx = pytest.importorskip("onnx")
    for package in ("onnxruntime", "openvino"):
        pytest.importorskip(package)
    monkeypatch.setattr(nearest_module, "_AT_ONCE_IN_A_GRAPH", 64)
    module = _Distances(torch.rand(150, 3, generator=torch.Generator().manual_seed(0)).half())
    graph = traced(module, 8, ("distance",), fold_constants=False)
    assert "Loop" in {node.op_type for node in onnx.load_model_from_string(graph).graph.node}
    (tmp_path / "graph.onnx").write_bytes(graph)
    loaded = kind(tmp_path / "graph.onnx", threads=1)
    for count in (1, 3):  # neither is what was traced
        images = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(count))
        (found,) = loaded.run(images.numpy())
        np.testing.assert_allclose(found, module(images).numpy(), atol=1e-5)


def test_nearest_is_exact_where_products_round() -> None:
    """Far from the origin the products lose what tells the points apart; distances must not."""
    known = points(20) + 300
    found = nearest(known, known)
    assert found.row.tolist() == list(range(20))
    assert float(found.distance.max()) == 0


def test_nearest_in_half_is_that_of_the_widened_bank() -> None:
    asked, known = points(40, seed=3), points(60, seed=4).half()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = nearest(asked, known)
    wide = nearest(asked, known.float())
    assert found.distance.dtype == torch.float32
    assert torch.equal(found.row, wide.row)
    assert torch.equal(found.distance, wide.distance)


def test_nearest_can_be_told_not_to_find_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "_AT_ONCE_ON_CPU", (3, 4))
    known = points(11)
    found = nearest(known, known, skip=torch.arange(11))
    apart = torch.cdist(known, known).fill_diagonal_(torch.inf)
    assert torch.equal(found.row, apart.argmin(dim=1))
    some = nearest(known, known, skip=torch.tensor([0] + [-1] * 10))
    assert some.row[0] == found.row[0]
    assert some.row[1:].tolist() == list(range(1, 11))


def test_no_entries_is_a_bug_that_is_caught() -> None:
    with pytest.raises(ValueError, match="no entry"):
        nearest(points(3), points(0))


def test_patches_are_local_means_of_two_stages() -> None:
    features = [torch.rand(2, 3, 16, 16), torch.rand(2, 4, 8, 8), torch.rand(2, 5, 4, 4)]
    patches = patch_features(features)
    assert patches.shape == (2, 9, 8, 8)
    window = features[1][1, 2, 3:6, 4:7]
    assert float(patches[1, 2, 4, 5]) == pytest.approx(float(window.mean()), abs=1e-6)
    corner = features[1][0, 0, :2, :2]  # at the border, of what is there
    assert float(patches[0, 0, 0, 0]) == pytest.approx(float(corner.mean()), abs=1e-6)
    coarse = F.avg_pool2d(features[2], 3, 1, 1, count_include_pad=False)
    upsampled = F.interpolate(coarse, size=(8, 8), mode="bilinear")
    torch.testing.assert_close(patches[:, 4:], upsampled)
    rows = as_rows(patches)
    assert rows.shape == (2, 64, 9)
    assert torch.equal(rows[1, 3 * 8 + 5], patches[1, :, 3, 5])
    assert look(patches).shape == (2, 9, 2, 2)


def test_patches_are_linear_so_that_blending_features_is_blending_patches() -> None:
    first, second = (
        [torch.rand(1, c, 16 // 2**i, 16 // 2**i) for i, c in enumerate((2, 3, 4))],
    ) * 2
    second = [torch.rand_like(f) for f in first]
    blended = patch_features([0.6 * a + 0.4 * b for a, b in zip(first, second, strict=True)])
    torch.testing.assert_close(blended, 0.6 * patch_features(first) + 0.4 * patch_features(second))


def test_the_papers_backbone_has_the_papers_channels(random_wrn: Backbone) -> None:
    assert patch_channels(random_wrn) == 1536
    with torch.inference_mode():
        patches = patch_features(random_wrn(torch.rand(1, 3, 224, 224)))
    assert patches.shape == (1, 1536, 28, 28)  # 784 patches


def test_a_patch_is_in_where_the_scaled_mask_is_above_zero() -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[16:32, 8:24] = True
    taken = patches_of_mask(mask, (64, 64))
    expected = np.zeros((8, 8), np.bool_)
    expected[2:4, 1:3] = True
    assert np.array_equal(taken, expected)
    # The centre of a patch lies between its pixels 3 and 4: one of them is enough.
    mask = np.zeros((64, 64), np.bool_)
    mask[8 * 5 + 4, 8 * 6 + 3] = True
    assert np.argwhere(patches_of_mask(mask, (64, 64))).tolist() == [[5, 6]]


def test_a_mask_that_would_vanish_keeps_its_strongest_patch() -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[8 * 3, 8 * 2] = True  # a patch's corner, far from its centre
    mask[8 * 6 : 8 * 6 + 2, 8 * 1 : 8 * 1 + 2] = True
    assert np.argwhere(patches_of_mask(mask, (64, 64))).tolist() == [[6, 1]]


def test_thin_lines_of_large_images_survive() -> None:
    mask = np.zeros((2000, 3000), np.bool_)
    mask[:, 1501] = True
    taken = patches_of_mask(mask, (256, 256))
    assert taken.any(axis=1).all() or taken.sum() >= 1
    assert set(np.argwhere(taken)[:, 1]) == {16}


def test_an_empty_mask_is_said() -> None:
    with pytest.raises(InspectorError, match="empty"):
        patches_of_mask(np.zeros((9, 9), np.bool_), (64, 64))


def test_without_the_filter_every_patch_is_in() -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[0, 0] = True
    assert patches_of_mask(mask, (64, 64), filtered=False).all()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    seed=st.integers(0, 1000),
    share=st.floats(0.0005, 0.5),
)
def test_any_painted_mask_takes_a_patch_that_it_touches(
    height: int, width: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((height, width)) < share
    mask[rng.integers(height), rng.integers(width)] = True
    taken = patches_of_mask(mask, (64, 96))
    assert taken.shape == (8, 12)
    assert taken.any()
    painted = torch.from_numpy(mask.astype(np.float32))[None, None]
    at_input = F.interpolate(painted, size=(64, 96), mode="area")
    covered = F.interpolate(at_input, size=(8, 12), mode="area")[0, 0]
    assert not (taken & ~(covered.numpy() > 0)).any()
    # torch's own scaling is the rule, and numpy follows it to the last patch.
    on_grid = F.interpolate(at_input, size=(8, 12), mode="bilinear", align_corners=False)[0, 0] > 0
    laid = mask_on_grid(mask, (64, 96))
    assert laid.vanishes == (not bool(on_grid.any()))
    assert laid.area == pytest.approx(float(covered.sum()), rel=1e-4, abs=1e-6)
    if not laid.vanishes:
        assert np.array_equal(taken, on_grid.numpy())
    else:
        assert float(covered.numpy()[taken].item()) == pytest.approx(float(covered.max()), rel=1e-5)


def filled(count: int, channels: int = 3) -> Bank:
    bank = Bank(channels)
    sources = torch.arange(4 * count, dtype=torch.int32).view(count, 4)
    bank.fill(points(count, channels), sources)
    return bank


@pytest.mark.parametrize("before", [0, 2, 9])
def test_a_bank_takes_its_size_from_what_is_loaded(before: int) -> None:
    saved, loaded = filled(5), filled(before)
    loaded.load_state_dict(saved.state_dict())
    assert len(loaded) == 5
    assert torch.equal(loaded.features, saved.features)
    assert torch.equal(loaded.sources, saved.sources)


def test_but_everything_else_is_checked() -> None:
    state = filled(5).state_dict()
    with pytest.raises(RuntimeError, match="size mismatch"):
        Bank(4).load_state_dict(state)
    with pytest.raises(RuntimeError, match="Missing key"):
        Bank(3).load_state_dict({"features": state["features"]})
    with pytest.raises(RuntimeError, match="Unexpected key"):
        Bank(3).load_state_dict(state | {"more": torch.zeros(1)})
    with pytest.raises(RuntimeError, match="size mismatch"):
        Bank(3).load_state_dict(state | {"features": torch.zeros(5)})


def test_entries_are_added_and_left_out() -> None:
    bank = filled(4)
    bank.add(points(2, 3, seed=9), torch.tensor([[1, 5, 6, 70], [1, 5, 7, 70]], dtype=torch.int32))
    assert len(bank) == 6
    bank.leave_out([(70, 5, 7), (7, 5, 6), (8, 5, 6)])  # (annotation, row, column)
    assert bank.sources[:, 3].tolist() == [3, 11, 15, 70]
    with pytest.raises(ValueError, match="bank entries"):
        bank.fill(points(2, 3), torch.zeros(3, 4))
