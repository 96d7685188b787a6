"""LTAD's modules: shapes, what they compute, and how its names come back from a file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.ltad import Ltad
from inspector.engine.ltad.modules import PATCH, ReconstructionModule, SemanticModule
from inspector.engine.ltad.names import ABNORMAL, NORMAL, TOKENS, Names, nearest_words
from inspector.engine.ltad.synthesis import Synthesis
from inspector.engine.text.base import TextEncoder

C_TEXT = 12


class Toy(TextEncoder):
    """Texts as sums of letters' vectors: each token is a letter, the text side is linear."""

    name, channels, token_channels, is_joint = "toy", C_TEXT, 5, False

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.letters = torch.nn.Embedding(128, 5)
        self.out = torch.nn.Linear(5, C_TEXT, bias=False)
        self.freeze()

    def tokens(self, text: str) -> Tensor:
        embedded: Tensor = self.letters(torch.tensor([ord(letter) % 128 for letter in text]))
        return embedded

    def forward(self, rows: Tensor) -> Tensor:
        return F.normalize(self.out(rows.sum(dim=1)), dim=-1)

    def words(self, most: int) -> list[str]:
        return ["bolt", "gear", "ring", "tube"][:most]


@pytest.fixture(scope="module")
def toy() -> Toy:
    return Toy()


def named(detector: Ltad, count: int) -> None:
    """Random names for `count` classes."""
    torch.manual_seed(7)
    channels = detector.names.named.shape[1]
    for name in ("named", "normal", "abnormal"):
        setattr(detector.names, name, F.normalize(torch.randn(count, channels), dim=1))


@pytest.fixture
def detector(random_lite0: Backbone) -> Ltad:
    torch.manual_seed(0)
    made = Ltad(random_lite0).eval()
    named(made, 3)
    made.mean.normal_()
    made.std.uniform_(0.5, 2)
    return made


def test_learned_names_begin_alike_and_apart(toy: Toy) -> None:
    names = Names(C_TEXT)
    names.start(3, toy, seed=1)
    assert names.tokens.shape == (3, TOKENS, 5)
    word = toy.tokens("product")[0]
    assert float((names.tokens.detach() - word).abs().max()) < 0.2
    assert not torch.equal(names.tokens[0], names.tokens[1])
    names.settle(toy)
    for found, prefix in ((names.named, ""), (names.normal, NORMAL), (names.abnormal, ABNORMAL)):
        assert torch.equal(found, toy.read(prefix, names.tokens))
        torch.testing.assert_close(found.norm(dim=1), torch.ones(3))


def test_written_names_may_be_of_any_length(toy: Toy) -> None:
    names = Names(C_TEXT)
    names.settle_as(["nut", "steel washer"], toy)
    torch.testing.assert_close(names.named[1], toy(toy.tokens("steel washer")[None])[0])
    torch.testing.assert_close(names.abnormal[0], toy(toy.tokens(ABNORMAL + "nut")[None])[0])


def test_the_nearest_words_are_those_of_the_highest_cosine(toy: Toy) -> None:
    vectors = torch.cat([toy(toy.tokens(word)[None]) for word in toy.words(9)])
    found = nearest_words(vectors[[2, 0]], toy)
    assert [row[0][0] for row in found] == ["ring", "bolt"]
    assert found[0][0][1] == pytest.approx(1.0, abs=1e-4)
    for row in found:
        values = [value for _, value in row]
        assert values == sorted(values, reverse=True)


def test_names_come_back_from_a_file_whatever_their_number(
    random_lite0: Backbone, detector: Ltad, toy: Toy
) -> None:
    detector.names.start(3, toy, seed=0)
    detector.names.describe(["a", "b", "Dübel 木"], toy, words=False)
    channels = detector.descriptor_channels
    detector.sample.keep(torch.rand(5, channels), torch.arange(5), torch.tensor([0, 1, 0, 1, 1]))
    other = Ltad(random_lite0).eval()
    named(other, 8)
    other.load_state_dict(detector.state_dict())
    images = torch.rand(2, 3, 64, 64)
    detector.fusion.fill_(0.5)
    other.fusion.fill_(0.5)
    with torch.inference_mode():
        assert torch.equal(detector.predict(images).map, other.predict(images).map)
    state = detector.state_dict()
    state["nearest.weight"] = state["nearest.weight"][:, :-1]
    with pytest.raises(RuntimeError, match="nearest"):
        other.load_state_dict(state)


