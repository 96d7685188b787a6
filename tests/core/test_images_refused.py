"""Files that cannot be read are refused with a reason a person understands."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspector.core.images import (
    DEFAULT_MAX_PIXELS,
    ImageReadError,
    probe_image,
    read_for_model,
    read_image,
    read_mask,
)
from inspector.errors import InspectorError

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
NOISE16 = RNG.integers(0, 65536, (64, 64, 3)).astype(np.uint16)

READERS: list[Callable[[Path], object]] = [
    read_image,
    lambda path: read_for_model(path, 8),
    lambda path: read_mask([path]),
]
ALL_READERS = [probe_image, *READERS]


def refusal(read: Callable[[Path], object], path: Path) -> ImageReadError:
    with pytest.raises(ImageReadError) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value


def encoded(kind: str) -> bytes:
    name, _, option = kind.partition(" ")
    if option == "16":
        return bytes(cv2.imencode(f".{name}", NOISE16)[1])
    buffer = io.BytesIO()
    options = {
        "progressive": {"progressive": True},
        "lzw": {"compression": "tiff_lzw"},
        "lossless": {"lossless": True},
    }
    Image.fromarray(NOISE).save(
        buffer, {"jpg": "jpeg", "tif": "tiff"}.get(name, name), **options.get(option, {})
    )
    return buffer.getvalue()


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    "kind",
    [
        "png",
        "png 16",
        "jpg",
        "jpg progressive",
        "bmp",
        "tif",
        "tif lzw",
        "tif 16",
        "webp",
        "webp lossless",
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Truncated File Read")
def test_files_cut_short(tmp_path: Path, kind: str, part: float) -> None:
    path = tmp_path / f"part.{kind.partition(' ')[0]}"
    data = encoded(kind)
    path.write_bytes(data)
    read_image(path)
    path.write_bytes(data[: int(len(data) * part)])
    for read in READERS:
        assert "damaged" in refusal(read, path).message


@pytest.mark.parametrize("kind", ["png", "png 16"])
def test_flipped_bits_are_noticed(tmp_path: Path, kind: str) -> None:
    data = bytearray(encoded(kind))
    data[len(data) // 2] ^= 0x10
    (tmp_path / "a.png").write_bytes(data)
    assert "damaged" in refusal(read_image, tmp_path / "a.png").message


@pytest.mark.parametrize("read", ALL_READERS)
def test_empty_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    (tmp_path / "leer.png").touch()
    assert "empty (0 bytes)" in refusal(read, tmp_path / "leer.png").message


@pytest.mark.parametrize("content", [b"Tuesday: 14 parts rejected\n", b"GIF89a" + bytes(30), b"\0"])
@pytest.mark.parametrize("read", ALL_READERS)
def test_content_that_is_no_image(
    tmp_path: Path, read: Callable[[Path], object], content: bytes
) -> None:
    (tmp_path / "notes.png").write_bytes(content)
    message = refusal(read, tmp_path / "notes.png").message
    assert "is named .png, but its content is no PNG" in message


@pytest.mark.parametrize("name", ["a.gif", "a.xyz", "a", "a.png.txt"])
def test_unsupported_suffix(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encoded("png"))
    error = refusal(read_image, tmp_path / name)
    assert (Path(name).suffix or "no suffix") in error.message
    assert "PNG" in error.hint


def test_missing_and_not_a_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(read_image, tmp_path / "none.png").message
    (tmp_path / "file.txt").touch()
    assert "does not exist" in refusal(read_image, tmp_path / "file.txt" / "a.png").message
    (tmp_path / "folder.png").mkdir()
    assert "not a file" in refusal(read_image, tmp_path / "folder.png").message
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "not a file" in refusal(read_image, tmp_path / "pipe.png").message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_files_the_system_does_not_hand_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    (tmp_path / "a.png").write_bytes(encoded("png"))

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    assert words in refusal(read_image, tmp_path / "a.png").message


def giant_png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c))
        for c in (header, pixels)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(60_000, 60_000), (13_378, 13_378), (2_000_000_000, 1)])
@pytest.mark.parametrize("read", ALL_READERS)
@pytest.mark.filterwarnings("error")
def test_giant_header_in_a_tiny_file(
    tmp_path: Path, read: Callable[[Path], object], size: tuple[int, int]
) -> None:
    (tmp_path / "giant.png").write_bytes(giant_png(*size))
    message = refusal(read, tmp_path / "giant.png").message
    assert "too large" in message
    assert f"{size[0]}×{size[1]}" in message


@pytest.mark.filterwarnings("error")
def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(giant_png(20_000, 20_000))
    assert DEFAULT_MAX_PIXELS < 20_000 * 20_000
    assert probe_image(path, max_pixels=400_000_000).width == 20_000
    path.write_bytes(encoded("png"))
    assert read_image(path, max_pixels=64 * 64).shape == (64, 64, 3)
    with pytest.raises(ImageReadError, match="too large"):
        read_image(path, max_pixels=64 * 64 - 1)
    with pytest.raises(ImageReadError, match="too large"):
        read_for_model(path, 8, max_pixels=64 * 64 - 1)


def test_pillows_own_limits_stay_untouched(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    (tmp_path / "giant.png").write_bytes(giant_png(60_000, 60_000))
    refusal(read_image, tmp_path / "giant.png")
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_refusal_is_an_error_the_user_can_act_on() -> None:
    assert issubclass(ImageReadError, InspectorError)
