"""Patch features of PatchCore and DMAD, F(x) of METHODS section 3.

Which of them a painted mask takes is told by `core/patch_grid.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.engine.backbones import Backbone

_LOOK_POOLING = 4


def patch_channels(backbone: Backbone) -> int:
    """C of a patch: the channels of the stages at strides 8 and 16."""
    return sum(backbone.channels[1:])


def patch_features(features: Sequence[Tensor]) -> Tensor:
    """A backbone's maps at strides 4, 8, 16 to patches (B, C, h, w) at stride 8, float32.

    The stages at strides 8 and 16 are averaged over 3×3 (at the border over what is there
    *(ours)*), brought to the finer grid and concatenated. Linear in the features.
    """
    fine, coarse = (
        F.avg_pool2d(stage.float(), 3, stride=1, padding=1, count_include_pad=False)
        for stage in features[1:]
    )
    coarse = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([fine, coarse], dim=1)


def as_rows(patches: Tensor) -> Tensor:
    """Patches (B, C, h, w) to (B, h·w, C), row by row of the grid."""
    return patches.flatten(2).transpose(1, 2)


def look(patches: Tensor) -> Tensor:
    """The descriptor of images: patches averaged to stride 32, (B, C, h/4, w/4) *(ours)*.

    Of the plain patches, not of what a method learned: all of a class's images look alike in it.
    """
    return F.avg_pool2d(patches, _LOOK_POOLING)