def test_the_tensor_holds_all_stages_on_one_grid(detector: Ltad, random_lite0: Backbone) -> None:
    features = random_lite0(torch.rand(2, 3, 64, 96))
    gathered = detector.gather(features)
    fine, middle, coarse = random_lite0.channels
    assert gathered.shape == (2, fine + middle + coarse, 8, 12)
    assert torch.equal(gathered[:, fine : fine + middle], features[1])
    torch.testing.assert_close(gathered[:, :fine], F.avg_pool2d(features[0], 2))
    seen = detector.standardise(features)
    expected = (gathered[1, :, 3, 4] - detector.mean) / detector.std
    torch.testing.assert_close(seen.tensor[1, :, 3, 4], expected)
    deepest = (features[2].mean(dim=(2, 3)) - detector.mean[-coarse:]) / detector.std[-coarse:]
    torch.testing.assert_close(seen.z, deepest)


def test_the_class_is_the_nearest_name(detector: Ltad) -> None:
    z = torch.randn(20, detector.nearest.in_features)
    looks = detector.nearest(z).detach().numpy()
    names = detector.names.named.numpy()
    cosine = (looks / np.linalg.norm(looks, axis=1, keepdims=True)) @ names.T
    assert detector.classify(z).tolist() == cosine.argmax(axis=1).tolist()


def test_without_fusion_the_semantic_module_counts_for_nothing(detector: Ltad) -> None:
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = detector.predict(images).map
        assert detector.scores(detector.standardise(detector.observe(images)))[1] is None
        for parameter in detector.semantic.parameters():
            parameter.add_(1.0)
        assert torch.equal(before, detector.predict(images).map)
        detector.fusion.fill_(0.5)
        assert not torch.equal(before, detector.predict(images).map)


def test_the_map_is_the_sum_of_both_standardised_scores(detector: Ltad) -> None:
    error, semantic = torch.rand(2, 8, 8), torch.rand(2, 4, 4)
    detector.score_mean.copy_(torch.tensor([0.5, 0.2]))
    detector.score_std.copy_(torch.tensor([2.0, 0.1]))
    detector.fusion.fill_(0.25)
    map_ = detector.fuse(error, semantic, (8, 8))
    upsampled = F.interpolate(semantic[:, None], size=(8, 8), mode="bilinear")[:, 0]
    expected = (error - 0.5) / 2 + 0.25 * (upsampled - 0.2) / 0.1
    torch.testing.assert_close(map_, expected)


def test_the_semantic_module_takes_the_larger_of_the_layers() -> None:
    torch.manual_seed(1)
    module = SemanticModule((2, 3), C_TEXT)
    features = torch.randn(2, 5, 4, 6)
    normal, abnormal = torch.randn(2, 2, C_TEXT)
    with torch.no_grad():
        logits = module(features, normal, abnormal)
        patch = features[1, :, PATCH : 2 * PATCH, :PATCH]
        projected = [
            layer.weight.flatten(1) @ part.flatten() + layer.bias
            for layer, part in zip(module.layers, (patch[:2], patch[2:]), strict=True)
        ]
        p = torch.maximum(*projected)
    assert logits.shape == (2, 2, 3)
    shares = torch.softmax(torch.stack([p @ abnormal[1], p @ normal[1]]), dim=0)
    torch.testing.assert_close(logits[1, 1, 0].sigmoid(), shares[0])


def test_the_reconstruction_takes_any_size() -> None:
    module = ReconstructionModule(6).eval()
    for grid in ((8, 8), (8, 16), (32, 32)):
        with torch.no_grad():
            assert module(torch.randn(1, 6, *grid)).shape == (1, 6, *grid)


def test_a_synthetic_image_keeps_the_details_of_the_real_one() -> None:
    torch.manual_seed(0)
    synthesis = Synthesis(7, C_TEXT, 6)
    features, z = torch.randn(3, 6, 16, 16), torch.randn(3, 7)
    names = F.normalize(torch.randn(3, C_TEXT), dim=1)
    torch.manual_seed(5)
    with torch.no_grad():
        made = synthesis.vary(features, z, names)
        torch.manual_seed(5)
        new = synthesis.decode(torch.randn(3, 64), names, (16, 16))
        details = features - synthesis.decode(synthesis.encode(z).mean, names, (16, 16))
    torch.testing.assert_close(made, new + details)
    latent = synthesis.encode(z)
    normal = torch.distributions.Normal(0.0, 1.0)
    own = torch.distributions.Normal(latent.mean, (0.5 * latent.log_variance).exp())
    expected = torch.distributions.kl_divergence(own, normal).mean()
    torch.testing.assert_close(latent.divergence(), expected)


def test_gradients_reach_the_names_through_the_decoder(toy: Toy) -> None:
    names = Names(C_TEXT)
    names.start(2, toy, seed=0)
    synthesis = Synthesis(7, C_TEXT, 6)
    read = toy.read("", names.tokens)
    synthesis.decode(torch.randn(2, 64), read, (8, 8)).square().sum().backward()
    assert names.tokens.grad is not None
    assert bool((names.tokens.grad.abs().sum(dim=(1, 2)) > 0).all())
