"""UniAD's pieces against naive ones, and what it makes of images."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.backbones import Backbone, random_backbone
from inspector.engine.detectors.uniad import WIDTH, UniAd, jittered, neighbour_mask


def images(count: int, seed: int = 0, size: int = 64) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def small() -> UniAd:
    torch.manual_seed(0)
    return UniAd(random_backbone("test_resnet.r160_in1k"))


@pytest.mark.parametrize("grid", [(14, 14), (8, 11), (16, 7)])
def test_nobody_attends_to_the_own_neighbourhood(grid: tuple[int, int]) -> None:
    height, width = grid
    mask = neighbour_mask(height, width)
    assert mask.shape == (height * width, height * width)
    for row in range(height):
        for column in range(width):
            allowed = mask[row * width + column].view(height, width)
            for other_row in range(height):
                for other_column in range(width):
                    near = abs(row - other_row) <= 3 and abs(column - other_column) <= 3
                    assert bool(allowed[other_row, other_column]) is not near


@pytest.mark.parametrize("grid", [(1, 1), (1, 2), (2, 2), (3, 3), (4, 4), (5, 3), (7, 7), (4, 9)])
def test_on_any_grid_everybody_has_somebody_to_attend_to(grid: tuple[int, int]) -> None:
    mask = neighbour_mask(*grid)
    assert bool(mask.any(dim=1).all())
    if grid != (1, 1):
        assert not bool(mask.diagonal().any())


def test_the_jitter_has_the_papers_spread() -> None:
    torch.manual_seed(0)
    tokens = torch.randn(3, 5, 40) * torch.tensor([0.1, 1.0, 10.0]).view(3, 1, 1)
    noise = torch.stack([jittered(tokens, 20.0) - tokens for _ in range(400)])
    expected = 20 * tokens.norm(dim=2) / 40
    assert torch.allclose(noise.std(dim=(0, 3)) / expected, torch.ones(3, 5), atol=0.03)
    assert float((noise.mean(dim=(0, 3)) / expected).abs().max()) < 0.04
    scaled = noise / expected[..., None]
    assert float(scaled.pow(4).mean()) == pytest.approx(3, abs=0.1)  # a Gaussian's


def test_only_learning_is_jittered(small: UniAd) -> None:
    small.eval()
    features = small.observe(images(2))
    with torch.inference_mode():
        clean = small.reconstruct(features)
        noisy = small.reconstruct(features, 20.0)
        again = small.reconstruct(features)
    assert torch.equal(clean.rebuilt, again.rebuilt)
    assert not torch.equal(clean.rebuilt, noisy.rebuilt)
    assert torch.equal(clean.target, noisy.target)  # the noise is to be taken away


@pytest.mark.parametrize(("size", "grid"), [(224, (14, 14)), (256, (16, 16)), (64, (4, 4))])
def test_shapes_at_any_size(small: UniAd, size: int, grid: tuple[int, int]) -> None:
    small.eval()
    batch = images(2, size=size)
    channels = sum(small.backbone.channels)
    with torch.inference_mode():
        found = small.reconstruct(small.observe(batch))
        prediction = small.predict(batch)
    assert found.target.shape == found.rebuilt.shape == (2, channels, *grid)
    assert prediction.map.shape == (2, size, size)
    assert prediction.descriptor.shape == (2, WIDTH, *grid)
    assert small.descriptor_channels == WIDTH
    assert torch.equal(prediction.descriptor, found.embedding)
    assert bool((prediction.map >= 0).all())


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_convnext", "test_efficientnet"])
def test_any_pyramid_will_do(name: str) -> None:
    detector = UniAd(random_backbone(name)).eval()
    with torch.inference_mode():
        prediction = detector.predict(torch.rand(1, 3, 64, 128))
    assert prediction.map.shape == (1, 64, 128)
    assert prediction.descriptor.shape == (1, WIDTH, 4, 8)


def test_the_map_is_the_mean_squared_error_of_the_channels(small: UniAd) -> None:
    small.eval()
    batch = images(2)
    with torch.inference_mode():
        found = small.reconstruct(small.observe(batch))
        raw = small.predict(batch).map
    error = ((found.rebuilt - found.target) ** 2).mean(dim=1)
    expected = F.interpolate(error[:, None], size=(64, 64), mode="bilinear", align_corners=False)
    torch.testing.assert_close(raw, expected[:, 0])


def test_the_scale_of_the_features_makes_no_difference(small: UniAd) -> None:
    """With `scale` following it, a backbone that speaks ten times louder gives the same map."""
    small.eval()
    features = small.observe(images(2))
    with torch.inference_mode():
        before = small.predict_features(features, (64, 64)).map
        small.scale.fill_(10.0)
        after = small.predict_features([10 * f for f in features], (64, 64)).map
        small.scale.fill_(1.0)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_what_stands_at_a_place_and_beside_it_is_not_seen_in_one_layer(small: UniAd) -> None:
    """The point of the mask: attention alone cannot hand a patch's own value through."""
    attention = small.encoder[0].attention.eval()  # type: ignore[union-attr]
    tokens = torch.randn(1, 14 * 14, WIDTH)
    centre = 7 * 14 + 7
    changed = tokens.clone().view(1, 14, 14, WIDTH)
    changed[:, 4:11, 4:11] += 5.0
    changed = changed.view(1, -1, WIDTH)
    mask = neighbour_mask(14, 14)
    query = tokens  # what is asked stays; what answers changes
    with torch.inference_mode():
        one = attention(query, tokens, tokens, mask)
        other = attention(query, changed, changed, mask)
        open_ = attention(query, changed, changed, torch.ones_like(mask))
    torch.testing.assert_close(one[:, centre], other[:, centre], rtol=0, atol=1e-6)
    assert not torch.allclose(one[:, centre], open_[:, centre], atol=1e-2)
    assert not torch.allclose(one[:, 0], other[:, 0], atol=1e-2)  # far away it is seen


