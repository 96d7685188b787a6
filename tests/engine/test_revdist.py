from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from inspector.engine.backbones import Backbone, random_backbone
from inspector.engine.detectors.base import check_features, stage_shapes
from inspector.engine.detectors.reconstruction import MirrorDecoder, MultiScaleBottleneck, mirror_of
from inspector.engine.detectors.revdist import RevDist, global_cosine_loss


def images(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def small() -> RevDist:
    """A detector over half a million random parameters."""
    torch.manual_seed(0)
    return RevDist(random_backbone("test_resnet.r160_in1k"))


@pytest.mark.parametrize(("fixture", "descriptor"), [("random_lite0", 320), ("random_wrn", 2048)])
def test_the_decoder_mirrors_the_encoder(
    fixture: str, descriptor: int, request: pytest.FixtureRequest
) -> None:
    backbone: Backbone = request.getfixturevalue(fixture)
    detector = RevDist(backbone).eval()
    assert detector.descriptor_channels == descriptor
    with torch.inference_mode():
        features = backbone(images(2))
        embedding, decoded = detector.reconstruct(features)
        prediction = detector.predict_features(features, (64, 64))
    assert embedding.shape == (2, descriptor, 2, 2)
    assert [d.shape for d in decoded] == [f.shape for f in features]
    assert [tuple(f.shape[1:]) for f in features] == stage_shapes(backbone, 64)
    assert prediction.map.shape == (2, 64, 64)
    assert prediction.map.dtype == torch.float32
    assert torch.equal(prediction.descriptor, embedding)
    assert bool(((prediction.map >= 0) & (prediction.map <= 2)).all())


def test_the_papers_decoder_has_the_papers_stages() -> None:
    channels = (256, 512, 1024)
    mirror = mirror_of("wide_resnet50_2.tv_in1k", channels)
    assert mirror.family == "resnet"
    assert (mirror.bottleneck_channels, mirror.bottleneck_blocks) == (2048, 3)
    assert mirror.decoder_blocks == (3, 4, 6)


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_efficientnet", "test_convnext"])
def test_any_pyramid_can_be_mirrored(name: str) -> None:
    backbone = random_backbone(name)
    mirror = mirror_of(name, backbone.channels)
    bottleneck = MultiScaleBottleneck(backbone.channels, mirror).eval()
    decoder = MirrorDecoder(backbone.channels, mirror).eval()
    with torch.inference_mode():
        features = backbone(torch.rand(1, 3, 64, 128))
        embedding = bottleneck(features)
        assert embedding.shape == (1, mirror.bottleneck_channels, 2, 4)
        assert [d.shape for d in decoder(embedding)] == [f.shape for f in features]


def test_the_loss_is_one_minus_the_cosine_of_whole_stages() -> None:
    """Of the flattened stage, not of each position: that trains worse (section 1)."""
    generator = torch.Generator().manual_seed(3)
    shapes = [(2, 4, 4, 4), (2, 6, 2, 2)]
    features = [torch.randn(*shape, generator=generator) for shape in shapes]
    decoded = [torch.randn(*shape, generator=generator) for shape in shapes]
    expected = 0.0
    for f, d in zip(features, decoded, strict=True):
        per_image = []
        for b in range(2):
            p, q = f[b].flatten().double().tolist(), d[b].flatten().double().tolist()
            dot = sum(x * y for x, y in zip(p, q, strict=True))
            per_image.append(1 - dot / (math.hypot(*p) * math.hypot(*q)))
        expected += sum(per_image) / 2
    assert float(global_cosine_loss(features, decoded)) == pytest.approx(expected, abs=1e-6)


def test_the_loss_is_zero_only_for_the_same_directions() -> None:
    features = [torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 2)]
    same = [f.clone() for f in features]
    assert float(global_cosine_loss(features, same)) == pytest.approx(0, abs=1e-6)
    assert float(global_cosine_loss(features, [2 * f for f in same])) == pytest.approx(0, abs=1e-6)
    opposite = [-f for f in features]
    assert float(global_cosine_loss(features, opposite)) == pytest.approx(4, abs=1e-5)
    same[1][1, 4, 1, 1] += 1
    assert float(global_cosine_loss(features, same)) > 1e-4


