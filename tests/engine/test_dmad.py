"""DMAD's and PatchCore's numerics on banks that are made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.annotating import (
    Entries,
    PaintedDefect,
    entries_of_mask,
    painted_entries,
    pseudo_anomalies,
    with_annotations,
)
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.dmad import Dmad, DmadHead
from inspector.engine.detectors.patchcore import PatchCore
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.errors import InspectorError

SIZE = (64, 64)
WHOLE = Tiling(64)


def images(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, *SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def backbone(random_lite0: Backbone) -> Backbone:
    return random_lite0


def sources(count: int, annotation: int = -1) -> Tensor:
    made = torch.zeros(count, 4, dtype=torch.int32)
    made[:, 1] = torch.arange(count)
    made[:, 3] = annotation
    return made


@pytest.fixture
def dmad(backbone: Backbone) -> Dmad:
    """Banks of real patches, an untrained head."""
    torch.manual_seed(0)
    detector = Dmad(backbone).eval()
    with torch.inference_mode():
        rows = as_rows(patch_features(backbone(images(3, seed=5)))).clone()
    detector.normal.fill(rows[0], sources(64))
    detector.outliers.fill(rows[1, :20], sources(20))
    detector.scale.fill_(float(rows.square().mean().sqrt()))
    near = rows[0][torch.cdist(rows[2], rows[0]).argmin(dim=1)]
    detector.spread.fit([rows[2] - near])
    return detector


def test_patchcore_is_the_distance_to_the_nearest_patch(backbone: Backbone) -> None:
    detector = PatchCore(backbone).eval()
    with torch.inference_mode():
        features = backbone(images(2))
        rows = as_rows(patch_features(features))
        detector.normal.fill(rows[0], sources(64))
        found = detector.predict_features(features, SIZE)
    assert float(found.map[0].max()) < 0.05  # what it remembers, halves' rounding aside
    apart = torch.cdist(rows[1], detector.normal.features.float()).amin(dim=1).view(1, 1, 8, 8)
    expected = torch.nn.functional.interpolate(apart, size=SIZE, mode="bilinear")[0, 0]
    torch.testing.assert_close(found.map[1], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("attends", [True, False])
def test_the_representation_is_the_papers(attends: bool) -> None:
    torch.manual_seed(1)
    head = DmadHead(6)
    head.attends.fill_(attends)
    q, normal, abnormal = torch.randn(3, 2, 5, 6).unbind()
    found = head.represent(q, normal, abnormal)
    for image in range(2):
        parts = [q[image]]
        for neighbour in (normal[image], abnormal[image]):
            difference = q[image] - neighbour
            if attends:
                key, value = head.key(q[image]), head.value(q[image])
                weights = torch.softmax(neighbour @ key.T / 6**0.5, dim=1)
                difference = difference + weights @ value
            parts.append(difference)
        expected = torch.cat([head.projection(part) for part in parts], dim=1)
        torch.testing.assert_close(found[image], expected)


def test_the_mapper_has_four_blocks_with_skips() -> None:
    head = DmadHead(6).eval()
    rows = torch.randn(4, 18)
    hidden = head.enter(rows)
    for block in head.blocks:
        hidden = hidden + block(hidden)
    assert len(head.blocks) == 3
    torch.testing.assert_close(head.score(rows), head.leave(hidden)[:, 0])
    assert head.score(rows.view(2, 2, 18)).shape == (2, 2)


def test_the_score_is_minus_psi(dmad: Dmad) -> None:
    with torch.inference_mode():
        features = dmad.backbone(images(1))
        q = as_rows(patch_features(features))
        normal = dmad.normal.features.float()
        outliers = dmad.outliers.features.float()
        near = normal[torch.cdist(q[0], normal).argmin(dim=1)][None]
        off = outliers[torch.cdist(q[0], outliers).argmin(dim=1)][None]
        s = dmad.scale
        psi = dmad.head.score(dmad.head.represent(q / s, near / s, off / s))
        found = dmad.predict_features(features, SIZE).map
    expected = torch.nn.functional.interpolate(-psi.view(1, 1, 8, 8), size=SIZE, mode="bilinear")
    torch.testing.assert_close(found, expected[:, 0], rtol=1e-3, atol=1e-3)


def test_the_mapper_counts_between_its_margins_and_the_distance_beyond(dmad: Dmad) -> None:
    with torch.inference_mode():
        rows = as_rows(patch_features(dmad.backbone(images(3, seed=9))))
        before = dmad.assess(rows)
        dmad.blend_by(before.scores, before.distances, distance=True, likeness=True)
        after = dmad.assess(rows)
    assert torch.equal(after.distances, before.distances)
    psi, far = (np.asarray(x, np.float64) for x in (before.scores, before.distances))
    expected = np.clip(psi, -0.5, 0.5) + 0.5 + (far - far.mean()) / far.std()
    np.testing.assert_allclose(np.asarray(after.scores), expected, atol=1e-3)


@pytest.mark.parametrize("distance", [True, False])
@pytest.mark.parametrize("likeness", [True, False])
def test_what_looks_like_a_painted_defect_scores_higher(
    dmad: Dmad, distance: bool, likeness: bool
) -> None:
    with torch.inference_mode():
        rows = as_rows(patch_features(dmad.backbone(images(2, seed=9))))
        plain = dmad.assess(rows)
        dmad.blend_by(plain.scores, plain.distances, distance=distance, likeness=likeness)
        plain = dmad.assess(rows)
        dmad.annotated.fill(rows[0, 3:6] + 0.5, sources(3, annotation=4))
        dmad.outliers.fill(rows[:0, 0], sources(0))  # so that the mapper sees no other neighbour
        dmad.learn_filters()
        taught = dmad.assess(rows)
    difference = rows - dmad.normal.features[plain.rows].float()
    own = dmad.annotated.features.float()
    near = dmad.normal.features[dmad.normal.nearest(own).row].float()
    direction = dmad.spread.precision @ ((own - near).mean(dim=0) - dmad.spread.mean)
    size = (direction @ dmad.spread.covariance @ direction).sqrt()
    response = (difference - dmad.spread.mean) @ direction / size
    unit = 1.0 if distance else float(plain.scores.std(correction=0))
    expected = float(likeness) * unit * (response - 3).clamp_min(0)
    torch.testing.assert_close(taught.likeness, expected, rtol=1e-3, atol=1e-3)
    assert bool(taught.likeness.any()) == likeness


def test_without_an_abnormal_bank_the_difference_is_nothing(dmad: Dmad) -> None:
    q = torch.randn(1, 4, dmad.descriptor_channels)
    dmad.head.attends.fill_(False)
    none = dmad.represent(q, q, None)
    torch.testing.assert_close(none, dmad.represent(q, q, q))


def painted(image: int, annotation: int, top: int, left: int) -> PaintedDefect:
    mask = np.zeros(SIZE, np.bool_)
    mask[top * 8 : top * 8 + 16, left * 8 : left * 8 + 8] = True
    return PaintedDefect(annotation, image, mask)


def test_painted_patches_know_where_they_come_from(backbone: Backbone) -> None:
    with torch.inference_mode():
        features = backbone(images(1))
        found = painted_entries(features, painted(7, 31, 2, 5), WHOLE)
        grid = patch_features(features)[0]
    assert found.sources.tolist() == [[7, 2, 5, 31], [7, 3, 5, 31]]
    assert torch.equal(found.features, torch.stack([grid[:, 2, 5], grid[:, 3, 5]]))


def test_of_an_overlap_each_patch_is_one_entry_of_the_tile_in_whose_middle_it_lies() -> None:
    tiling = Tiling(64, 2, 16)
    mask = np.zeros((tiling.canvas, tiling.canvas), np.bool_)
    mask[8 * 5 : 8 * 9, 8 * 2 : 8 * 3] = True  # rows 6 and 7 lie in an upper and a lower tile
    asked = []

    def patches_of(tile: int) -> Tensor:
        asked.append(tile)
        return 100.0 * tile + torch.arange(64.0)[:, None]

    found = entries_of_mask(patches_of, PaintedDefect(9, 4, mask), tiling)
    assert found.sources.tolist() == [[4, row, 2, 9] for row in (5, 6, 7, 8)]
    upper, lower = [8 * row + 2 for row in (5, 6)], [200 + 8 * row + 2 for row in (1, 2)]
    assert found.features[:, 0].tolist() == [*upper, *lower]
    assert asked == [0, 2]  # the others need not be read
    centre = pseudo_anomalies(found, count=1, noise=0.0, seed=0)
    assert float(centre.features) == pytest.approx(np.mean([*upper, *lower]))
    everything = entries_of_mask(patches_of, PaintedDefect(9, 4, mask), tiling, filtered=False)
    places = everything.sources[:, 1:3].tolist()
    assert places == [[row, column] for row in range(14) for column in range(14)]


def test_pseudo_anomalies_lie_around_the_centre_of_each_mask() -> None:
    features = torch.cat([torch.full((3, 50), 2.0), torch.full((5, 50), -4.0)])
    masks = torch.cat([sources(3, annotation=8), sources(5, annotation=3)])
    made = pseudo_anomalies(Entries(features, masks), count=200, noise=0.1, seed=0)
    assert made.sources[:, 3].tolist() == [3] * 200 + [8] * 200
    assert float(made.features[:200].mean()) == pytest.approx(-4, abs=0.01)
    assert float(made.features[200:].mean()) == pytest.approx(2, abs=0.01)
    assert float(made.features[:200].std()) == pytest.approx(0.1, rel=0.05)
    again = pseudo_anomalies(Entries(features, masks), count=200, noise=0.1, seed=0)
    assert torch.equal(made.features, again.features)
    assert len(pseudo_anomalies(Entries(features[:0], masks[:0]), 5, 0.1, 0).features) == 0


def test_painted_at_once_raises_what_looks_like_it_and_nothing_else(dmad: Dmad) -> None:
    with torch.inference_mode():
        features = dmad.backbone(images(2, seed=5))  # the first one fills the bank
        features = [torch.cat([f, f[1:] * 3]) for f in features]
        before = dmad.predict_features(features, SIZE).map
        third = [f[2:] for f in features]
        known = with_annotations(dmad, [(third, painted(1, 9, 4, 4))], WHOLE)
        after = known.predict_features(features, SIZE).map
    raised = after - before
    assert bool((raised >= -1e-6).all())
    assert float(raised[2, 8 * 4 + 4, 8 * 4 + 4]) > 1
    assert float(raised[0].max()) < 0.1 * float(raised[2].max())
    assert len(dmad.fresh) == 0
    assert known.head.leave.weight.data_ptr() == dmad.head.leave.weight.data_ptr()
    assert len(known.annotated) == 0  # it was trained without: its head never saw any


def test_what_is_painted_at_once_does_not_enter_what_the_head_has_learned_to_read(
    dmad: Dmad,
) -> None:
    dmad.head.attends.fill_(False)
    with torch.inference_mode():
        features = dmad.backbone(images(1))
        dmad.annotated.fill(*painted_entries(features, painted(1, 9, 4, 4), WHOLE))
        known = with_annotations(dmad, [(features, painted(1, 10, 0, 0))], WHOLE, [(9, 4, 4)])
    assert known.annotated.sources[:, 1:].tolist() == [[5, 4, 9]]
    assert known.fresh.sources[:, 1:].tolist() == [[0, 0, 10], [1, 0, 10]]
    assert len(known.pseudo) == 0


def test_other_methods_say_that_they_do_not_learn_from_defects(backbone: Backbone) -> None:
    with pytest.raises(InspectorError, match="does not learn") as caught:
        with_annotations(RevDist(backbone), [], WHOLE)
    assert "dmad" in caught.value.hint


def test_banks_survive_a_file(dmad: Dmad, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    save_file(dmad.state_dict(), tmp_path / "state.safetensors")
    loaded = Dmad(dmad.backbone).eval()
    loaded.load_state_dict(load_file(tmp_path / "state.safetensors"))
    with torch.inference_mode():
        one, other = dmad.predict(images(2)), loaded.predict(images(2))
    assert torch.equal(one.map, other.map)
