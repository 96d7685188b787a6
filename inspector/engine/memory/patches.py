"""Patch features of PatchCore and DMAD, F(x) of METHODS section 3, and the masks that pick some."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inspector.engine.backbones import Backbone
from inspector.errors import InspectorError

PATCH_STRIDE = 8
"""Input pixels per patch."""

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


def patches_of_mask(
    mask: NDArray[np.bool_], size: tuple[int, int], *, filtered: bool = True
) -> NDArray[np.bool_]:
    """The patches that a mask takes, (H/8, W/8) bool: DMAD's mask filter.

    The mask is scaled to the input by area, so that thin lines of large images survive *(ours)*,
    and bilinearly to the grid; a patch is in where that is > 0. A mask that would vanish keeps the
    patch that it covers most *(ours)*.

    Args:
        mask: (H', W') of any size.
        size: (H, W) of the model's input, multiples of 8.
        filtered: False takes every patch of the image, for measuring what the filter does.

    Raises:
        InspectorError: Nothing is painted.
    """
    if not mask.any():
        raise InspectorError("A painted mask is empty.", "Paint the defect, or remove the mask.")
    grid = (size[0] // PATCH_STRIDE, size[1] // PATCH_STRIDE)
    if not filtered:
        return np.ones(grid, np.bool_)
    painted = torch.from_numpy(mask.astype(np.float32))[None, None]
    at_input = F.interpolate(painted, size=size, mode="area")
    on_grid = F.interpolate(at_input, size=grid, mode="bilinear", align_corners=False)[0, 0] > 0
    if not bool(on_grid.any()):
        covered = F.interpolate(at_input, size=grid, mode="area").flatten()
        on_grid.view(-1)[covered.argmax()] = True
    taken: NDArray[np.bool_] = on_grid.numpy()
    return taken
