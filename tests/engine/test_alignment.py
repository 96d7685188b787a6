from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inspector.engine.alignment.base import (
    Aligner,
    NoAlignment,
    Statistics,
    smallest_believable_spread,
)
from inspector.engine.alignment.cada import Cada, CadaB, CadaQ, CadaSigma
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.alignment.regressed import Layers, Regressed
from inspector.engine.alignment.variants import VARIANTS, build_aligner
from inspector.engine.detectors.base import RawPrediction
from inspector.errors import InspectorError

CHANNELS = 6
CLASSES = ("bolt", "nut")


LAYERS: tuple[Layers, ...] = ("linear", "2-linear", "conv-2-linear", "2-conv")


def aligner(name: str, layers: Layers = "conv-2-linear") -> Aligner:
    """An aligner of this variant with some statistics in it."""
    torch.manual_seed(0)
    made = build_aligner(name, CLASSES, CHANNELS, layers).eval()
    if isinstance(made, Regressed):
        made.scale_descriptors(torch.randn(8, CHANNELS, 3, 3))
        if len(made.target_mean):
            targets = torch.rand(8, 2) + torch.tensor([0, 2])
            made.scale_targets(targets[:, : len(made.target_mean)])
    table = made.table if isinstance(made, CadaB) else made
    if isinstance(table, ClassStatistics):
        table.u.copy_(torch.tensor([0.1, 0.5]))
        table.gamma.copy_(torch.tensor([0.4, 2.5]))
    return made


def prediction(count: int, seed: int = 0) -> RawPrediction:
    generator = torch.Generator().manual_seed(seed)
    return RawPrediction(
        torch.rand(count, 8, 8, generator=generator),
        torch.randn(count, CHANNELS, 3, 3, generator=generator),
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_shapes(name: str) -> None:
    names = ["nut", "bolt", "nut"]
    with torch.no_grad():
        made = prediction(3)
        found = aligner(name).statistics(made.descriptor, names)
        aligned = aligner(name).apply_to(made.map, found)
    assert aligned.shape == made.map.shape
    assert found.u.shape == found.gamma.shape == (3,)
    assert bool(aligned.isfinite().all())


@pytest.mark.parametrize("name", VARIANTS)
def test_maps_and_scores_are_aligned_alike(name: str) -> None:
    made, names = prediction(3), ["nut", "bolt", "nut"]
    variant = aligner(name)
    with torch.no_grad():
        statistics = variant.statistics(made.descriptor, names)
        aligned = variant.apply_to(made.map, statistics)
        peaks = variant.apply_to(made.map.amax(dim=(1, 2)), statistics)
    torch.testing.assert_close(peaks, aligned.amax(dim=(1, 2)))
    for b in range(3):
        u, gamma = float(statistics.u[b]), float(statistics.gamma[b])
        spread = max(gamma - u, float(variant.minimum_spread))
        torch.testing.assert_close(aligned[b], (made.map[b] - u) / spread)


@pytest.mark.parametrize("name", VARIANTS)
@settings(derandomize=True, deadline=None, max_examples=30)
@given(
    pixels=st.lists(st.floats(0, 2, width=32), min_size=4, max_size=30),
    class_name=st.sampled_from([*CLASSES, "never seen"]),
    seed=st.integers(0, 1000),
)
def test_pixels_of_one_image_never_change_their_order(
    name: str, pixels: list[float], class_name: str, seed: int
) -> None:
    raw = torch.tensor(pixels).view(1, 1, -1)
    variant = aligner(name)
    with torch.no_grad():
        found = variant.statistics(prediction(1, seed).descriptor, [class_name])
        aligned = variant.apply_to(raw, found)
    by_raw = aligned.flatten()[raw.flatten().argsort()]
    assert bool((by_raw.diff() >= 0).all())


def aligned_by(u: float, gamma: float, minimum_spread: float, maps: Tensor) -> Tensor:
    """Maps (1, H, W) aligned with statistics as a test wants them."""
    given = Statistics(torch.tensor([u]), torch.tensor([gamma]))
    return NoAlignment(minimum_spread).apply_to(maps, given)


@settings(derandomize=True, deadline=None)
@given(u=st.floats(-2, 2), gamma=st.floats(-2, 2), floor=st.floats(1e-3, 1))
def test_spreads_below_the_floor_are_not_believed(u: float, gamma: float, floor: float) -> None:
    """Even where γ̂ is predicted below û, nothing is turned upside down or divided by zero."""
    made = prediction(1)
    aligned = aligned_by(u, gamma, floor, made.map)
    spread = max(gamma - u, floor)
    torch.testing.assert_close(aligned, (made.map - u) / spread, rtol=1e-3, atol=1e-4)
    assert float(aligned.max() - aligned.min()) <= 1.001 / floor


def test_normal_pixels_get_mean_zero_and_maximum_one() -> None:
    made = prediction(1)
    u, gamma = float(made.map.mean()), float(made.map.max())
    aligned = aligned_by(u, gamma, 1e-6, made.map)
    assert float(aligned.mean()) == pytest.approx(0, abs=1e-5)
    assert float(aligned.max()) == pytest.approx(1, abs=1e-5)


def test_the_smallest_believable_spread_is_half_of_the_smallest_seen() -> None:
    u, gamma = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.9, 0.4, 2.3])
    assert smallest_believable_spread(u, gamma) == pytest.approx(0.1)
    assert smallest_believable_spread(u, u) == pytest.approx(1e-6)  # never zero


