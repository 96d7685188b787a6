"""An image file as a small picture for the screen, upright, its whole in view."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from inspector.core.imagefiles import ImageInfo
from inspector.core.images import probe_image, read_image
from inspector.core.windows import FULL_RANGE, IntensityWindow

_REDUCED = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def small_picture(path: Path, size: int, window: IntensityWindow | None = None) -> QImage:
    """The image with its longer side at most `size` pixels; never larger than it is.

    Args:
        path: The image file.
        size: In pixels.
        window: What becomes black and white in a 16-bit image; its full range if None.

    Raises:
        ImageReadError: The file cannot be read; says why.
    """
    pixels = _pixels(path, size, window)
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    if scale < 1:
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = np.asarray(cv2.resize(pixels, target, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    picture = QImage(
        np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format.Format_RGB888
    )
    return picture.convertToFormat(QImage.Format.Format_RGB32)  # copies


def screen_pixels(path: Path, window: IntensityWindow | None = None) -> NDArray[np.uint8]:
    """The whole image for the screen: (H, W, 3) uint8 RGB; 16 bits are seen through `window`.

    Raises:
        ImageReadError: The file cannot be read; says why.
    """
    pixels = read_image(path)
    if pixels.dtype == np.uint16:
        shown = (window or FULL_RANGE).apply(pixels.astype(np.uint16, copy=False))
        return np.rint(shown * 255).astype(np.uint8)
    return pixels.astype(np.uint8, copy=False)


def _pixels(path: Path, size: int, window: IntensityWindow | None) -> NDArray[np.uint8]:
    info = probe_image(path)
    if info.format == "JPEG" and info.channels in (1, 3):
        reduced = _reduced_jpeg(path, info, size)
        if reduced is not None:
            return reduced
    return screen_pixels(path, window)


def _reduced_jpeg(path: Path, info: ImageInfo, size: int) -> NDArray[np.uint8] | None:
    """Decodes only as finely as needed: a JPEG holds its halves, quarters and eighths.

    None where nothing is gained, or where the decoder refuses (the exact one then says why).
    """
    longer = max(info.width, info.height)
    flag = next((flag for part, flag in _REDUCED if longer >= part * size), None)
    if flag is None:
        return None
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), flag)  # turned upright by the decoder
    if pixels is None:
        return None
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
