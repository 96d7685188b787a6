"""How a painted mask falls on the grid of patches that memory banks compare; numpy alone.

Whoever learns from masks and whoever shows what is learned from them ask the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.masks import Mask
from inspector.errors import InspectorError

PATCH_STRIDE = 8
"""Input pixels per patch."""

# The centre of a patch lies between its pixels 3 and 4: bilinear scaling looks at these.
_MIDDLE = slice(PATCH_STRIDE // 2 - 1, PATCH_STRIDE // 2 + 1)


@dataclass(frozen=True, slots=True)
class MaskOnGrid:
    """What is left of a mask on the patch grid.

    Attributes:
        patches: (h, w) bool, those that the mask takes; at least one.
        vanishes: Whether it meets the middle of no patch: then only the one that it covers most
            is taken.
        area: Painted area in patches; 1 is that of one patch.
    """

    patches: NDArray[np.bool_]
    vanishes: bool
    area: float

    @property
    def is_small(self) -> bool:
        """Whether it covers less than one patch: what is learned is mostly its surroundings."""
        return self.area < 1


def mask_on_grid(mask: Mask, size: tuple[int, int]) -> MaskOnGrid:
    """DMAD's mask filter (METHODS section 3).

    The mask is scaled to the input by area, so that thin lines of large images survive *(ours)*,
    and bilinearly to the grid; a patch is in where that is > 0. A mask that would vanish keeps the
    patch that it covers most *(ours)*.

    Args:
        mask: (H', W') of any size.
        size: (H, W) of the model's input, multiples of 8.

    Raises:
        InspectorError: Nothing is painted.
    """
    if not mask.any():
        raise InspectorError("A painted mask is empty.", "Paint the defect, or remove the mask.")
    height, width = (side // PATCH_STRIDE for side in size)
    blocks = _at_input(mask, size).reshape(height, PATCH_STRIDE, width, PATCH_STRIDE)
    covered = blocks.mean(axis=(1, 3))
    middles = blocks[:, _MIDDLE, :, _MIDDLE]
    patches = middles.max(axis=(1, 3)) > 0
    vanishes = not patches.any()
    if vanishes:
        patches.flat[covered.argmax()] = True
    return MaskOnGrid(patches, vanishes, float(covered.sum()))


def patches_of_mask(
    mask: Mask, size: tuple[int, int], *, filtered: bool = True
) -> NDArray[np.bool_]:
    """The patches that a mask takes, (H/8, W/8) bool, as `mask_on_grid`.

    Args:
        mask: (H', W') of any size.
        size: (H, W) of the model's input, multiples of 8.
        filtered: False takes every patch of the image, for measuring what the filter does.

    Raises:
        InspectorError: Nothing is painted.
    """
    taken = mask_on_grid(mask, size).patches
    return taken if filtered else np.ones_like(taken)


def _at_input(mask: Mask, size: tuple[int, int]) -> NDArray[np.float64]:
    """The share of each input pixel that is painted: exactly 0 where it touches no mask."""
    by_rows, heights = _sums(mask, size[0])
    by_both, widths = _sums(by_rows.T, size[1])
    shares: NDArray[np.float64] = by_both.T / np.outer(heights, widths)
    return shares


def _sums(
    values: NDArray[np.bool_] | NDArray[np.int32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Rows (N, W) summed to `count` rows, each of those that it touches, as adaptive pooling does;
    and how many these are. Whole numbers: fractions would not sum up to exactly 0."""
    total = len(values)
    first = np.arange(count) * total // count
    behind = -(-np.arange(1, count + 1) * total // count)
    sums = np.zeros((total + 1, values.shape[1]), np.int32)
    np.cumsum(values, axis=0, dtype=np.int32, out=sums[1:])
    return sums[behind] - sums[first], behind - first
