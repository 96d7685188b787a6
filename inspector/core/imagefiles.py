"""Opening image files: is it a file, is it an image, how large is it, which way is up.

A file is recognised by its content; its suffix only says whether it is looked at.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
from PIL import (
    BmpImagePlugin,
    ExifTags,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from inspector.errors import InspectorError

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})

# Pillow's own limit: 0.5 GB as 8-bit RGB, 1 GB as 16-bit RGB.
DEFAULT_MAX_PIXELS = 178_956_970

# What Pillow's plugins and OpenCV raise on damaged content.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    cv2.error,
    Image.DecompressionBombError,
)

# EXIF orientations that exchange width and height.
_SIDEWAYS = (5, 6, 7, 8)

_BITS_PER_SAMPLE, _PLANAR_CONFIGURATION = 258, 284

# Pillow's `Image.open` warns or fails at a process-wide pixel limit and tries every plugin there
# is. Choosing the plugin by the first bytes gives each call its own limit and only known formats.
_FORMATS: tuple[tuple[str, Callable[[bytes], bool], type[ImageFile.ImageFile]], ...] = (
    ("PNG", lambda start: start.startswith(b"\x89PNG\r\n\x1a\n"), PngImagePlugin.PngImageFile),
    ("JPEG", lambda start: start.startswith(b"\xff\xd8\xff"), JpegImagePlugin.JpegImageFile),
    ("BMP", lambda start: start.startswith(b"BM"), BmpImagePlugin.BmpImageFile),
    (
        "TIFF",
        lambda start: start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
        TiffImagePlugin.TiffImageFile,
    ),
    (
        "WebP",
        lambda start: start.startswith(b"RIFF") and start[8:12] == b"WEBP",
        WebPImagePlugin.WebPImageFile,
    ),
)


class ImageReadError(InspectorError):
    """An image file that cannot be read, and why, in words for the person who chose it."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image file's header says.

    Attributes:
        width: Columns of what `read_image` returns (after EXIF orientation).
        height: Rows of what `read_image` returns (after EXIF orientation).
        channels: Channels in the file: 1 grey, 2 grey + alpha, 3 RGB or palette, 4 RGBA or CMYK.
        bit_depth: Bits per channel of what `read_image` returns: 8 or 16.
        format: "PNG", "JPEG", "BMP", "TIFF" or "WebP", by content.
        pages: Pages of a TIFF, frames of an animation; only the first one is ever read.
    """

    width: int
    height: int
    channels: int
    bit_depth: int
    format: str
    pages: int


@dataclass(frozen=True, slots=True)
class OpenImage:
    """An image file whose header is read.

    Attributes:
        image: Pillow's image, not decoded yet.
        file: The file it is read from.
        info: The header in words.
        orientation: EXIF orientation 1..8 that decoded pixels still need; 1 for every TIFF, since
            both decoders apply it there themselves.
        wide_colour: More than one channel of 16 bits, which Pillow would cut down to 8.
    """

    image: ImageFile.ImageFile
    file: BinaryIO
    info: ImageInfo
    orientation: int
    wide_colour: bool


@contextmanager
def open_image(path: Path, max_pixels: int) -> Iterator[OpenImage]:
    """Read the header; the pixels can be decoded until the context ends.

    Raises:
        ImageReadError: missing, empty, no image, of an unsupported kind, or above `max_pixels`.
    """
    _check_is_file(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise _unreachable(path, error) from error
    with file:
        yield _read_header(path, file, max_pixels)


def damaged(path: Path, error: Exception) -> ImageReadError:
    """The error for a file whose content breaks off or contradicts itself."""
    return ImageReadError(
        f"'{path}' is cut short or damaged ({error}).",
        "Copy it again from its source; the original may be whole.",
    )


def _check_is_file(path: Path) -> None:
    if path.suffix.casefold() not in IMAGE_SUFFIXES:
        raise ImageReadError(
            f"'{path}' is of a kind that is not read ({path.suffix or 'no suffix'}).",
            "Convert it to PNG, JPEG, BMP, TIFF or WebP.",
        )
    try:
        status = path.stat()
    except OSError as error:
        raise _unreachable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise ImageReadError(f"'{path}' is not a file.", "Choose an image file.")
    if status.st_size == 0:
        raise ImageReadError(
            f"'{path}' is empty (0 bytes).", "Copy it again from its source, or remove it."
        )


def _unreachable(path: Path, error: OSError) -> ImageReadError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ImageReadError(
            f"'{path}' does not exist.", "It may have been moved, renamed or deleted."
        )
    if isinstance(error, PermissionError):
        return ImageReadError(
            f"'{path}' may not be read: permission denied.", "Ask its owner for access."
        )
    return ImageReadError(
        f"'{path}' could not be read: {error.strerror or error}.",
        "Check the disk or the network connection that it lies on.",
    )


def _read_header(path: Path, file: BinaryIO, max_pixels: int) -> OpenImage:
    try:
        start = file.read(16)
        file.seek(0)
    except OSError as error:
        raise _unreachable(path, error) from error
    known = next(((name, plugin) for name, fits, plugin in _FORMATS if fits(start)), None)
    if known is None:
        raise ImageReadError(
            f"'{path}' is named {path.suffix}, but its content is no PNG, JPEG, BMP, TIFF or WebP "
            "image.",
            "Export it again from its source, or remove it.",
        )
    name, plugin = known
    try:
        image = plugin(file)
        width, height = _stored_size(image)
    except DAMAGE as error:
        raise ImageReadError(
            f"'{path}' begins like a {name} image, but its header is damaged or of an unusual kind "
            f"({error}).",
            "Export it again as plain 8- or 16-bit PNG or TIFF.",
        ) from error
    if width * height > max_pixels:
        raise ImageReadError(
            f"'{path}' is too large: {width}×{height} pixels, where {max_pixels} are allowed.",
            "Scale it down or cut it into parts.",
        )
    _refuse_kinds_without_exact_decoder(path, image)
    try:
        return _describe(file, image, name)
    except DAMAGE as error:
        raise damaged(path, error) from error


def _stored_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    """(width, height) before orientation, which newer Pillows apply to a TIFF's `size` at once."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(image.tag_v2[256]), int(image.tag_v2[257])
    return image.size


