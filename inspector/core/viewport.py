"""Where an image lies in a view: zoom, pan, fit, and linked views, as plain arithmetic.

Lengths in the view are device pixels, so that `scale == 1` shows one image pixel on one pixel of
the screen. Positions are (x, y); the image's top-left corner is (0, 0), and the centre of its first
pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

Point = tuple[float, float]

MAX_SCALE = 64.0
MIN_SHARE_OF_FIT = 0.25
_SAME = 1e-6


class RelativeView(NamedTuple):
    """A view in terms that do not depend on the sizes of image and view.

    `zoom` is a multiple of the scale that fits; `x` and `y` say which share of the image's width
    and height lies in the middle of the view.
    """

    zoom: float
    x: float
    y: float


FITTED = RelativeView(1.0, 0.5, 0.5)


class Rectangle(NamedTuple):
    """From (left, top) to (right, bottom), in image pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Viewport:
    """An image's place in a view. Every method returns a new one, within bounds.

    The scale stays between a quarter of the fitting one and 64, but 1:1 and fit can always be had.
    The middle of the view may stray from the image's middle by the share `1 - fit / scale` of half
    the image: not at all when fitted, nearly to its edges at great zoom. So the image is never
    lost, and zooming in about any of its points leaves that point exactly where it is.

    Attributes:
        image: Width and height of the image in pixels, at least 1.
        view: Width and height of the view in device pixels.
        scale: Device pixels per image pixel.
        offset: Where in the view the image's top-left corner lies.
    """

    image: tuple[int, int]
    view: Point
    scale: float
    offset: Point

    @classmethod
    def fitting(cls, image: tuple[int, int], view: Point) -> Viewport:
        """The whole image in the middle of the view, as large as it can be.

        Raises:
            ValueError: The image has no pixels.
        """
        if min(image) < 1:
            raise ValueError(f"an image of {image[0]} x {image[1]} pixels cannot be shown")
        # A view that is not laid out yet has no size; one pixel keeps the arithmetic finite.
        view = (max(view[0], 1.0), max(view[1], 1.0))
        return cls(image, view, 1.0, (0.0, 0.0)).fitted()

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole image just fits."""
        return min(self.view[0] / self.image[0], self.view[1] / self.image[1])

    @property
    def scale_range(self) -> tuple[float, float]:
        """The smallest and the greatest scale allowed."""
        fit = self.fit_scale
        return min(fit * MIN_SHARE_OF_FIT, 1.0), max(fit, MAX_SCALE)

    @property
    def centre(self) -> Point:
        """The image point in the middle of the view."""
        return self.to_image((self.view[0] / 2, self.view[1] / 2))

    @property
    def is_fitted(self) -> bool:
        """Whether the whole image is shown as large as it can be (it is centred then)."""
        return math.isclose(self.scale, self.fit_scale, rel_tol=_SAME)

    @property
    def is_zoomed(self) -> bool:
        """Whether the image is shown larger than fitted, so that there is something to pan."""
        return self.scale > self.fit_scale * (1 + _SAME)

    @property
    def visible(self) -> Rectangle:
        """The part of the image that the view shows."""
        left, top = self.to_image((0.0, 0.0))
        right, bottom = self.to_image(self.view)
        width, height = self.image
        return Rectangle(max(left, 0), max(top, 0), min(right, width), min(bottom, height))

    def to_image(self, point: Point) -> Point:
        """The image point at a point of the view; it may lie outside the image."""
        return (
            (point[0] - self.offset[0]) / self.scale,
            (point[1] - self.offset[1]) / self.scale,
        )

    def to_view(self, point: Point) -> Point:
        """Where in the view an image point is shown; it may lie outside the view."""
        return (
            point[0] * self.scale + self.offset[0],
            point[1] * self.scale + self.offset[1],
        )

    def holds(self, point: Point) -> bool:
        """Whether an image point lies on the image."""
        return 0 <= point[0] < self.image[0] and 0 <= point[1] < self.image[1]

    def fitted(self) -> Viewport:
        """The whole image, as large as it can be."""
        return self._placed(self.fit_scale, (self.image[0] / 2, self.image[1] / 2))

    def at_scale(self, scale: float) -> Viewport:
        """Another scale, 1.0 being 1:1, about the middle of the view."""
        return self._placed(scale, self.centre)

    def zoomed_about(self, point: Point, factor: float) -> Viewport:
        """`factor` times larger, while the image point at `point` of the view stays there."""
        low, high = self.scale_range
        scale = min(max(self.scale * factor, low), high)
        fixed, centre = self.to_image(point), self.centre
        change = self.scale / scale
        return self._placed(
            scale,
            (
                fixed[0] + (centre[0] - fixed[0]) * change,
                fixed[1] + (centre[1] - fixed[1]) * change,
            ),
        )

    def panned(self, dx: float, dy: float) -> Viewport:
        """The image moved by (dx, dy) device pixels."""
        centre = self.centre
        return self._placed(self.scale, (centre[0] - dx / self.scale, centre[1] - dy / self.scale))

    def resized(self, view: Point) -> Viewport:
        """In a view of another size: fitted if it was, else at the same scale and centre."""
        resized = replace(self, view=(max(view[0], 1.0), max(view[1], 1.0)))
        return resized.fitted() if self.is_fitted else resized._placed(self.scale, self.centre)

    def relative(self) -> RelativeView:
        """This view in terms that another image's view can take over."""
        x, y = self.centre
        return RelativeView(self.scale / self.fit_scale, x / self.image[0], y / self.image[1])

    def from_relative(self, relative: RelativeView) -> Viewport:
        """This image shown as another view shows its own, within this one's bounds."""
        return self._placed(
            self.fit_scale * relative.zoom,
            (relative.x * self.image[0], relative.y * self.image[1]),
        )

    def _placed(self, scale: float, centre: Point) -> Viewport:
        low, high = self.scale_range
        scale = min(max(scale, low), high)
        reach = max(0.0, 1 - self.fit_scale / scale)
        x, y = (
            min(max(at, size / 2 * (1 - reach)), size / 2 * (1 + reach))
            for at, size in zip(centre, self.image, strict=True)
        )
        offset = (self.view[0] / 2 - x * scale, self.view[1] / 2 - y * scale)
        return replace(self, scale=scale, offset=offset)