def test_no_alignment_changes_nothing() -> None:
    made = prediction(2)
    found = NoAlignment().statistics(made.descriptor)
    assert torch.equal(NoAlignment().apply_to(made.map, found), made.map)
    assert found.u.tolist() == [0, 0]
    assert found.gamma.tolist() == [1, 1]


def test_class_statistics_are_those_of_the_class() -> None:
    variant = aligner("cada-a")
    found = variant.statistics(prediction(3).descriptor, ["nut", "bolt", "nut"])
    torch.testing.assert_close(found.u, torch.tensor([0.5, 0.1, 0.5]))
    torch.testing.assert_close(found.gamma, torch.tensor([2.5, 0.4, 2.5]))


def test_a_class_that_was_not_there_gets_the_mean_of_all_classes() -> None:
    found = aligner("cada-a").statistics(prediction(2).descriptor, ["gear", "nut"])
    torch.testing.assert_close(found.u, torch.tensor([0.3, 0.5]))
    torch.testing.assert_close(found.gamma, torch.tensor([1.45, 2.5]))


def test_class_statistics_without_classes_are_a_bug_that_is_caught() -> None:
    with pytest.raises(ValueError, match="class"):
        aligner("cada-a").statistics(prediction(1).descriptor)


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - {"cada-a"}))
def test_the_other_variants_never_look_at_the_class(name: str) -> None:
    variant = aligner(name)
    descriptor = prediction(2).descriptor
    with torch.no_grad():
        without = variant.statistics(descriptor)
        named = variant.statistics(descriptor, ["nut", "bolt"])
    assert torch.equal(without.u, named.u)
    assert torch.equal(without.gamma, named.gamma)


def test_cada_takes_its_scales_from_the_training_statistics() -> None:
    generator = torch.Generator().manual_seed(0)
    descriptors = 3 + 5 * torch.randn(20, CHANNELS, 2, 2, generator=generator)
    targets = torch.rand(20, 2, generator=generator) * torch.tensor([0.1, 4.0])
    variant = Cada(CHANNELS)
    variant.scale_descriptors(descriptors)
    variant.scale_targets(targets)
    for channel in range(CHANNELS):
        values = descriptors[:, channel].flatten()
        mean, std = variant.descriptor_mean.flatten(), variant.descriptor_std.flatten()
        assert float(mean[channel]) == pytest.approx(float(values.mean()), rel=1e-4)
        assert float(std[channel]) == pytest.approx(float(values.std()), rel=0.02)
    torch.testing.assert_close(variant.target_mean, targets.mean(dim=0))
    # Whether divided by N or N - 1 does not matter here.
    torch.testing.assert_close(variant.target_std, targets.std(dim=0), rtol=0.04, atol=0)


