"""A mask that is being painted, beside what of it is kept already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inspector.core.brushes import NOTHING, Box, Mask
from inspector.core.masks import Patch, apply_patch, xor_patch


class Draft:
    """What a stroke changed is known from its box: nothing is copied when one begins.

    Attributes:
        mask: (H, W) bool; painted on in place, `touched` follows.
        area: Pixels painted in what is kept.
    """

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.area = int(np.count_nonzero(mask))
        self._kept = mask.copy()
        self._box = NOTHING

    def touched(self, box: Box) -> None:
        """The mask may have changed there."""
        self._box = self._box.united(box)

    def change(self) -> Patch | None:
        """What has changed since it was kept; None where nothing has."""
        part = self._box.slices
        return xor_patch(self._kept[part], self.mask[part], self._box.left, self._box.top)

    def keep(self) -> None:
        """The mask is kept as it is now."""
        part = self._box.slices
        before, after = self._kept[part], self.mask[part]
        self.area += int(np.count_nonzero(after)) - int(np.count_nonzero(before))
        before[...] = after
        self._box = NOTHING

    def revert(self) -> Box:
        """Back to what is kept; where it was not."""
        box, self._box = self._box, NOTHING
        self.mask[box.slices] = self._kept[box.slices]
        return box

    def turn_over(self, patch: Patch) -> Box:
        """A stroke was undone or redone in what is kept; where it lies."""
        box = Box(patch.x, patch.y, patch.x + patch.width, patch.y + patch.height)
        moved = replace(patch, x=0, y=0)
        self.mask[box.slices] = apply_patch(self.mask[box.slices], moved)
        self.touched(box)
        self.keep()
        return box
