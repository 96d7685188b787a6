"""COCO's JSON file, one for all images: polygons and run lengths are read, run lengths written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from inspector.core.masks import Mask
from inspector.core.outlines import fill_polygon
from inspector.core.run_lengths import decode_compressed_runs, decode_runs, encode_runs
from inspector.errors import InspectorError
from inspector.project.exchange.documents import read_document
from inspector.project.exchange.images import Images, KnownImage
from inspector.project.exchange.paintings import Collection, Painting, check_size


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int = 0
    height: int = 0


class _Category(msgspec.Struct):
    id: int
    name: str


class _Runs(msgspec.Struct):
    counts: list[int] | str
    size: tuple[int, int]


class _Annotation(msgspec.Struct):
    id: int
    image_id: int
    category_id: int
    segmentation: list[list[float]] | _Runs = []


class _Document(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def read_coco(file: Path, images: Images) -> tuple[Painting, ...]:
    """All masks of a file.

    Every image that it names must be in the project, also one on which nothing is painted.

    Raises:
        InspectorError: It is damaged or not of this format, names an image that is not in the
            project, is of another size, or has a mask that is no region.
    """
    document = read_document(file, _Document, "COCO")
    found: dict[int, KnownImage] = {}
    for entry in document.images:
        found[entry.id] = images.find(entry.file_name, file.parent, file)
        check_size((entry.height, entry.width), found[entry.id], file)
    types = {category.id: category.name for category in document.categories}
    collection = Collection()
    for annotation in document.annotations:
        part = f"annotation {annotation.id}"
        for number, known, what in (
            (annotation.image_id, found, "image"),
            (annotation.category_id, types, "category"),
        ):
            if number not in known:
                raise InspectorError(
                    f"In '{file}', {part} is of the {what} {number}, which the file does not list.",
                    "Export it again from its source.",
                )
        image = found[annotation.image_id]
        mask = _mask_of(annotation, image, file, part)
        collection.add(image, types[annotation.category_id], mask, file, part)
    return collection.paintings()


def coco_document(paintings: Sequence[Painting], images: Images) -> bytes:
    """The content of the file to write."""
    annotated = {painting.image.image_id: painting.image for painting in paintings}
    types = {name: n for n, name in enumerate(sorted({p.defect_type for p in paintings}), 1)}
    document = {
        "info": {"description": "Defects painted in Inspector"},
        "images": [_image(image, images) for image in annotated.values()],
        "annotations": [
            _annotation(number, painting, types[painting.defect_type])
            for number, painting in enumerate(paintings, 1)
        ],
        "categories": [
            {"id": number, "name": name, "supercategory": "defect"}
            for name, number in types.items()
        ],
    }
    return msgspec.json.encode(document)


def _mask_of(annotation: _Annotation, image: KnownImage, file: Path, part: str) -> Mask:
    shape, hint = annotation.segmentation, "Correct it, or remove it from the file."
    try:
        if isinstance(shape, _Runs):
            size = check_size(shape.size, image, file)
            runs = shape.counts
            return decode_runs(
                decode_compressed_runs(runs) if isinstance(runs, str) else runs, size
            )
        if not shape:
            raise InspectorError(f"In '{file}', {part} has a box but no mask.", hint)
        mask = np.zeros(check_size((0, 0), image, file), np.bool_)
        for polygon in shape:
            if len(polygon) < 6 or len(polygon) % 2:
                raise InspectorError(
                    f"In '{file}', {part} has a polygon of {len(polygon)} numbers; it takes three "
                    "points, which are six.",
                    hint,
                )
            mask |= fill_polygon(list(zip(polygon[::2], polygon[1::2], strict=True)), mask.shape)
        return mask
    except ValueError as error:
        raise InspectorError(f"In '{file}', {part} is damaged ({error}).", hint) from error


def _image(image: KnownImage, images: Images) -> dict[str, object]:
    assert image.size is not None  # only images of use are painted on
    return {
        "id": image.image_id,
        "file_name": images.name_of(image),
        "height": image.size[0],
        "width": image.size[1],
    }


def _annotation(number: int, painting: Painting, category: int) -> dict[str, object]:
    mask = painting.mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return {
        "id": number,
        "image_id": painting.image.image_id,
        "category_id": category,
        "segmentation": {"counts": encode_runs(mask), "size": list(mask.shape)},
        "area": int(np.count_nonzero(mask)),
        "bbox": [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1],
        "iscrowd": 0,
    }
