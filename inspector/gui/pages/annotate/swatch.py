"""A defect type as a small picture: its colour, its pattern, its outline."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QIcon, QImage, QPixmap

from inspector.gui.canvas.mask_layer import CASING, FILL, OUTLINE, colour_codes, pattern_tile


def swatch(colour: str, pattern: str, side: int, ratio: float = 1.0) -> QIcon:
    """A square of `side` logical pixels, as the mask is shown at full opacity."""
    pixels = max(round(side * ratio), 8)
    tile = pattern_tile(pattern, max(round(8 * ratio), 4))
    repeated = np.tile(tile, (pixels // len(tile) + 1,) * 2)[:pixels, :pixels]
    codes = FILL + repeated
    edge = max(round(ratio), 1)
    for depth, code in ((3 * edge, OUTLINE), (edge, CASING)):
        frame = np.ones_like(codes, np.bool_)
        frame[depth:-depth, depth:-depth] = False
        codes[frame] = code
    table = colour_codes(colour, pattern, 1.0)[codes]
    form = QImage.Format.Format_ARGB32_Premultiplied
    picture = QPixmap.fromImage(QImage(table.data, pixels, pixels, 4 * pixels, form))
    picture.setDevicePixelRatio(ratio)
    return QIcon(picture)
