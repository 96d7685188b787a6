"""What cannot be done with tiles, said before anything is started."""

from __future__ import annotations

from inspector.core.tiling import LARGEST_CANVAS
from inspector.errors import InspectorError
from inspector.jobs.parameters import CommonParameters

_MOST_IN_A_FILE = 8
"""Tiles along a side. Files with 6 × 6 of 256 pixels take 1.1 to 1.6 GB; more take more."""


def check_tiles(common: CommonParameters) -> None:
    """Raises InspectorError where the tiles of these parameters make too large an image."""
    canvas = common.tiling.canvas
    if canvas > LARGEST_CANVAS:
        raise InspectorError(
            f"{common.tiles} tiles of {common.image_size} pixels make an image of {canvas} × "
            f"{canvas} pixels, which is too large.",
            f"Use fewer or smaller tiles, up to {LARGEST_CANVAS} pixels in all.",
        )


def check_tiles_of_file(model: str, tiles: int) -> None:
    """Raises InspectorError where a model has too many tiles along a side for an exported file,
    which computes them all at once."""
    if tiles > _MOST_IN_A_FILE:
        raise InspectorError(
            f"'{model}' looks at {tiles} × {tiles} tiles; an exported file computes all of them at "
            "once, which takes too much memory.",
            f"Export a model with up to {_MOST_IN_A_FILE} × {_MOST_IN_A_FILE} tiles, or score with "
            "Inspector itself.",
        )
