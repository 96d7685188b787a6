"""Masks as bytes: a whole mask as a PNG of one bit a pixel, and what changed in one as a patch."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError

Mask = NDArray[np.bool_]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Masks are large and plain: the fastest level is as small as the others, to a few percent.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Patch:
    """The pixels of a rectangle that a stroke changed. Applied twice it changes nothing.

    Attributes:
        x: Column of its left edge in the mask.
        y: Row of its top edge.
        width: Columns, at least 1.
        height: Rows, at least 1.
        data: The changed pixels, packed by rows to 8 a byte, compressed with zlib.
    """

    x: int
    y: int
    width: int
    height: int
    data: bytes


def encode_mask(mask: Mask) -> bytes:
    """The mask (H, W) as a grey PNG of one bit a pixel, white where it is painted.

    Equal masks give equal bytes. Done here and not by Pillow, which takes five times as long: that
    would be felt at the end of every stroke on a large image.

    Raises:
        ValueError: The mask has no pixel.
    """
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"a mask has two dimensions and pixels, not the shape {mask.shape}")
    height, width = mask.shape
    packed = np.packbits(mask, axis=1)
    lines = np.zeros((height, packed.shape[1] + 1), np.uint8)  # each line begins with "no filter"
    lines[:, 1:] = packed
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(lines.data, _LEVEL)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def decode_mask(data: bytes) -> Mask:
    """The mask (H, W) of what `encode_mask` gave; a new array that may be changed.

    Raises:
        InspectorError: The bytes are not what `encode_mask` gave.
    """
    try:
        header, pixels = _read_chunks(data)
        width, height, *kind = struct.unpack(">IIBBBBB", header)
        if kind != [1, 0, 0, 0, 0]:
            raise ValueError("it is not of one bit a pixel")
        lines = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(height, -1)
        if lines[:, 0].any() or lines.shape[1] != (width + 7) // 8 + 1:
            raise ValueError("its lines are of another kind")
        return np.unpackbits(lines[:, 1:], axis=1, count=width).view(np.bool_)
    except (ValueError, struct.error, zlib.error) as error:
        raise InspectorError(
            f"A painted mask is damaged ({error}).", "Restore the project from a backup."
        ) from error


def xor_patch(before: Mask, after: Mask, x: int = 0, y: int = 0) -> Patch | None:
    """What turns one mask into the other, and back; None where they are equal.

    Args:
        before: (h, w), the mask or any part of it that holds the whole change.
        after: (h, w), the same part afterwards.
        x: Column of the part's left edge in the mask.
        y: Row of its top edge.

    Raises:
        ValueError: They differ in size.
    """
    if before.shape != after.shape:
        raise ValueError(f"masks of the sizes {before.shape} and {after.shape}")
    changed = before ^ after
    rows = np.flatnonzero(changed.any(axis=1))
    if rows.size == 0:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(changed[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    packed = np.packbits(changed[top:bottom, left:right], axis=1)
    data = zlib.compress(packed.data, _LEVEL)
    return Patch(x + left, y + top, right - left, bottom - top, data)


def apply_patch(mask: Mask, patch: Patch) -> Mask:
    """The mask (H, W) with the patch's pixels turned over; `mask` itself is left alone.

    Raises:
        ValueError: The patch reaches beyond the mask, or its data is damaged.
    """
    height, width = mask.shape
    fits = patch.x >= 0 and patch.y >= 0 and patch.width > 0 and patch.height > 0
    if not fits or patch.x + patch.width > width or patch.y + patch.height > height:
        raise ValueError(f"a patch that reaches beyond a mask of {width}×{height} pixels")
    try:
        packed = np.frombuffer(zlib.decompress(patch.data), np.uint8).reshape(patch.height, -1)
    except zlib.error as error:
        raise ValueError(f"a damaged patch ({error})") from error
    changed = np.unpackbits(packed, axis=1, count=patch.width).view(np.bool_)
    result = mask.copy()
    result[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] ^= changed
    return result


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _read_chunks(data: bytes) -> tuple[bytes, bytes]:
    """The contents of the header and of the pixels of a PNG that `encode_mask` wrote."""
    header = data[16:29]
    (length,) = struct.unpack(">I", data[33:37])
    pixels = data[41 : 41 + length]
    whole = _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    if data != whole:
        raise ValueError("its bytes do not agree with their checksums")
    return header, pixels
