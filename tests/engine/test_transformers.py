"""Plain vision transformers as backbones: which blocks, at which sizes, with whose weights."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn

from inspector.engine.backbones import load_backbone, random_backbone
from inspector.engine.transformers import (
    PatchTransformer,
    create_transformer,
    middle_layers,
    named_as_timm,
)
from inspector.engine.weights import resolve_weights
from inspector.errors import InspectorError
from inspector.jobs.backbones import KNOWN_BACKBONES, PYRAMID, TRANSFORMER
from inspector.jobs.catalogue import METHODS

# Importing the engine has made timm importable.
import timm  # isort: skip

TINY = "test_vit.r160_in1k"
SIZE = 70  # five patches of 14 pixels


def with_registers(dynamic: bool = True, seed: int = 0) -> nn.Module:
    """As DINOv2 with registers, but tiny: positions for patches alone, four registers."""
    torch.manual_seed(seed)
    network: nn.Module = timm.create_model(
        "test_vit",
        pretrained=False,
        num_classes=0,
        img_size=SIZE,
        patch_size=14,
        reg_tokens=4,
        no_embed_class=True,
        init_values=0.5,
        dynamic_img_size=dynamic,
    )
    return network.eval()


def blocks_of(network: nn.Module, images: Tensor) -> list[Tensor]:
    """What each block gives, seen by hooks: [(B, 5 + h·w, C)]."""
    seen: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, __, out: seen.append(out))
        for block in network.get_submodule("blocks").children()
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (12, (2, 3, 4, 5, 6, 7, 8, 9)),
        (24, (4, 6, 8, 10, 12, 14, 16, 18)),
        (6, (1, 2, 3, 4)),
        (2, (0, 1)),
        (1, ()),
    ],
)
def test_the_papers_blocks_are_looked_at(depth: int, expected: tuple[int, ...]) -> None:
    assert middle_layers(depth) == expected


@settings(derandomize=True)
@given(st.integers(2, 60))
def test_the_blocks_of_any_depth_are_an_even_number_of_different_ones(depth: int) -> None:
    layers = middle_layers(depth)
    assert len(layers) % 2 == 0
    assert 2 <= len(layers) <= 8
    assert list(layers) == sorted(set(layers))
    assert layers[0] == depth // 6
    assert layers[-1] < depth - depth // 6


def test_its_maps_are_means_over_timms_own_blocks_without_the_other_tokens() -> None:
    images = torch.rand(2, 3, SIZE, SIZE)
    seen = blocks_of(with_registers(), images)
    assert len(seen) == 6
    with torch.no_grad():
        maps = PatchTransformer(with_registers())(images)
    assert len(maps) == 2
    for map_, (first, second) in zip(maps, ((1, 2), (3, 4)), strict=True):
        tokens = (seen[first][:, 5:] + seen[second][:, 5:]) / 2
        assert map_.shape == (2, 64, 5, 5)
        for place in range(25):
            torch.testing.assert_close(map_[:, :, place // 5, place % 5], tokens[:, place])


def test_blocks_behind_the_last_are_not_computed() -> None:
    body = create_transformer("test_vit")
    assert len(list(body.network.get_submodule("blocks").children())) == 5


def test_at_its_own_size_positions_are_those_that_were_learned() -> None:
    images = torch.rand(1, 3, SIZE, SIZE)
    with torch.no_grad():
        one = PatchTransformer(with_registers(dynamic=True))(images)
        other = PatchTransformer(with_registers(dynamic=False))(images)
    assert all(map(torch.equal, one, other))


def test_an_image_of_any_size_is_scaled_to_whole_patches_never_cropped() -> None:
    body = PatchTransformer(with_registers())
    images = torch.rand(1, 3, 64, 128)
    whole = F.interpolate(images, size=(56, 126), mode="bilinear", align_corners=False)
    with torch.no_grad():
        found, expected = body(images), body(whole)
    assert found[0].shape == (1, 64, 4, 9)
    assert all(map(torch.equal, found, expected))


def test_a_fixed_size_changes_no_feature_of_that_size() -> None:
    backbone = random_backbone(TINY)
    images = torch.rand(1, 3, 64, 100)
    before = backbone(images)
    backbone.fix_size(64, 100)
    assert backbone.body.get_submodule("network").pos_embed.shape == (1, 1 + 4 * 6, 64)
    assert all(map(torch.equal, before, backbone(images)))


def test_a_backbone_of_this_kind() -> None:
    backbone = random_backbone(TINY)
    assert backbone.kind == TRANSFORMER
    assert (backbone.channels, backbone.strides) == ((64, 64), (16, 16))
    assert backbone.mean.flatten().tolist() == [0.5, 0.5, 0.5]
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    assert [tuple(map_.shape) for map_ in backbone(torch.rand(2, 3, 64, 96))] == [(2, 64, 4, 6)] * 2


def test_weights_of_a_file_are_loaded_and_checked(
    transformer_home: Path, weights_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InspectorError, match=rf"weights of '{TINY}' are not on this") as caught:
        load_backbone(TINY, download=False)
    assert f"{TINY}.safetensors" in caught.value.hint
    other = timm.create_model("test_vit3", pretrained=False)  # wider: 96 channels
    save_file(other.state_dict(), weights_place / f"{TINY}.safetensors")
    with pytest.raises(InspectorError, match="do not fit this backbone"):
        load_backbone(TINY)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: transformer_home)
    backbone = load_backbone(TINY)
    images = torch.rand(1, 3, 64, 64)
    assert backbone.weights is not None
    assert all(map(torch.equal, backbone(images), random_backbone(TINY)(images)))
    assert not torch.equal(backbone(images)[0], random_backbone(TINY, seed=1)(images)[0])


def test_weights_as_their_authors_publish_them_are_understood() -> None:
    """Their files have one more position, for the class token, and other names."""
    network = with_registers(seed=3)
    published = dict(network.state_dict())
    first = torch.randn(1, 1, 64)
    published["register_tokens"] = published.pop("reg_token")
    published["cls_token"] = published["cls_token"] - first
    published["pos_embed"] = torch.cat([first, published["pos_embed"]], dim=1)
    published["mask_token"] = torch.zeros(1, 64)
    again = with_registers(seed=4)
    again.load_state_dict(named_as_timm(published))
    images = torch.rand(1, 3, SIZE, SIZE)
    with torch.no_grad():
        torch.testing.assert_close(again(images), network(images))
    state = network.state_dict()
    assert named_as_timm(state) is state


def test_dinov2_is_asked_for_by_name_and_place(weights_place: Path) -> None:
    name = METHODS["dinomaly"].presets[0].common["backbone"]
    with pytest.raises(InspectorError, match=f"'{name}'") as caught:
        resolve_weights(name, download=False)
    assert f"timm/{name}" in caught.value.hint
    assert str(weights_place / f"{name}.safetensors") in caught.value.hint


@pytest.mark.parametrize(
    ("name", "kinds", "is_", "needs"),
    [
        (TINY, METHODS["revdist"].kinds, "a vision transformer, but", "strides 4, 8 and 16"),
        ("test_resnet.r160_in1k", METHODS["dinomaly"].kinds, "strides 4", "a vision transformer."),
    ],
)
def test_a_kind_that_a_method_cannot_use_is_refused_before_anything_is_fetched(
    name: str, kinds: tuple[str, ...], is_: str, needs: str, weights_place: Path
) -> None:
    with pytest.raises(InspectorError, match=f"'{name}' is ") as caught:
        load_backbone(name, kinds=kinds)
    before, _, behind = caught.value.message.partition("this method needs")
    assert is_ in before
    assert needs in behind
    assert "such as" in caught.value.hint


def test_every_method_has_known_backbones_of_its_kinds() -> None:
    kinds = {known.name: known.kind for known in KNOWN_BACKBONES}
    assert set(kinds.values()) == {PYRAMID, TRANSFORMER}
    for method in METHODS.values():
        assert set(method.kinds) <= set(kinds.values())
        names = [preset.common["backbone"] for preset in method.presets]
        assert all(kinds.get(name, PYRAMID) in method.kinds for name in names)
