"""Dinomaly's pieces against naive ones, and what it makes of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.backbones import random_backbone
from inspector.engine.detectors.dinomaly import Dinomaly, NoisyBottleneck, attend_linearly
from inspector.engine.detectors.uniad import UniAd
from training.mined_cosine import easiest, hard_cosine_loss

TINY = "test_vit.r160_in1k"


@pytest.fixture
def detector() -> Dinomaly:
    torch.manual_seed(0)
    return Dinomaly(random_backbone(TINY))


def images(count: int, seed: int = 0, size: int = 64) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_linear_attention_is_its_quadratic_form() -> None:
    generator = torch.Generator().manual_seed(1)
    query, key, value = torch.randn(3, 2, 3, 7, 4, generator=generator, dtype=torch.float64)
    found = attend_linearly(query, key, value).numpy()

    def positive(x: Any) -> Any:
        return np.where(x > 0, x + 1, np.exp(x))

    for b in range(2):
        for head in range(3):
            q, k, v = (part[b, head].numpy() for part in (query, key, value))
            for place in range(7):
                weights = np.array([positive(q[place]) @ positive(k[j]) for j in range(7)])
                expected = (weights / weights.sum()) @ v
                np.testing.assert_allclose(found[b, head, place], expected, rtol=1e-10)


def test_a_decoder_block_is_attention_and_a_perceptron_with_shortcuts(detector: Dinomaly) -> None:
    block: Any = detector.decoder[0]
    tokens = torch.randn(2, 9, 64)
    with torch.no_grad():
        normed = F.layer_norm(tokens, (64,), eps=1e-8)
        query, key, value = block.attention.enter(normed).split(64, dim=-1)  # one head of 64
        middle = tokens + block.attention.leave(attend_linearly(query, key, value))
        expected = middle + block.forward_block(F.layer_norm(middle, (64,), eps=1e-8))
        torch.testing.assert_close(block(tokens), expected)


def test_the_last_blocks_decode_the_shallow_group(detector: Dinomaly) -> None:
    detector.eval()
    batch = images(2)
    with torch.inference_mode():
        features = detector.observe(batch)
        found = detector.decode(features)
        tokens = ((features[0] + features[1]) / 2).flatten(2).transpose(1, 2)
        tokens = detector.bottleneck(tokens)
        by_block = []
        for block in detector.decoder:
            tokens = block(tokens)
            by_block.append(tokens.transpose(1, 2).reshape(2, 64, 4, 4))
        raw = detector.predict(batch)
    assert len(by_block) == 8
    torch.testing.assert_close(found.groups[0], sum(by_block[4:]) / 4)
    torch.testing.assert_close(found.groups[1], sum(by_block[:4]) / 4)
    expected = torch.zeros(2, 64, 64)
    for seen, decoded in zip(features, found.groups, strict=True):
        distance = 1 - (seen * decoded).sum(1) / (seen.norm(dim=1) * decoded.norm(dim=1))
        up = F.interpolate(distance[:, None], size=(64, 64), mode="bilinear", align_corners=False)
        expected += up[:, 0] / 2
    torch.testing.assert_close(raw.map, expected, rtol=1e-4, atol=1e-5)
    assert raw.descriptor.shape == (2, 64, 2, 2)
    torch.testing.assert_close(raw.descriptor.mean((2, 3)), found.embedding.mean((2, 3)))


def test_the_bottleneck_is_noisy_only_while_it_learns() -> None:
    torch.manual_seed(0)
    bottleneck = NoisyBottleneck(64)
    tokens = torch.randn(1, 16, 64)
    with torch.no_grad():
        assert not torch.equal(bottleneck(tokens), bottleneck(tokens))
        bottleneck.dropout = 0.4
        dropped = float((bottleneck(tokens.expand(200, -1, -1)) == 0).float().mean())
        assert dropped == pytest.approx(0.4, abs=0.02)
        bottleneck.eval()
        assert torch.equal(bottleneck(tokens), bottleneck(tokens))


def test_only_bottleneck_and_decoder_learn(detector: Dinomaly) -> None:
    features = detector.observe(images(2))
    loss: Any = hard_cosine_loss(features, detector.decode(features).groups, easiest(0.5), 0.1)
    loss.backward()
    for name, parameter in detector.named_parameters():
        assert parameter.grad is not None, name
        assert bool(parameter.grad.isfinite().all()), name
    assert all(p.grad is None for p in detector.backbone.parameters())


def test_other_images_are_larger_maps_of_the_same_weights(detector: Dinomaly) -> None:
    with torch.inference_mode():
        found = detector.eval().predict(torch.rand(1, 3, 100, 130))
    assert found.map.shape == (1, 100, 130)
    assert found.descriptor.shape == (1, 64, 3, 4)


def test_uniad_takes_a_transformer_too() -> None:
    detector = UniAd(random_backbone(TINY)).eval()
    with torch.inference_mode():
        found = detector.predict(images(2))
    assert found.map.shape == (2, 64, 64)
    assert bool(found.map.isfinite().all())


def test_what_it_has_learned_looks_more_normal_than_what_it_has_not(detector: Dinomaly) -> None:
    ramps = torch.linspace(0.2, 0.8, 128).expand(2, 3, 128, 128)
    ramps = ramps * torch.tensor([0.7, 1.0]).view(2, 1, 1, 1)
    painted = ramps.clone()
    painted[:, :, 48:80, 48:80] = images(2, size=32)
    features = detector.observe(ramps)
    optimiser = torch.optim.AdamW(detector.parameters(), lr=2e-3)
    losses: list[float] = []
    detector.train()
    for step in range(60):
        limit = easiest(min(0.9, 0.9 * step / 10))
        loss: Any = hard_cosine_loss(features, detector.decode(features).groups, limit, 0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    detector.eval()
    with torch.inference_mode():
        found, sound = detector.predict(painted).map, detector.predict(ramps).map
    inside = found[:, 48:80, 48:80].mean(dim=(1, 2))
    assert bool((inside > 1.5 * found.mean(dim=(1, 2))).all())
    assert bool((inside > 2 * sound.mean(dim=(1, 2))).all())
