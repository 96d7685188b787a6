"""labelme's JSON files, one for each image: read polygons, rectangles, circles and masks; write
masks, which hold every pixel, or polygons along the edges of pixels, which can be edited there."""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np
from PIL import PngImagePlugin

from inspector.core.imagefiles import DAMAGE
from inspector.core.masks import Mask, encode_mask
from inspector.core.outlines import fill_polygon, outline_mask
from inspector.errors import InspectorError
from inspector.project.exchange.documents import read_document
from inspector.project.exchange.images import Images, KnownImage
from inspector.project.exchange.paintings import Collection, Painting, check_size
from inspector.project.paths import to_stored

_VERSION = "5.4.1"  # the first whose files look like these

_FAR = 1e9


class _Shape(msgspec.Struct):
    label: str
    points: list[tuple[float, float]] = []
    shape_type: str | None = "polygon"
    mask: str | None = None


class _Document(msgspec.Struct, rename="camel"):
    shapes: list[_Shape]
    image_path: str
    image_height: int | None = None
    image_width: int | None = None


def read_labelme(files: Sequence[Path], images: Images) -> tuple[Painting, ...]:
    """All shapes of some files.

    Raises:
        InspectorError: A file is damaged, names an image that is not in the project, is of another
            size, or has a shape that is no region.
    """
    collection = Collection()
    for file in files:
        document = read_document(file, _Document, "labelme")
        image = images.find(document.image_path, file.parent, file)
        given = (document.image_height or 0, document.image_width or 0)
        size = check_size(given, image, file)
        for number, shape in enumerate(document.shapes, 1):
            part = f"shape {number} ('{shape.label}')"
            collection.add(image, shape.label, _mask_of(shape, size, file, part), file, part)
    return collection.paintings()


def labelme_files(
    paintings: Sequence[Painting], target: Path, polygons: bool
) -> Iterator[tuple[str, bytes]]:
    """The files to write, each with its path in the target folder.

    Args:
        paintings: What to write, in the order of the images.
        target: The folder where they will lie: they name images relative to themselves.
        polygons: Write polygons instead of masks.
    """
    roots = {painting.image.root for painting in paintings}
    taken: set[str] = set()
    for image, group in groupby(paintings, key=lambda painting: painting.image):
        name = _file_name(image, len(roots) > 1, taken)
        taken.add(name.casefold())
        yield name, _encode(image, list(group), (target / name).parent, polygons)


def _mask_of(shape: _Shape, size: tuple[int, int], file: Path, part: str) -> Mask:
    kind, points = shape.shape_type or "polygon", shape.points
    hint = "Draw it again in labelme, or remove it."
    if kind == "polygon" and len(points) < 3:
        raise InspectorError(
            f"In '{file}', {part} is a polygon with {len(points)} points; it takes three.", hint
        )
    if kind in ("rectangle", "circle", "mask") and len(points) != 2:
        raise InspectorError(
            f"In '{file}', {part} is a {kind} with {len(points)} points; it takes two.", hint
        )
    try:
        if not all(abs(value) < _FAR for point in points for value in point):
            raise ValueError("a point is nowhere near the image")
        if kind == "polygon":
            return fill_polygon(points, size)
        if kind == "rectangle":
            (x0, y0), (x1, y1) = points
            return fill_polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], size)
        if kind == "circle":
            return _disc(points[0], points[1], size)
        if kind == "mask":
            return _placed(shape, size)
    except (*DAMAGE, binascii.Error) as error:
        raise InspectorError(f"In '{file}', {part} is damaged ({error}).", hint) from error
    raise InspectorError(
        f"In '{file}', {part} is a {kind}, which is no region.",
        "Draw it as a polygon, rectangle, circle or mask.",
    )


def _disc(centre: tuple[float, float], rim: tuple[float, float], size: tuple[int, int]) -> Mask:
    """The pixels whose centres are no further from `centre` than `rim` is."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    across, down = columns + 0.5 - centre[0], rows + 0.5 - centre[1]
    inside = np.hypot(across, down) <= np.hypot(rim[0] - centre[0], rim[1] - centre[1])
    return np.asarray(inside, np.bool_)


def _placed(shape: _Shape, size: tuple[int, int]) -> Mask:
    """A mask that is given as a PNG of its box, whose corners are its first and last pixel."""
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in shape.points)
    if not (0 <= left <= right < size[1] and 0 <= top <= bottom < size[0]):
        raise ValueError("its box is not in the image")
    png = base64.b64decode(shape.mask or "", validate=True)
    image = PngImagePlugin.PngImageFile(io.BytesIO(png))
    if image.size != (right - left + 1, bottom - top + 1):
        raise ValueError("its pixels do not fill its box")
    mask = np.zeros(size, np.bool_)
    mask[top : bottom + 1, left : right + 1] = np.asarray(image.convert("L")) > 0
    return mask


def _file_name(image: KnownImage, with_root: bool, taken: set[str]) -> str:
    """Where labelme looks for it: beside the image with its stem, if no other image has that."""
    stored = Path(to_stored(image.root, image.path))
    inner = Path(stored.name) if stored.is_absolute() else stored
    place = Path(image.root.name) / inner if with_root else inner
    choices = (
        place.with_suffix(".json"),
        place.with_name(f"{place.name}.json"),
        place.with_name(f"{image.image_id}-{place.name}.json"),
    )
    return next(c.as_posix() for c in choices if c.as_posix().casefold() not in taken)


def _encode(
    image: KnownImage, paintings: Sequence[Painting], folder: Path, polygons: bool
) -> bytes:
    assert image.size is not None  # only images of use are painted on
    shapes = _polygons if polygons else _masks
    document: dict[str, object] = {
        "version": _VERSION,
        "flags": {},
        "shapes": [shape for painting in paintings for shape in shapes(painting)],
        "imagePath": _path_from(folder, image.path),
        "imageData": None,
        "imageHeight": image.size[0],
        "imageWidth": image.size[1],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _masks(painting: Painting) -> Iterator[dict[str, object]]:
    mask = painting.mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = map(int, (rows[0], rows[-1], columns[0], columns[-1]))
    png = encode_mask(mask[top : bottom + 1, left : right + 1])
    points = [[left, top], [right, bottom]]
    yield _shape(painting, "mask", points) | {"mask": base64.b64encode(png).decode()}


def _polygons(painting: Painting) -> Iterator[dict[str, object]]:
    for polygon in outline_mask(painting.mask):
        yield _shape(painting, "polygon", [list(corner) for corner in polygon])


def _shape(painting: Painting, kind: str, points: list[list[int]]) -> dict[str, object]:
    return {
        "label": painting.defect_type,
        "points": points,
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {},
    }


def _path_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()