def test_attention_is_torchs(small: UniAd) -> None:
    own: Any = small.encoder[0].attention.eval()  # type: ignore[union-attr]
    theirs = torch.nn.MultiheadAttention(WIDTH, 8, batch_first=True).eval()
    with torch.no_grad():
        weights = [own.query.weight, own.key.weight, own.value.weight]
        theirs.in_proj_weight.copy_(torch.cat(weights))
        theirs.in_proj_bias.zero_()
        theirs.out_proj.weight.copy_(own.out.weight)
        theirs.out_proj.bias.copy_(own.out.bias)
        tokens = torch.randn(2, 64, WIDTH)
        mask = neighbour_mask(8, 8)
        found = own(tokens, tokens, tokens, mask)
        expected, _ = theirs(tokens, tokens, tokens, attn_mask=~mask)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_all_that_is_learned_gets_gradients_and_the_backbone_none(small: UniAd) -> None:
    small.train()
    small.zero_grad()
    # At the paper's size all of the learned grid is used.
    found = small.reconstruct(small.observe(images(1, size=224)), 20.0)
    F.mse_loss(found.rebuilt, found.target).backward()  # type: ignore[no-untyped-call]
    for name, parameter in small.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
        assert bool((parameter.grad != 0).any()), name
    assert all(parameter.grad is None for parameter in small.backbone.parameters())
    assert not any(module.training for module in small.backbone.modules())
    queries = [name for name, _ in small.named_parameters() if name.endswith(".query")]
    assert queries == [f"decoder.{layer}.query" for layer in range(4)]


def test_an_image_is_judged_by_itself_alone(small: UniAd) -> None:
    small.eval()
    batch = images(5)
    with torch.inference_mode():
        together = small.predict(batch)
        alone = small.predict(batch[3:4])
    torch.testing.assert_close(together.map[3:4], alone.map, rtol=1e-4, atol=1e-5)


def test_foreign_features_are_a_bug_that_is_caught(small: UniAd) -> None:
    with pytest.raises(ValueError, match="channels"):
        small.predict_features([torch.zeros(1, 5, 16, 16)] * 3, (64, 64))


def test_what_it_has_learned_looks_more_normal_than_what_it_has_not(lite0: Backbone) -> None:
    torch.manual_seed(0)
    ramps = torch.linspace(0.2, 0.8, 96).expand(2, 3, 96, 96) * torch.tensor([0.7, 1.0]).view(
        2, 1, 1, 1
    )
    spoiled = ramps.clone()
    spoiled[:, :, 32:64, 32:64] = images(2, size=96)[:, :, 32:64, 32:64]
    detector = UniAd(lite0)
    features = detector.observe(ramps)
    detector.scale.copy_(detector.gather(features).square().mean().sqrt())
    optimiser = torch.optim.AdamW(detector.parameters(), lr=1e-3)

    def separation() -> float:
        """How far the spoiled place stands out, in multiples of the sound images' mean."""
        detector.eval()
        with torch.inference_mode():
            inside = detector.predict(spoiled).map[:, 32:64, 32:64].mean()
            return float(inside / detector.predict(ramps).map.mean())

    before = separation()
    detector.train()
    losses: list[float] = []
    for _ in range(25):
        found = detector.reconstruct(features, 20.0)
        loss: Any = F.mse_loss(found.rebuilt, found.target)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(detector.parameters(), 0.1)
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert separation() > 1.5 * before
