"""Tools that find a region by themselves: flood fill by colour, and growing from the heat map."""

from __future__ import annotations

from inspector.core.brushes import Point, flood_region, heat_region, paint_region
from inspector.gui.canvas.tools.tool import Easel, Tool


class FillTool(Tool):
    """A click paints all that has the colour of the pixel there and hangs together."""

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        pixels = self.easel.pixels
        if pixels is None or not _holds(pixels.shape, point):
            return
        mask = self.easel.begin()
        if mask is not None:
            box, region = flood_region(pixels, point, self.easel.tolerance)
            self.easel.touched(paint_region(mask, box, region, not inverted))
            self.easel.finish("fill")


class HeatTool(Tool):
    """Grows the mask from the hottest point, or the one that is clicked.

    What has grown is kept with Enter; Esc drops it. When the tool or the image is left, it is kept
    where the person grew it, and dropped where it was only proposed.
    """

    def __init__(self, easel: Easel) -> None:
        super().__init__(easel)
        self._seed: Point | None = None
        self._is_grown, self._is_meant = False, False

    @property
    def is_busy(self) -> bool:
        return self._is_grown

    def press(self, point: Point, inverted: bool, reach: float) -> None:
        pixels = self.easel.pixels
        if pixels is not None and _holds(pixels.shape, point):
            self.leave()  # another click begins another region
            self._seed = point
            self.grow()

    def propose(self) -> None:
        """Shows what would grow; nobody has asked for it yet."""
        if not self._is_grown:
            self._grow()

    def grow(self) -> None:
        """Shows the region as far as the person wants it to grow now."""
        self._is_meant = True
        self._grow()

    def _grow(self) -> None:
        found, pixels = self.easel.heat(), self.easel.pixels
        if self._is_grown:
            self.easel.drop()
        mask = self.easel.begin() if found is not None and pixels is not None else None
        self._is_grown = mask is not None
        if mask is None or found is None or pixels is None:
            return
        heat, low = found
        height, width = pixels.shape[:2]
        box, region = heat_region(heat, (height, width), self.easel.heat_share, low, self._seed)
        self.easel.touched(paint_region(mask, box, region, True))

    def accept(self) -> bool:
        was_grown = self._is_grown
        self._keep()
        return was_grown

    def cancel(self) -> bool:
        was_grown = self._forget()
        if was_grown:
            self.easel.drop()
        return was_grown

    def leave(self) -> None:
        if self._is_meant:
            self._keep()
        else:
            self.cancel()

    def _keep(self) -> None:
        if self._forget():
            self.easel.finish("heat map")

    def _forget(self) -> bool:
        """Begins anew; whether anything had grown."""
        was_grown, self._is_grown = self._is_grown, False
        self._is_meant, self._seed = False, None
        return was_grown


def _holds(shape: tuple[int, ...], point: Point) -> bool:
    return 0 <= point[0] < shape[1] and 0 <= point[1] < shape[0]
