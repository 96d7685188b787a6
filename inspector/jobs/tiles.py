"""What cannot be done with tiles, said before anything is started."""

from __future__ import annotations

from inspector.core.tiling import LARGEST_CANVAS
from inspector.errors import InspectorError
from inspector.jobs.parameters import CommonParameters


def check_tiles(common: CommonParameters, title: str, *, learns_from_defects: bool) -> None:
    """Raises InspectorError where a method cannot take these tiles, or they are too many.

    Args:
        common: The parameters.
        title: What people call the method.
        learns_from_defects: Whether it does: masks are mapped to whole images only.
    """
    if common.tiles > 1 and learns_from_defects:
        raise InspectorError(
            f"A method that learns from painted defects, as {title} does, looks at whole images "
            "only.",
            "Use tiles=1, or another method for small defects in large images.",
        )
    canvas = common.tiling.canvas
    if canvas > LARGEST_CANVAS:
        raise InspectorError(
            f"{common.tiles} tiles of {common.image_size} pixels make an image of {canvas} × "
            f"{canvas} pixels, which is too large.",
            f"Use fewer or smaller tiles, up to {LARGEST_CANVAS} pixels in all.",
        )