def test_cadas_statistics_are_its_output_in_the_targets_units() -> None:
    variant = aligner("cada")
    assert isinstance(variant, Cada)
    descriptor = prediction(4).descriptor
    with torch.no_grad():
        standardised = (descriptor - variant.descriptor_mean) / variant.descriptor_std
        plain = variant.head(variant.convolution(standardised).mean(dim=(2, 3)))  # the paper's way
        found = variant.statistics(descriptor)
    expected = plain * variant.target_std + variant.target_mean
    torch.testing.assert_close(torch.stack(list(found), dim=1), expected)


@pytest.mark.parametrize("layers", LAYERS)
def test_every_structure_is_what_its_name_says(layers: Layers) -> None:
    """Against the plain way: convolve, pool, and then the head."""
    variant = aligner("cada", layers)
    assert isinstance(variant, Cada)
    descriptor = prediction(4).descriptor
    with torch.no_grad():
        x = (descriptor - variant.descriptor_mean) / variant.descriptor_std
        if layers in ("conv-2-linear", "2-conv"):
            x = variant.convolution(x)
        if layers == "2-conv":
            x = variant.second(torch.nn.functional.gelu(x))
        plain = variant.head(x.mean(dim=(2, 3)))
        torch.testing.assert_close(variant(variant.inputs(descriptor)), plain)
    linear = [module for module in variant.head if isinstance(module, torch.nn.Linear)]
    assert len(linear) == (2 if layers.endswith("2-linear") else 1)


def test_cada_sigma_takes_three_deviations_above_the_mean() -> None:
    variant = aligner("cada-sigma")
    assert isinstance(variant, CadaSigma)
    outputs = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
    predicted = outputs * variant.target_std + variant.target_mean
    found = variant.read(outputs)
    torch.testing.assert_close(found.u, predicted[:, 0])
    torch.testing.assert_close(found.gamma, predicted[:, 0] + 3 * predicted[:, 1])


def test_cada_qs_quantiles_never_cross() -> None:
    variant = aligner("cada-q")
    assert isinstance(variant, CadaQ)
    outputs = 10 * torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
    found = variant.read(outputs)
    assert bool((found.gamma >= found.u).all())
    torch.testing.assert_close(found.u, variant.in_units(outputs[:, :1])[:, 0])


def test_cada_b_takes_the_statistics_of_the_likelier_class() -> None:
    variant = aligner("cada-b")
    assert isinstance(variant, CadaB)
    found = variant.read(torch.tensor([[2.0, 1.0], [-3.0, 4.0]]))
    assert found.u.tolist() == pytest.approx([0.1, 0.5])
    assert found.gamma.tolist() == pytest.approx([0.4, 2.5])


def test_cada_takes_half_precision_descriptors() -> None:
    descriptor = prediction(4).descriptor
    with torch.no_grad():
        full = aligner("cada").statistics(descriptor.half().float())
        half = aligner("cada").statistics(descriptor.half())
    assert torch.equal(full.u, half.u)


def test_dropout_is_silent_at_inference() -> None:
    variant, descriptor = aligner("cada"), prediction(4).descriptor
    with torch.no_grad():
        assert torch.equal(variant.statistics(descriptor).u, variant.statistics(descriptor).u)
        variant.train()
        noisy = [variant.statistics(descriptor).u for _ in range(3)]
    assert not (torch.equal(noisy[0], noisy[1]) and torch.equal(noisy[1], noisy[2]))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_images_that_are_all_alike_give_finite_statistics(count: int) -> None:
    """Constant targets and descriptors have no spread; one image has not even a deviation."""
    variant = Cada(CHANNELS).eval()
    targets = torch.tensor([[0.25, 0.75]]).expand(count, 2)
    variant.scale_descriptors(torch.full((count, CHANNELS, 2, 2), 0.5))
    variant.scale_targets(targets)
    with torch.no_grad():
        found = variant.statistics(torch.full((1, CHANNELS, 2, 2), 0.5))
    assert float(found.u) == pytest.approx(0.25, abs=1e-4)
    assert float(found.gamma) == pytest.approx(0.75, abs=1e-4)


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(InspectorError, match="'magic'") as caught:
        build_aligner("magic", CLASSES, CHANNELS)
    assert all(name in caught.value.hint for name in VARIANTS)
