"""What cannot be done with tiles, said before anything is started."""

from __future__ import annotations

from inspector.core.tiling import LARGEST_CANVAS
from inspector.errors import InspectorError
from inspector.jobs.parameters import CommonParameters


def check_tiles(common: CommonParameters) -> None:
    """Raises InspectorError where the tiles of these parameters make too large an image."""
    canvas = common.tiling.canvas
    if canvas > LARGEST_CANVAS:
        raise InspectorError(
            f"{common.tiles} tiles of {common.image_size} pixels make an image of {canvas} × "
            f"{canvas} pixels, which is too large.",
            f"Use fewer or smaller tiles, up to {LARGEST_CANVAS} pixels in all.",
        )
