"""How a painted mask falls on the grid of patches that memory banks compare; numpy alone.

Whoever learns from masks and whoever shows what is learned from them ask the same functions. Of
images that are looked at tile by tile the grid is that of the canvas, on which all tiles lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.masks import Mask
from inspector.core.tiling import Tiling
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
        size: (H, W) of the model's input or of the canvas, multiples of 8.

    Raises:
        InspectorError: Nothing is painted.
    """
    if not mask.any():
        raise InspectorError("A painted mask is empty.", "Paint the defect, or remove the mask.")
    # Of a large canvas most is not painted: looking at all of it would take seconds.
    rows, columns = (_touched(np.any(mask, axis=1 - axis), size[axis]) for axis in (0, 1))
    shares = _at_input(mask, size, (rows, columns))
    blocks = shares.reshape(len(shares) // PATCH_STRIDE, PATCH_STRIDE, -1, PATCH_STRIDE)
    grid = (size[0] // PATCH_STRIDE, size[1] // PATCH_STRIDE)
    here = tuple(slice(s.start // PATCH_STRIDE, s.stop // PATCH_STRIDE) for s in (rows, columns))
    covered, patches = np.zeros(grid), np.zeros(grid, np.bool_)
    covered[here] = blocks.mean(axis=(1, 3))
    patches[here] = blocks[:, _MIDDLE, :, _MIDDLE].max(axis=(1, 3)) > 0
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
        size: (H, W) of the model's input or of the canvas, multiples of 8.
        filtered: False takes every patch of the image, for measuring what the filter does.

    Raises:
        InspectorError: Nothing is painted.
    """
    taken = mask_on_grid(mask, size).patches
    return taken if filtered else np.ones_like(taken)


def in_tiles(
    places: NDArray[np.int64], tiling: Tiling
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which patch of which tile stands for a place of the canvas' grid *(ours)*.

    Where tiles overlap, it is that of the tile in whose middle the place lies most: of all that see
    it, the one that sees most around it, and that has the greatest weight in the blend. Not those
    of all of them: a place is then one entry of the bank, as of whole images, so that a defect's
    centre and filter do not lean to where tiles happen to overlap, and people mute what they see.

    Args:
        places: (N, 2) rows and columns.
        tiling: Its tiles lie on one grid: their steps are multiples of 8.

    Returns:
        (N,) tiles and (N,) the numbers of the patches, row by row of their own grids.
    """
    width, step = tiling.side // PATCH_STRIDE, tiling.step // PATCH_STRIDE
    along = tiling.middle_tiles(PATCH_STRIDE)[places]
    inside = places - along * step
    return along[:, 0] * tiling.count + along[:, 1], inside[:, 0] * width + inside[:, 1]


def _touched(painted: NDArray[np.bool_], count: int) -> slice:
    """The input pixels, of `count`, that what is painted on a line falls on, of whole patches.

    One more patch to either side: sums over a single column of patches would be rounded otherwise.
    """
    (places,) = np.nonzero(painted)
    first = int(places[0]) * count // len(painted) // PATCH_STRIDE
    behind = -(-(int(places[-1]) + 1) * count // (len(painted) * PATCH_STRIDE))
    most = count // PATCH_STRIDE
    return slice(max(0, first - 1) * PATCH_STRIDE, min(most, behind + 1) * PATCH_STRIDE)


def _at_input(mask: Mask, size: tuple[int, int], where: tuple[slice, slice]) -> NDArray[np.float64]:
    """The share of some input pixels that is painted: exactly 0 where they touch no mask."""
    by_rows, heights = _sums(mask, size[0], where[0])
    by_both, widths = _sums(by_rows.T, size[1], where[1])
    shares: NDArray[np.float64] = by_both.T / np.outer(heights, widths)
    return shares


def _sums(
    values: NDArray[np.bool_] | NDArray[np.int32], count: int, where: slice
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Rows (N, W) summed to some of `count` rows, each of those that it touches, as adaptive
    pooling does; and how many these are. Whole numbers: fractions would not sum up to exactly 0."""
    total, numbers = len(values), np.arange(where.start, where.stop)
    first = numbers * total // count
    behind = -(-(numbers + 1) * total // count)
    start = first[0]
    sums = np.zeros((behind[-1] - start + 1, values.shape[1]), np.int32)
    np.cumsum(values[start : behind[-1]], axis=0, dtype=np.int32, out=sums[1:])
    return sums[behind - start] - sums[first - start], behind - first
