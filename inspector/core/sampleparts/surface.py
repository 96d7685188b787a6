"""What a camera could see of a thing: its shape and its material, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inspector.core.sampleparts.frame import Field, Frame

Colour = tuple[float, float, float]


@dataclass(slots=True)
class Surface:
    """Shape and material on the canvas. Every field is float32 of (n, n); `base` is (n, n, 3).

    Attributes:
        base: Linear RGB: diffuse colour of a dielectric, mirror colour of a metal.
        relief: Height in units relative to the part's own top; its slopes catch the light.
        metal: 0 for dielectrics to 1 for bare metal.
        rough: 0 for a mirror to 1 for matt.
        cover: Share of the pixel that the thing covers.
        lift: Height of the thing's top above the table in units; it casts the shadows.
    """

    base: Field
    relief: Field
    metal: Field
    rough: Field
    cover: Field
    lift: Field

    def copy(self) -> Surface:
        """A surface with fields of its own."""
        return Surface(*(getattr(self, name).copy() for name in self.__slots__))

    def paint(
        self,
        where: Field,
        colour: Colour | None = None,
        *,
        metal: float | None = None,
        rough: float | None = None,
    ) -> None:
        """Lay a material over the surface where `where` (n, n), 0..1, says."""
        left, top, width, height = cv2.boundingRect((where > 0).view(np.uint8))
        if width == 0:
            return
        box = (slice(top, top + height), slice(left, left + width))
        over = where[box]
        if colour is not None:
            planes = cv2.split(self.base[box])
            for plane, channel in zip(planes, colour, strict=True):
                plane += over * (channel - plane)
            self.base[box] = cv2.merge(planes)
        if metal is not None:
            self.metal[box] += over * (metal - self.metal[box])
        if rough is not None:
            self.rough[box] += over * (rough - self.rough[box])


def tint(tone: Field, colour: Colour) -> Field:
    """A grey `tone` (n, n) in a colour, (n, n, 3)."""
    coloured: Field = cv2.merge([tone * channel for channel in colour])
    return coloured


def make_surface(
    frame: Frame,
    *,
    base: Field,
    relief: Field,
    cover: Field | float = 1.0,
    metal: Field | float = 0.0,
    rough: Field | float = 0.5,
    lift: Field | float = 0.0,
) -> Surface:
    """A surface from fields and constants, the constants spread over the canvas."""

    def spread(value: Field | float) -> Field:
        return frame.blank(value) if isinstance(value, float) else value

    return Surface(base, relief, spread(metal), spread(rough), spread(cover), spread(lift))
