"""Folded batch norms: the same function, and nothing where it would not be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inspector.engine.alignment.base import NoAlignment
from inspector.engine.backbones import load_backbone, random_backbone
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.device import Device
from inspector.engine.folding import fold_batch_norms
from inspector.engine.pipeline import Pipeline

CPU = Device("cpu")


def unsettled(module: nn.Module) -> nn.Module:
    """With batch statistics and weights such as a training leaves, in eval mode."""
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(generator=generator)
            part.running_var.uniform_(0.5, 2, generator=generator)
            with torch.no_grad():
                part.weight.uniform_(0.5, 2, generator=generator)
                part.bias.normal_(generator=generator)
    return module.eval()


def norms_in(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm2d) for part in module.modules())


@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv2d(4, 6, 3, padding=1),
        nn.Conv2d(4, 6, 3, groups=2, bias=False),
        nn.ConvTranspose2d(4, 6, 2, stride=2, bias=False),
        nn.ConvTranspose2d(4, 6, 3, groups=2),
    ],
)
def test_every_kind_of_convolution_takes_its_batch_norm(convolution: nn.Module) -> None:
    module = unsettled(nn.Sequential(convolution, nn.BatchNorm2d(6), nn.ReLU()))
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        before = module(x)
        assert fold_batch_norms(module, lambda: [module(x)])
        assert norms_in(module) == 0
        assert torch.allclose(module(x), before, atol=1e-5)


class TwoWays(nn.Module):
    """A convolution whose result goes elsewhere, too."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        found = self.convolution(x)
        return found + self.norm(found)


def test_what_would_be_another_function_stays_as_it_is() -> None:
    module = unsettled(TwoWays())
    x = torch.randn(2, 3, 4, 4)
    with torch.no_grad():
        before = module(x)
        assert not fold_batch_norms(module, lambda: [module(x)])
        assert torch.equal(module(x), before)
    assert norms_in(module) == 1


def test_a_batch_norm_that_still_learns_is_left_alone() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)).train()
    assert not fold_batch_norms(module, lambda: [module(torch.randn(2, 3, 4, 4))])


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet18"])
def test_a_folded_pipeline_scores_the_same(name: str) -> None:
    backbone = load_backbone(name) if name == "tf_efficientnet_lite0" else random_backbone(name)
    detector = RevDist(backbone)
    unsettled(detector)
    pipeline = Pipeline(detector, {"none": NoAlignment()}, "none").to(CPU)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    before = pipeline.score(images, ["", ""], CPU, ["none"])
    pipeline.fold(64, CPU)
    after = pipeline.score(images, ["", ""], CPU, ["none"])
    assert norms_in(backbone) == norms_in(detector) == 0
    assert torch.allclose(after.smoothed, before.smoothed, atol=1e-5)
    assert torch.allclose(after.scores["none"], before.scores["none"], atol=1e-5)
