"""Reading images: whatever a camera or an archive wrote, as RGB arrays that lose no bits.

Grey becomes three equal channels. Alpha is dropped, not composited: a pixel that was measured must
not be mixed with a background that never existed. Files that are cut short are refused, never
filled up.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspector.core.imagefiles import (
    DAMAGE,
    DEFAULT_MAX_PIXELS,
    IMAGE_SUFFIXES,
    ImageInfo,
    ImageReadError,
    OpenImage,
    damaged,
    open_image,
)
from inspector.core.windows import FULL_RANGE, IntensityWindow
from inspector.errors import InspectorError

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "IMAGE_SUFFIXES",
    "ImageInfo",
    "ImageReadError",
    "Pixels",
    "probe_image",
    "read_for_model",
    "read_image",
    "read_mask",
]

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_STRIP_PIXELS = 1 << 20


def probe_image(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> ImageInfo:
    """Read the header only; damage further inside the file shows when the image is read.

    Raises:
        ImageReadError: missing, empty, no image, of an unsupported kind, or above `max_pixels`.
    """
    with open_image(path, max_pixels) as opened:
        return opened.info


def read_image(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Pixels:
    """The first page as RGB, (H, W, 3): uint8, or uint16 where the file holds 16 bits.

    Orientation is applied and alpha dropped. 16-bit CMYK, which no camera writes, comes as uint8.

    Raises:
        ImageReadError: as `probe_image`, or the file is cut short or damaged.
    """
    return _three_channels(_decode(path, max_pixels))


def read_for_model(
    path: Path,
    size: int,
    window: IntensityWindow | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> NDArray[np.float32]:
    """The image at a model's input size: (size, size, 3) float32 in 0..1, RGB.

    The whole image is scaled to a square, without crop and without keeping its aspect, as the
    papers do. A 16-bit image is mapped through `window` before it is scaled, so that no precision
    is lost; without a window its full range 0..65535 is used, which leaves the image of a 12-bit
    camera nearly black. An 8-bit image needs no window and ignores it.

    Raises:
        ImageReadError: as `read_image`.
    """
    pixels = _decode(path, max_pixels)
    if pixels.dtype == np.uint16:
        return _three_channels(_resized((window or FULL_RANGE).apply(pixels), size))
    return _three_channels(_resized(pixels, size).astype(np.float32) / np.float32(255))


def read_mask(
    paths: Sequence[Path],
    size: tuple[int, int] | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> NDArray[np.bool_]:
    """The union of ground-truth mask files, (H, W) bool: True where any channel is above 0.

    Args:
        paths: Mask files of one image. May be empty (no defect) where `size` is given.
        size: (height, width) to scale to, by nearest neighbour.
        max_pixels: As for `read_image`.

    Raises:
        ImageReadError: a file cannot be read.
        InspectorError: the files differ in size.
        ValueError: neither a file nor a size.
    """
    if not paths:
        if size is None:
            raise ValueError("read_mask needs a mask file or a size")
        return np.zeros(size, np.bool_)
    union = _marked(paths[0], max_pixels)
    for path in paths[1:]:
        mask = _marked(path, max_pixels)
        if mask.shape != union.shape:
            raise InspectorError(
                f"The masks '{paths[0]}' and '{path}' belong to one image, but are "
                f"{union.shape[1]}×{union.shape[0]} and {mask.shape[1]}×{mask.shape[0]} pixels.",
                "Export both at the size of the image.",
            )
        union |= mask
    if size is None or union.shape == size:
        return union
    scaled = cv2.resize(union.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(scaled, np.bool_)


def _marked(path: Path, max_pixels: int) -> NDArray[np.bool_]:
    """Where any channel is above 0, (H, W)."""
    pixels = _decode(path, max_pixels)
    strongest = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    return np.asarray(strongest > 0)


def _decode(path: Path, max_pixels: int) -> NDArray[Any]:
    """The first page, upright: (H, W) grey or (H, W, 3) RGB, uint8 or uint16."""
    with open_image(path, max_pixels) as opened:
        try:
            pixels = _wide_colour(opened) if opened.wide_colour else _by_pillow(path, opened)
        except DAMAGE as error:
            raise damaged(path, error) from error
    return np.ascontiguousarray(_upright(pixels, opened.orientation))


def _wide_colour(opened: OpenImage) -> NDArray[np.uint16]:
    opened.file.seek(0)
    encoded = np.frombuffer(opened.file.read(), np.uint8)
    pixels = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("its 16-bit pixels cannot be decoded")
    rgb: NDArray[np.uint16] = pixels[:, :, 2::-1]  # from BGR or BGRA
    return rgb


def _by_pillow(path: Path, opened: OpenImage) -> NDArray[Any]:
    image = opened.image
    image.load()
    image.info.pop("transparency", None)  # dropped like any alpha
    if image.mode in ("L", "LA", "1"):
        return _in_strips(image, "L")
    if image.mode.startswith("I;16"):
        return np.array(image).astype(np.uint16)
    if image.mode == "I":
        values = np.array(image)
        if values.min() < 0 or values.max() > 65535:
            raise ImageReadError(
                f"'{path}' holds values from {values.min()} to {values.max()}, beyond 16 bits.",
                "Convert it to 16-bit grey with a fixed scale for all images.",
            )
        return values.astype(np.uint16)
    return _in_strips(image, "RGB")


def _in_strips(image: Image.Image, mode: Literal["L", "RGB"]) -> NDArray[np.uint8]:
    """The pixels in a mode. Pillow makes three copies on the way: so of a strip at a time."""
    shape = (image.height, image.width) if mode == "L" else (image.height, image.width, 3)
    pixels = np.empty(shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        pixels[top : top + rows] = np.asarray(strip if strip.mode == mode else strip.convert(mode))
    return pixels


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo the turn or reflection that EXIF `orientation` (1..8) describes."""
    if orientation in (5, 7):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 4):
        return pixels[:, ::-1] if orientation == 2 else pixels[::-1]
    quarter_turns = {3: 2, 6: -1, 7: 2, 8: 1}.get(orientation, 0)
    return np.rot90(pixels, quarter_turns)


def _resized(pixels: NDArray[Any], size: int) -> NDArray[Any]:
    """Scale to a square; each axis is averaged where it shrinks and interpolated where it grows."""
    height, width = pixels.shape[:2]
    smaller = (min(width, size), min(height, size))
    if smaller != (width, height):
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
    if smaller != (size, size):
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    return pixels


def _three_channels(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