def test_only_what_is_learned_gets_gradients_and_is_saved(small: RevDist) -> None:
    small.train()
    small.zero_grad()
    features = small.backbone(images(4))
    _, decoded = small.reconstruct(features)
    global_cosine_loss(features, decoded).backward()  # type: ignore[no-untyped-call]
    for name, parameter in small.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
    assert all(parameter.grad is None for parameter in small.backbone.parameters())
    assert all(name.startswith(("bottleneck.", "decoder.")) for name in small.state_dict())


def test_training_mode_never_reaches_the_backbone(small: RevDist) -> None:
    small.train()
    assert not any(module.training for module in small.backbone.modules())


def test_prediction_is_pure(small: RevDist) -> None:
    small.eval()
    batch = images(5)
    before = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    with torch.inference_mode():
        first = small.predict(batch)
        small.predict(images(3, seed=1))
        second = small.predict(batch)
    assert torch.equal(first.map, second.map)
    assert torch.equal(first.descriptor, second.descriptor)
    assert all(torch.equal(before[name], t) for name, t in small.state_dict().items())


def test_an_image_is_judged_by_itself_alone(small: RevDist) -> None:
    small.eval()
    batch = images(5)
    with torch.inference_mode():
        together = small.predict(batch)
        alone = small.predict(batch[3:4])
        reversed_ = small.predict(batch.flip(0))
    torch.testing.assert_close(together.map[3:4], alone.map, rtol=0, atol=1e-5)
    torch.testing.assert_close(reversed_.map.flip(0), together.map, rtol=0, atol=1e-5)


def test_foreign_features_are_a_bug_that_is_caught(small: RevDist) -> None:
    with pytest.raises(ValueError, match="channels"):
        small.predict_features([torch.zeros(1, 5, 16, 16)] * 3, (64, 64))
    with pytest.raises(ValueError, match="channels"):
        check_features([torch.zeros(1, 5, 16, 16)], (5, 6))


def test_it_learns_to_give_a_few_images_back(small: RevDist) -> None:
    torch.manual_seed(0)
    detector = RevDist(small.backbone).train()
    optimiser = torch.optim.AdamW(detector.parameters(), lr=2e-3, betas=(0.9, 0.999))
    features = detector.backbone(images(4))
    losses: list[float] = []
    for _ in range(40):
        _, decoded = detector.reconstruct(features)
        loss: Any = global_cosine_loss(features, decoded)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


def test_what_it_has_learned_looks_more_normal_than_what_it_has_not(lite0: Backbone) -> None:
    """Smooth patches learned, noise never seen: the whole point of the method, in 40 steps."""
    torch.manual_seed(0)
    ramps = torch.linspace(0.2, 0.8, 64).expand(4, 3, 64, 64) * torch.tensor(
        [0.7, 0.8, 0.9, 1.0]
    ).view(4, 1, 1, 1)
    detector = RevDist(lite0).train()
    optimiser = torch.optim.AdamW(detector.parameters(), lr=2e-3)
    features = detector.backbone(ramps)
    for _ in range(40):
        _, decoded = detector.reconstruct(features)
        loss: Any = global_cosine_loss(features, decoded)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    detector.eval()
    spoiled = ramps.clone()
    spoiled[:, :, 24:40, 24:40] = images(4)[:, :, 24:40, 24:40]
    with torch.inference_mode():
        found = detector.predict(spoiled).map
    inside = found[:, 24:40, 24:40].mean(dim=(1, 2))
    assert bool((inside > 1.5 * found.mean(dim=(1, 2))).all())
    peaks = found.flatten(1).argmax(dim=1)
    assert all(16 <= int(p) // 64 < 48 and 16 <= int(p) % 64 < 48 for p in peaks)
