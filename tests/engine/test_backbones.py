from __future__ import annotations

import copy
from typing import Any

import pytest
import timm
import torch

from inspector.engine.backbones import Backbone, random_backbone
from inspector.errors import InspectorError


def test_the_stages_of_lite0(random_lite0: Backbone) -> None:
    assert random_lite0.channels == (24, 40, 112)
    assert random_lite0.strides == (4, 8, 16)
    shapes = [tuple(f.shape) for f in random_lite0(torch.rand(2, 3, 64, 96))]
    assert shapes == [(2, 24, 16, 24), (2, 40, 8, 12), (2, 112, 4, 6)]


def test_the_stages_of_the_papers_backbone(random_wrn: Backbone) -> None:
    assert random_wrn.channels == (256, 512, 1024)
    assert random_wrn.strides == (4, 8, 16)
    shapes = [tuple(f.shape) for f in random_wrn(torch.rand(1, 3, 64, 64))]
    assert shapes == [(1, 256, 16, 16), (1, 512, 8, 8), (1, 1024, 4, 4)]


def test_it_stays_frozen_and_in_eval_mode(random_lite0: Backbone) -> None:
    holder = torch.nn.ModuleList([random_lite0])
    holder.train()
    assert not any(module.training for module in random_lite0.modules())
    assert not any(parameter.requires_grad for parameter in random_lite0.parameters())
    before = {name: t.clone() for name, t in random_lite0.state_dict().items()}
    random_lite0(torch.rand(4, 3, 64, 64))
    after = random_lite0.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_efficientnet"])
def test_what_lies_behind_the_last_stage_is_neither_kept_nor_computed(name: str) -> None:
    backbone = random_backbone(name)
    whole = timm.create_model(name, pretrained=False, features_only=True).eval()
    kept = backbone.body.state_dict()
    assert set(kept) < set(whole.state_dict())
    whole.load_state_dict(kept, strict=False)
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        features = backbone(images)
        expected = whole((images - backbone.mean) / backbone.std)
    strides = whole.feature_info.reduction()
    for feature, stride in zip(features, backbone.strides, strict=True):
        assert torch.equal(feature, expected[strides.index(stride)])
    assert len({id(p) for p in backbone.body.parameters()}) == len(_used(backbone, images))


def _used(backbone: Backbone, images: torch.Tensor) -> list[torch.nn.Parameter]:
    """The parameters that the features depend on."""
    learned = copy.deepcopy(backbone.body).requires_grad_(True)
    total: Any = sum(feature.sum() for feature in backbone.through(learned, images))
    total.backward()
    return [p for p in learned.parameters() if p.grad is not None]


def test_features_do_not_depend_on_the_batch(lite0: Backbone) -> None:
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    together = lite0(images)
    alone = lite0(images[2:3])
    for all_, one in zip(together, alone, strict=True):
        torch.testing.assert_close(all_[2:3], one, rtol=0, atol=1e-5 * float(one.abs().max()))


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("tf_efficientnet_lite0", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ("test_efficientnet.r160_in1k", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ],
)
def test_images_are_normalised_as_the_model_itself_was_trained(
    name: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    backbone = random_backbone(name)
    images = torch.rand(1, 3, 64, 64)
    by_hand = torch.stack(
        [(images[:, c] - mean[c]) / std[c] for c in range(3)],
        dim=1,
    )
    with torch.inference_mode():
        for found, expected in zip(backbone(images), backbone.body(by_hand), strict=True):
            torch.testing.assert_close(found, expected)


def test_a_random_backbone_depends_on_its_seed_alone() -> None:
    torch.manual_seed(1)
    drawn = torch.rand(3)
    torch.manual_seed(1)
    first = random_backbone("test_resnet.r160_in1k", seed=7)
    assert torch.equal(torch.rand(3), drawn)  # the caller's random state is not touched
    again = random_backbone("test_resnet.r160_in1k", seed=7)
    other = random_backbone("test_resnet.r160_in1k", seed=8)
    name = "conv1.0.weight"
    assert torch.equal(first.body.state_dict()[name], again.body.state_dict()[name])
    assert not torch.equal(first.body.state_dict()[name], other.body.state_dict()[name])
    assert first.weights is None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InspectorError, match="'resnet_5000'") as caught:
        random_backbone("resnet_5000")
    assert "tf_efficientnet_lite0" in caught.value.hint


def test_an_unknown_tag_of_a_known_model_is_refused_as_such() -> None:
    with pytest.raises(InspectorError, match=r"no backbone 'test_resnet\.nonsense'"):
        random_backbone("test_resnet.nonsense")


@pytest.mark.parametrize("name", ["test_vit_relpos", "mixer_s32_224"])
def test_a_model_without_the_pyramid_is_refused(name: str) -> None:
    with pytest.raises(InspectorError, match="strides 4, 8 and 16") as caught:
        random_backbone(name)
    assert name in caught.value.message
    assert "pyramid" in caught.value.hint


def test_a_model_with_channels_last_gives_its_maps_as_all_others_do() -> None:
    """Some models put the channels behind; a detector must never see that."""
    if not timm.is_model("test_mambaout"):
        pytest.skip("this timm has no small model with channels last")
    backbone = random_backbone("test_mambaout")
    shapes = [tuple(f.shape) for f in backbone(torch.rand(1, 3, 64, 64))]
    sides = (16, 8, 4)
    assert shapes == [(1, c, s, s) for c, s in zip(backbone.channels, sides, strict=True)]
