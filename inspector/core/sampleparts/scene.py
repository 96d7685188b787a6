"""The part on its table: one opaque surface, ready to be lit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import UNITS, Field
from inspector.core.sampleparts.surface import Surface

# A change of a field below these cannot be seen in the image.
_VISIBLE_SLOPE = 0.03
_VISIBLE_BASE = 0.026  # of the square root, which is about how the image shows it
_VISIBLE_FINISH = 0.07
_VISIBLE_LIFT = 0.6


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that the light meets. Fields are float32 of (n, n); `base` is (n, n, 3).

    Attributes:
        base: Linear RGB, as in `Surface`.
        slope_x: Rise of the surface towards +x, a true slope.
        slope_y: Rise towards +y, down the image.
        metal: As in `Surface`.
        rough: As in `Surface`.
        lift: Height above the table in units; it casts the shadows.
    """

    base: Field
    slope_x: Field
    slope_y: Field
    metal: Field
    rough: Field
    lift: Field


def place(part: Surface, table: Surface) -> Scene:
    """Lay the part on the table; the inputs stay as they are.

    The slopes are mixed, not the heights: the step from part to table is a wall that the camera,
    looking straight down, does not see.
    """
    over = part.cover
    under = 1 - over

    def mix(top: Field, bottom: Field) -> Field:
        mixed: Field = cv2.blendLinear(top, bottom, over, under)
        return mixed

    part_x, part_y = _slopes(part.relief)
    table_x, table_y = _slopes(table.relief)
    return Scene(
        base=mix(part.base, table.base),
        slope_x=mix(part_x, table_x),
        slope_y=mix(part_y, table_y),
        metal=mix(part.metal, table.metal),
        rough=mix(part.rough, table.rough),
        lift=(part.lift + part.relief) * over,
    )


def changed(one: Scene, other: Scene) -> npt.NDArray[np.bool_]:
    """The canvas pixels where two scenes differ by enough to be seen, (n, n)."""
    blue, green, red = cv2.split(cv2.absdiff(cv2.sqrt(one.base), cv2.sqrt(other.base)))
    different: npt.NDArray[np.bool_] = np.maximum(np.maximum(blue, green), red) > _VISIBLE_BASE
    for mine, theirs, visible in (
        (one.slope_x, other.slope_x, _VISIBLE_SLOPE),
        (one.slope_y, other.slope_y, _VISIBLE_SLOPE),
        (one.metal, other.metal, _VISIBLE_FINISH),
        (one.rough, other.rough, _VISIBLE_FINISH),
        (one.lift, other.lift, _VISIBLE_LIFT),
    ):
        different |= cv2.absdiff(mine, theirs) > visible
    return different


def _slopes(relief: Field) -> tuple[Field, Field]:
    per_unit = relief.shape[0] / UNITS / 2
    x = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=1, scale=per_unit)
    y = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=1, scale=per_unit)
    # OpenCV mirrors the image at its border, where the slope would come out as 0.
    x[:, 0], x[:, -1] = x[:, 1], x[:, -2]
    y[0], y[-1] = y[1], y[-2]
    return x, y