def _refuse_kinds_without_exact_decoder(path: Path, image: ImageFile.ImageFile) -> None:
    if image.mode == "F":
        raise ImageReadError(
            f"'{path}' holds floating-point values, whose black and white are not defined.",
            "Convert it to 16-bit grey with a fixed scale for all images.",
        )
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        deep = max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8
        if deep and image.tag_v2.get(_PLANAR_CONFIGURATION) == 2:
            raise ImageReadError(
                f"'{path}' stores 16-bit colours as separate planes, which is not read.",
                "Export it with interleaved (chunky) channels.",
            )


def _describe(file: BinaryIO, image: ImageFile.ImageFile, name: str) -> OpenImage:
    raw_mode = _raw_mode(image)
    wide_colour = name in ("PNG", "TIFF") and image.mode in ("RGB", "RGBA") and ";16" in raw_mode
    orientation = _orientation(image, file)
    width, height = _stored_size(image)
    if orientation in _SIDEWAYS:
        width, height = height, width
    stored_mode = raw_mode.partition(";")[0] if wide_colour else image.mode
    info = ImageInfo(
        width,
        height,
        channels=3 if stored_mode == "P" else Image.getmodebands(stored_mode),
        bit_depth=16 if wide_colour or image.mode.startswith("I") else 8,
        format=name,
        pages=int(getattr(image, "n_frames", 1)),
    )
    return OpenImage(image, file, info, 1 if name == "TIFF" else orientation, wide_colour)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """How the file packs its samples, in Pillow's terms, such as "RGB;16B"; "" where unknown."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    if isinstance(arguments, tuple):
        arguments = arguments[0] if arguments else ""
    return str(arguments or "")


def _orientation(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """EXIF orientation 1..8; 1 where there is none or where it makes no sense."""
    if isinstance(image, PngImagePlugin.PngImageFile) and "exif" not in image.info:
        late = _exif_after_pixels(file)
        if late:
            image.info["exif"] = late
    try:
        # Not `image.getexif()`: a PNG's own version decodes all pixels in search of a late chunk.
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    except DAMAGE:  # broken metadata does not make the pixels wrong
        return 1
    return orientation if orientation in range(1, 9) else 1


def _exif_after_pixels(file: BinaryIO) -> bytes:
    """The content of a PNG's eXIf chunk that stands behind the pixels; empty where none does."""
    position = file.tell()
    try:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                return file.read(length)
            file.seek(length + 4, 1)
        return b""
    finally:
        file.seek(position)
