"""ReContrast's pieces against naive ones, where gradients go, and what it makes of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inspector.engine.backbones import Backbone, random_backbone
from inspector.engine.detectors.recontrast import ReContrast
from inspector.engine.detectors.revdist import global_cosine_loss
from training.mined_cosine import above_mean, hard_cosine_loss
from training.recontrast import contrast_loss

Vector = NDArray[np.float64]


def images(count: int, seed: int = 0, size: int = 64) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def small() -> ReContrast:
    torch.manual_seed(0)
    return ReContrast(random_backbone("test_resnet.r160_in1k"))


@pytest.fixture
def adapted(small: ReContrast) -> ReContrast:
    """One whose encoder is no longer the frozen one."""
    with torch.no_grad():
        for parameter in small.encoder.parameters():
            parameter.add_(0.1 * parameter.std(correction=0) * torch.randn_like(parameter))
    return small


@pytest.mark.parametrize(
    "name", ["tf_efficientnet_lite0", "test_resnet.r160_in1k", "test_convnext", "test_efficientnet"]
)
def test_any_pyramid_will_do(name: str) -> None:
    backbone = random_backbone(name)
    detector = ReContrast(backbone).eval()
    with torch.inference_mode():
        found = detector.contrast(detector.observe(torch.rand(2, 3, 64, 128)))
        prediction = detector.predict(torch.rand(2, 3, 64, 128))
    shapes = [feature.shape for feature in found.frozen]
    for stages in (found.adapted, found.as_frozen, found.as_adapted):
        assert [stage.shape for stage in stages] == shapes
    assert prediction.map.shape == (2, 64, 128)
    assert prediction.descriptor.shape == (2, detector.descriptor_channels, 2, 4)
    assert bool(((prediction.map >= 0) & (prediction.map <= 2)).all())


def test_the_encoder_starts_as_a_copy_of_its_own(small: ReContrast) -> None:
    found = small.eval().contrast(small.observe(images(2)))
    assert all(map(torch.equal, found.frozen, found.adapted))
    frozen = {parameter.data_ptr() for parameter in small.backbone.parameters()}
    assert not frozen & {parameter.data_ptr() for parameter in small.encoder.parameters()}
    assert all(parameter.requires_grad for parameter in small.encoder.parameters())
    assert not any(parameter.requires_grad for parameter in small.backbone.parameters())


def test_the_map_is_the_mean_of_all_six(adapted: ReContrast) -> None:
    adapted.eval()
    batch = images(2)
    with torch.inference_mode():
        found = adapted.contrast(adapted.observe(batch))
        raw = adapted.predict(batch).map
    pairs = [*zip(found.frozen, found.as_frozen, strict=True)]
    pairs += zip(found.adapted, found.as_adapted, strict=True)
    assert len(pairs) == 6
    expected = torch.zeros(2, 64, 64)
    for seen, decoded in pairs:
        distance = 1 - (seen * decoded).sum(1) / (seen.norm(dim=1) * decoded.norm(dim=1))
        up = F.interpolate(distance[:, None], size=(64, 64), mode="bilinear", align_corners=False)
        expected += up[:, 0] / 6
    torch.testing.assert_close(raw, expected, rtol=1e-4, atol=1e-5)


def test_each_is_decoded_from_the_other_path(adapted: ReContrast) -> None:
    """`as_frozen` comes from the trainable encoder alone, `as_adapted` from the frozen one."""
    adapted.eval()
    features = adapted.observe(images(2))
    other = [images(2, seed=1), *features[1:]]  # only the trainable encoder sees other images
    with torch.inference_mode():
        before, after = adapted.contrast(features), adapted.contrast(other)
    assert all(map(torch.equal, before.as_adapted, after.as_adapted))
    assert torch.equal(before.embedding, after.embedding)
    assert not any(map(torch.equal, before.as_frozen, after.as_frozen))


def cosine(p: Vector, q: Vector) -> float:
    return float(p @ q / np.linalg.norm(p) / np.linalg.norm(q))


def naive_loss(
    targets: list[Tensor], decoded: list[Tensor], hardness: float
) -> tuple[float, list[NDArray[np.bool_]]]:
    """The loss in plain loops, and which points are easy."""
    total, easy = 0.0, []
    for target, one in zip(targets, decoded, strict=True):
        f, g = target.double().numpy(), one.detach().double().numpy()
        count, _, height, width = f.shape
        distance = np.empty((count, height, width))
        for b in range(count):
            total += (1 - cosine(f[b].ravel(), g[b].ravel())) / count
            for y in range(height):
                for x in range(width):
                    distance[b, y, x] = 1 - cosine(f[b, :, y, x], g[b, :, y, x])
        easy.append(distance < distance.mean() + hardness * distance.std(ddof=1))
    return total, easy


@pytest.mark.parametrize("hardness", [-3.0, -0.5, 0.0, 1.0])
def test_hard_mining_against_naive_loops(hardness: float) -> None:
    generator = torch.Generator().manual_seed(5)
    shapes = [(3, 8, 4, 4), (3, 5, 2, 3)]
    targets = [torch.randn(*shape, generator=generator) for shape in shapes]
    decoded = [torch.randn(*shape, generator=generator).requires_grad_() for shape in shapes]
    plain = [d.detach().clone().requires_grad_() for d in decoded]
    expected, easy = naive_loss(targets, decoded, hardness)
    loss: Any = hard_cosine_loss(targets, decoded, above_mean(hardness))
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    loss.backward()
    whole: Any = global_cosine_loss(targets, plain)
    whole.backward()
    for one, other, points in zip(decoded, plain, easy, strict=True):
        assert one.grad is not None
        assert other.grad is not None
        kept = torch.from_numpy(~points).unsqueeze(1)
        torch.testing.assert_close(one.grad, other.grad * kept, rtol=1e-4, atol=1e-7)
    if hardness == -3.0:
        assert not any(points.any() for points in easy)
    if hardness == 1.0:
        assert all(points.mean() > 0.5 for points in easy)


def gradients(detector: ReContrast, loss: Any) -> dict[str, Tensor | None]:
    detector.zero_grad()
    loss.backward()
    return {name: p.grad for name, p in detector.named_parameters()}


def test_gradients_reach_what_learns_and_nothing_else(adapted: ReContrast) -> None:
    adapted.train()
    before = [p.clone() for p in adapted.backbone.parameters()]
    found = adapted.contrast(adapted.observe(images(4)))
    for name, gradient in gradients(adapted, contrast_loss(found, -3.0)).items():
        assert gradient is not None, name
        assert bool(gradient.isfinite().all()), name
    assert all(p.grad is None for p in adapted.backbone.parameters())
    assert all(map(torch.equal, before, adapted.backbone.parameters()))


def test_targets_give_no_gradient(adapted: ReContrast) -> None:
    """What the trainable encoder is compared with must not pull it: it would collapse."""
    # In training the batch statistics, which both paths share, carry a gradient over.
    adapted.eval()
    found = adapted.contrast(adapted.observe(images(4)))
    all_points = above_mean(-3.0)
    reached = gradients(adapted, hard_cosine_loss(found.adapted, found.as_adapted, all_points))
    encoder = [g for name, g in reached.items() if name.startswith("encoder.")]
    assert all(g is None or not bool(g.any()) for g in encoder)
    assert all(reached[name] is None for name in reached if name.startswith("to_frozen."))
    found = adapted.contrast(adapted.observe(images(4)))
    reached = gradients(adapted, hard_cosine_loss(found.frozen, found.as_frozen, all_points))
    encoder = [g for name, g in reached.items() if name.startswith("encoder.")]
    assert any(g is not None and bool(g.any()) for g in encoder)
    assert all(reached[name] is None for name in reached if name.startswith("to_adapted."))


@pytest.mark.parametrize("adapts", [False, True])
def test_batch_statistics_move_only_where_asked_for(small: ReContrast, adapts: bool) -> None:
    small.adapts_statistics = adapts
    before = {n: b.clone() for n, b in small.encoder.named_buffers() if b.is_floating_point()}
    frozen = [b.clone() for b in small.backbone.buffers()]
    small.train()
    small.contrast(small.observe(images(4)))
    after = dict(small.encoder.named_buffers())
    assert all(torch.equal(before[name], after[name]) for name in before) is not adapts
    assert all(map(torch.equal, frozen, small.backbone.buffers()))
    assert small.bottleneck.training
    assert not any(module.training for module in small.eval().modules())


def test_it_is_saved_with_its_encoder(adapted: ReContrast) -> None:
    batch = images(3)
    torch.manual_seed(9)
    again = ReContrast(adapted.backbone)
    again.load_state_dict(adapted.state_dict())
    with torch.inference_mode():
        one, other = adapted.eval().predict(batch), again.eval().predict(batch)
    assert torch.equal(one.map, other.map)
    assert torch.equal(one.descriptor, other.descriptor)
    assert any(name.startswith("encoder.") for name in adapted.state_dict())


def test_an_image_is_judged_by_itself_alone(adapted: ReContrast) -> None:
    adapted.eval()
    batch = images(5)
    with torch.inference_mode():
        together, alone = adapted.predict(batch), adapted.predict(batch[3:4])
    torch.testing.assert_close(together.map[3:4], alone.map, rtol=0, atol=1e-5)


def test_features_without_images_are_a_bug_that_is_caught(small: ReContrast) -> None:
    with pytest.raises(ValueError, match="channels"):
        small.predict_features(small.backbone(images(1)), (64, 64))


def test_what_it_has_learned_looks_more_normal_than_what_it_has_not(lite0: Backbone) -> None:
    torch.manual_seed(0)
    ramps = torch.linspace(0.2, 0.8, 64).expand(2, 3, 64, 64) * torch.tensor([0.7, 1.0]).view(
        2, 1, 1, 1
    )
    spoiled = ramps.clone()
    spoiled[:, :, 24:40, 24:40] = images(2)[:, :, 24:40, 24:40]
    detector = ReContrast(lite0)
    own = list(detector.encoder.parameters())
    others = [p for n, p in detector.named_parameters() if not n.startswith("encoder.")]
    optimiser = torch.optim.AdamW([{"params": others, "lr": 2e-3}, {"params": own, "lr": 1e-5}])
    features = detector.observe(ramps)
    detector.train()
    losses: list[float] = []
    for step in range(40):
        loss: Any = contrast_loss(detector.contrast(features), min(1.0, -3 + step))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    detector.eval()
    with torch.inference_mode():
        found = detector.predict(spoiled).map
        sound = detector.predict(ramps).map
    inside = found[:, 24:40, 24:40].mean(dim=(1, 2))
    assert bool((inside > 1.5 * found.mean(dim=(1, 2))).all())
    assert bool((inside > 2 * sound.mean(dim=(1, 2))).all())
