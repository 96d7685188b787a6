"""Every format, mode, depth and orientation comes out as the right RGB pixels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

from inspector.core.images import ImageInfo, ImageReadError, probe_image, read_image

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 9)).astype(np.uint8)
RGB = RNG.integers(0, 256, (6, 9, 3)).astype(np.uint8)
ALPHA = RNG.integers(0, 256, (6, 9)).astype(np.uint8)
GREY16 = RNG.integers(0, 65536, (6, 9)).astype(np.uint16)
RGB16 = RNG.integers(0, 65536, (6, 9, 3)).astype(np.uint16)
# 4:2:0 JPEG and lossy WebP keep only smooth pictures.
SMOOTH = np.stack(np.meshgrid(np.arange(64), np.arange(48)), axis=-1).astype(np.uint8)
SMOOTH = np.dstack([SMOOTH * 2 + 40, np.full((48, 64), 128, np.uint8)])

# EXIF: where the first stored row and the first stored column belong in the upright picture.
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def upright(stored: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """The definition of EXIF orientation, pixel by pixel."""
    first_row, first_column = ORIENTATIONS[orientation]
    height, width = stored.shape[:2]
    sideways = first_row in ("left", "right")
    shape = (width, height) if sideways else (height, width)
    result = np.zeros(shape + stored.shape[2:], stored.dtype)
    for row in range(height):
        for column in range(width):
            a = row if first_row in ("top", "left") else height - 1 - row
            b = column if first_column in ("top", "left") else width - 1 - column
            result[(b, a) if sideways else (a, b)] = stored[row, column]
    return result


def as_rgb(grey: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.dstack([grey, grey, grey])


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: NDArray[np.generic], early: bytes = b"", late: bytes = b"") -> bytes:
    """A PNG by the book, with an eXIf chunk before or after the pixels."""
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    depth = pixels.itemsize * 8
    rows = b"".join(b"\0" + row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    if early:
        parts.insert(1, chunk(b"eXIf", early.removeprefix(b"Exif\0\0")))
    if late:
        parts.insert(-1, chunk(b"eXIf", late.removeprefix(b"Exif\0\0")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(
    pixels: NDArray[np.generic], order: str = "<", orientation: int = 1, planar: bool = False
) -> bytes:
    """An uncompressed TIFF by the book: one strip, or one per plane."""
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, channels = pixels.shape
    strips = pixels.transpose(2, 0, 1) if planar else pixels[None]
    data = strips.astype(pixels.dtype.newbyteorder(order)).tobytes()
    length = len(data) // len(strips)
    extra = [(338, "H", [2])] if channels in (2, 4) else []
    tags = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [pixels.itemsize * 8] * channels),
        (259, "H", [1]),
        (262, "H", [2 if channels >= 3 else 1]),
        (273, "I", [8 + i * length for i in range(len(strips))]),
        (274, "H", [orientation]),
        (277, "H", [channels]),
        (278, "I", [height]),
        (279, "I", [length] * len(strips)),
        (284, "H", [2 if planar else 1]),
        *extra,
        (339, "H", [{"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]] * channels),
    ]
    table, behind = struct.pack(order + "H", len(tags)), b""
    behind_at = 8 + len(data) + 2 + 12 * len(tags) + 4
    for tag, kind, values in tags:
        value = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(value) > 4:
            behind += value
            value = struct.pack(order + "I", behind_at + len(behind) - len(value))
        kind_number = {"H": 3, "I": 4}[kind]
        table += struct.pack(order + "HHI", tag, kind_number, len(values)) + value.ljust(4, b"\0")
    start = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(data))
    return start + data + table + struct.pack(order + "I", 0) + behind


def check(path: Path, expected: NDArray[np.generic], info: ImageInfo) -> None:
    pixels = read_image(path)
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels, expected)
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    assert probe_image(path) == info
    assert (info.height, info.width) == pixels.shape[:2]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".webp"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossless_8_bit(tmp_path: Path, suffix: str, mode: str) -> None:
    pixels = GREY if mode == "L" else RGB
    path = tmp_path / f"a{suffix}"
    Image.fromarray(pixels).save(path, **({"lossless": True} if suffix == ".webp" else {}))
    name = {".png": "PNG", ".bmp": "BMP", ".webp": "WebP"}.get(suffix, "TIFF")
    channels = 3 if mode == "RGB" or suffix == ".webp" else 1  # WebP knows no grey
    check(path, pixels if mode == "RGB" else as_rgb(GREY), ImageInfo(9, 6, channels, 8, name, 1))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_alpha_is_dropped_not_composited(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    image = Image.fromarray(np.dstack([RGB, ALPHA]))
    image.save(path, **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    np.testing.assert_array_equal(read_image(path), RGB)
    assert probe_image(path).channels == 4


def test_grey_with_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.dstack([GREY, ALPHA])).save(path)
    check(path, as_rgb(GREY), ImageInfo(9, 6, 2, 8, "PNG", 1))


@pytest.mark.parametrize("transparency", [None, 3, bytes(range(256))])
@pytest.mark.filterwarnings("error")
def test_palette(tmp_path: Path, transparency: int | bytes | None) -> None:
    palette = RNG.integers(0, 256, (256, 3)).astype(np.uint8)
    image = Image.fromarray(GREY)
    image.putpalette(palette.tobytes())
    path = tmp_path / "a.png"
    image.save(path, **({} if transparency is None else {"transparency": transparency}))
    check(path, palette[GREY], ImageInfo(9, 6, 3, 8, "PNG", 1))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_one_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(GREY > 127).save(path)
    assert Image.open(path).mode == "1"
    np.testing.assert_array_equal(read_image(path), as_rgb((GREY > 127) * np.uint8(255)))


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "progressive.jpg", "grey.jpg", "a.webp"])
def test_lossy(tmp_path: Path, name: str) -> None:
    image = Image.fromarray(SMOOTH[..., 0] if name == "grey.jpg" else SMOOTH)
    image.save(tmp_path / name, quality=95, progressive=name == "progressive.jpg")
    expected = as_rgb(SMOOTH[..., 0]) if name == "grey.jpg" else SMOOTH
    assert np.abs(read_image(tmp_path / name).astype(int) - expected).max() <= 12
    assert probe_image(tmp_path / name).channels == (1 if name == "grey.jpg" else 3)


def test_cmyk_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(SMOOTH).convert("CMYK").save(path, quality=97)
    assert probe_image(path) == ImageInfo(64, 48, 4, 8, "JPEG", 1)
    assert np.abs(read_image(path).astype(int) - SMOOTH).max() <= 12


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [GREY16, RGB16], ids=["grey", "rgb"])
def test_16_bit_tiff(tmp_path: Path, order: str, pixels: NDArray[np.uint16]) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(pixels, order))
    expected = pixels if pixels.ndim == 3 else as_rgb(pixels)
    channels = 3 if pixels.ndim == 3 else 1
    check(path, expected, ImageInfo(9, 6, channels, 16, "TIFF", 1))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_as_opencv_writes_it(tmp_path: Path, suffix: str, channels: int) -> None:
    written = RNG.integers(0, 65536, (6, 9, channels)).astype(np.uint16)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(cv2.imencode(suffix, written)[1].tobytes())
    expected = as_rgb(written[..., 0]) if channels == 1 else written[..., 2::-1]
    check(path, expected, ImageInfo(9, 6, channels, 16, "PNG" if suffix == ".png" else "TIFF", 1))


def test_16_bit_grey_with_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.dstack([GREY16, GREY16[::-1]])))
    check(path, as_rgb(GREY16), ImageInfo(9, 6, 2, 16, "PNG", 1))


@pytest.mark.parametrize("values", [[0, 7, 65535], [-1, 7, 9], [0, 7, 65536]])
def test_32_bit_integers_pass_where_16_bits_hold_them(tmp_path: Path, values: list[int]) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.array([values], np.int32)))
    if values == [0, 7, 65535]:
        check(path, as_rgb(np.array([values], np.uint16)), ImageInfo(3, 1, 1, 16, "TIFF", 1))
    else:
        with pytest.raises(ImageReadError, match="beyond 16 bits") as caught:
            read_image(path)
        assert str(path) in caught.value.message


@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 3)])
def test_floating_point_is_refused_with_a_hint(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.ones(shape, np.float32)))
    for read in (probe_image, read_image):
        with pytest.raises(ImageReadError) as caught:
            read(path)
        assert "16-bit" in caught.value.hint


def test_planar_8_bit_is_read_and_planar_16_bit_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(RGB, planar=True))
    np.testing.assert_array_equal(read_image(path), RGB)
    path.write_bytes(tiff(RGB16, planar=True))
    with pytest.raises(ImageReadError, match="separate planes"):
        read_image(path)


@pytest.mark.parametrize("deep", [False, True])
def test_first_page_of_many(tmp_path: Path, deep: bool) -> None:
    path = tmp_path / "a.tif"
    first, second = (RGB16, RGB16[::-1]) if deep else (RGB, RGB[::-1])
    if deep:
        assert cv2.imwritemulti(str(path), [first[..., ::-1].copy(), second])
    else:
        pages = [Image.fromarray(second), Image.fromarray(GREY)]
        Image.fromarray(first).save(path, save_all=True, append_images=pages)
    check(path, first, ImageInfo(9, 6, 3, 16 if deep else 8, "TIFF", 2 if deep else 3))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(
    "kind", ["png", "late png", "png16", "late png16", "grey16", "tif", "tif16", "tif grey16"]
)
def test_orientation_is_applied(tmp_path: Path, kind: str, orientation: int) -> None:
    stored = GREY16 if "grey" in kind else RGB16 if "16" in kind else RGB
    if kind.startswith("tif"):
        path, data = tmp_path / "a.tif", tiff(stored, orientation=orientation)
    else:
        tags = exif(orientation)
        late = kind.startswith("late")
        path = tmp_path / "a.png"
        data = png(stored, b"" if late else tags, tags if late else b"")
    path.write_bytes(data)
    expected = upright(stored, orientation)
    pixels = read_image(path)
    np.testing.assert_array_equal(pixels, expected if stored.ndim == 3 else as_rgb(expected))
    info = probe_image(path)
    assert (info.height, info.width) == pixels.shape[:2]


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_of_lossy_files(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(SMOOTH).save(path, quality=95, exif=exif(orientation))
    expected = upright(SMOOTH, orientation)
    assert np.abs(read_image(path).astype(int) - expected).max() <= 12
    info = probe_image(path)
    assert (info.height, info.width) == expected.shape[:2]


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_senseless_orientation_is_ignored(tmp_path: Path, orientation: int) -> None:
    (tmp_path / "a.png").write_bytes(png(RGB, exif(orientation)))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_cost_the_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(RGB, b"MM\0*\0\0\0\x08\xff\xff\0\x01"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB)


@pytest.mark.parametrize("deep", [False, True])
def test_names_beyond_ascii(tmp_path: Path, deep: bool) -> None:
    folder = tmp_path / "Gehäuse 部品"
    folder.mkdir()
    path = folder / "schräg_ñ_Ж.png"
    path.write_bytes(png(RGB16 if deep else RGB))
    np.testing.assert_array_equal(read_image(path), RGB16 if deep else RGB)


def test_content_counts_not_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "really_png.jpg").write_bytes(png(RGB))
    check(tmp_path / "really_png.jpg", RGB, ImageInfo(9, 6, 3, 8, "PNG", 1))


@given(
    pixels=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
        )
    )
)
@settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_written_png_comes_back_exactly(tmp_path: Path, pixels: NDArray[np.generic]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    expected = pixels[..., ::-1] if pixels.shape[2] == 3 else as_rgb(pixels[..., 0])
    read = read_image(path)
    assert read.dtype == pixels.dtype
    np.testing.assert_array_equal(read, expected)
