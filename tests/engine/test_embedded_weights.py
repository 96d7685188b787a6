from __future__ import annotations

import numpy as np
import pytest
import skimage.data
import timm
import torch
import torch.nn.functional as F
from timm.data import ImageNetInfo
from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.engine.weights import EMBEDDED_BACKBONE, find_weights, load_weights


@pytest.fixture(scope="module")
def coffee() -> Tensor:
    """The middle of a photograph that scikit-image brings, as (1, 3, 224, 224) in [0, 1]."""
    pixels = np.asarray(skimage.data.coffee(), np.float32) / 255
    image = torch.from_numpy(pixels[:, 100:500]).permute(2, 0, 1).unsqueeze(0)
    return F.interpolate(image, size=(224, 224), mode="bicubic", antialias=True).clamp(0, 1)


def test_the_embedded_weights_are_really_imagenets(coffee: Tensor) -> None:
    """Mapped by order alone, the classifier knows a cup of espresso when it sees one."""
    model = timm.create_model(EMBEDDED_BACKBONE, pretrained=False).eval()
    file = find_weights(EMBEDDED_BACKBONE)
    assert file is not None
    load_weights(model, file)
    with torch.inference_mode():
        probabilities = model((coffee - 0.5) / 0.5).softmax(dim=1)[0]
    best = int(probabilities.argmax())
    assert ImageNetInfo().index_to_description(best).startswith("espresso")
    assert float(probabilities[best]) > 0.9


def test_the_backbone_is_the_first_part_of_that_classifier(lite0: Backbone, coffee: Tensor) -> None:
    whole = timm.create_model(EMBEDDED_BACKBONE, pretrained=False).eval()
    file = find_weights(EMBEDDED_BACKBONE)
    assert file is not None
    load_weights(whole, file)
    with torch.inference_mode():
        expected = whole.forward_intermediates(
            (coffee - 0.5) / 0.5, indices=(1, 2, 3), intermediates_only=True
        )
        found = lite0(coffee)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)
