"""Importing and exporting painted masks: recognise the format, check all of it, then write."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from inspector.core.files import not_written, write_atomically
from inspector.errors import InspectorError
from inspector.project.annotations import (
    annotation_png,
    cut_versions,
    list_annotations,
    record_versions,
)
from inspector.project.database import Database
from inspector.project.defect_types import insert_defect_type, list_defect_types, name_key
from inspector.project.exchange.coco import coco_document, read_coco
from inspector.project.exchange.documents import read_document
from inspector.project.exchange.images import Images
from inspector.project.exchange.labelme import labelme_files, read_labelme
from inspector.project.exchange.paintings import Painting
from inspector.project.exchange.png_masks import mask_files, png_files, read_png_masks
from inspector.project.paths import canonical
from inspector.project.strokes import record_mask

Format = Literal["png", "labelme", "coco"]

FORMATS: dict[Format, str] = {
    "png": "a folder of PNG masks as MVTec AD has them: CLASS/ground_truth/TYPE/STEM_mask.png",
    "labelme": "labelme's JSON files, one for each image",
    "coco": "one COCO JSON file",
}
"""The formats, in words."""

TOOL = "import"


class _Keys(msgspec.Struct):
    """What tells the formats in JSON apart; the content is not looked at."""

    shapes: msgspec.Raw = msgspec.Raw()
    images: msgspec.Raw = msgspec.Raw()
    annotations: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class AnnotationImport:
    """What an import found and did.

    Attributes:
        format: What it was recognised as.
        source: The file or folder, absolute.
        images: Images with at least one mask in it.
        masks: Masks, one for each image and defect type.
        identical: How many of them were painted in the project already, exactly so.
        types: Names of the defect types found, as the project calls them, in alphabetical order.
        new_types: Those of them that the project did not have.
    """

    format: Format
    source: Path
    images: int
    masks: int
    identical: int
    types: tuple[str, ...]
    new_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnotationExport:
    """What an export wrote.

    Attributes:
        format: The format.
        target: The file or folder, absolute.
        images: Images with at least one mask.
        masks: Masks, one for each image and defect type.
        types: Names of the defect types, in alphabetical order.
    """

    format: Format
    target: Path
    images: int
    masks: int
    types: tuple[str, ...]


def import_annotations(
    database: Database, path: Path, operator: str, format: Format | None = None
) -> AnnotationImport:
    """Take over all masks of a file or folder, or nothing of it.

    A mask replaces what is painted on its image with its type; other types stay. It counts as a
    stroke, so it can be undone. Types that the project does not have are added.

    Args:
        database: The project's.
        path: A file or folder in one of `FORMATS`.
        operator: Who imports.
        format: What it is; None to recognise it.

    Raises:
        InspectorError: It is in no such format, damaged, holds no mask, or any mask of it is not of
            an image of the project, of another size than it, or empty.
    """
    path = canonical(path)
    images = Images(database)
    format = format or recognise(path)
    if format == "png":
        paintings = read_png_masks(path, images)
    elif format == "labelme":
        paintings = read_labelme(_json_files(path), images)
    else:
        paintings = read_coco(_only_json_file(path), images)
    if not paintings:
        raise InspectorError(
            f"'{path}' holds no mask.", f"Choose {FORMATS[format]}, with something painted."
        )
    with database.transaction():
        record_versions(database)  # what others painted stays theirs
        known = {name_key(kind.name): kind for kind in list_defect_types(database)}
        before = set(known)
        identical = 0
        for painting in paintings:
            key = name_key(painting.defect_type)
            if key not in known:
                known[key] = insert_defect_type(database, painting.defect_type)
            place = (painting.image.image_id, known[key].type_id)
            stroke = record_mask(database, *place, painting.mask, TOOL, operator)
            identical += stroke is None
        record_versions(database, operator=operator)
    found = {name_key(painting.defect_type) for painting in paintings}
    return AnnotationImport(
        format,
        path,
        _count_images(paintings),
        len(paintings),
        identical,
        tuple(sorted(known[key].name for key in found)),
        tuple(sorted(known[key].name for key in found - before)),
    )


def export_annotations(
    database: Database,
    target: Path,
    format: Format,
    image_ids: Collection[int] | None = None,
    polygons: bool = False,
) -> AnnotationExport:
    """Write what people painted; a version is cut of it first.

    Args:
        database: The project's.
        target: A file for COCO, which is replaced; else a folder, which must be new or empty.
        format: One of `FORMATS`.
        image_ids: Only these images; None for all.
        polygons: For labelme, outlines that can be edited there, instead of masks.

    Raises:
        InspectorError: Nothing is painted, or the target cannot be written or holds something.
    """
    target = canonical(target)
    cut_versions(database)
    images = Images(database)
    paintings = tuple(
        Painting(images.by_id(v.image_id), v.defect_type, annotation_png(database, v.annotation_id))
        for v in list_annotations(database)
        if image_ids is None or v.image_id in image_ids
    )
    if not paintings:
        raise InspectorError("There is no painted mask to export.", "Paint a defect first.")
    if format == "coco":
        write_atomically(target, coco_document(paintings, images))
    elif format == "labelme":
        _write_folder(target, labelme_files(paintings, target, polygons))
    else:
        _write_folder(target, png_files(paintings, target, images))
    types = sorted({painting.defect_type for painting in paintings})
    return AnnotationExport(format, target, _count_images(paintings), len(paintings), tuple(types))


def recognise(path: Path) -> Format:
    """The format of a file or folder.

    Raises:
        InspectorError: It does not exist, or is in none of `FORMATS`, or in more than one.
    """
    if not path.exists():
        raise InspectorError(f"'{path}' does not exist.", "Check how it is spelled.")
    found: set[Format] = set()
    if path.is_dir() and next(mask_files(path), None) is not None:
        found.add("png")
    # Files of labelme come by the thousand and are alike; the first one tells.
    for file in _json_files(path)[:1]:
        kind = _json_format(file)
        if kind is not None:
            found.add(kind)
    if len(found) > 1:
        raise InspectorError(
            f"'{path}' holds PNG masks and JSON files.",
            "Say which of them is meant; on the command line with --format.",
        )
    if not found:
        words = "; ".join(FORMATS.values())
        raise InspectorError(f"The format of '{path}' is not known.", f"These are read: {words}.")
    return found.pop()


def _json_format(file: Path) -> Format | None:
    if file.suffix.lower() != ".json" and not _begins_like_json(file):
        return None
    keys = read_document(file, _Keys, "labelme or COCO")
    if bytes(keys.shapes):
        return "labelme"
    return "coco" if bytes(keys.images) and bytes(keys.annotations) else None


def _begins_like_json(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(1) == b"{"
    except OSError:
        return False


def _json_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*.json") if not file.name.startswith("."))


def _only_json_file(path: Path) -> Path:
    files = _json_files(path)
    if len(files) != 1:
        raise InspectorError(
            f"'{path}' holds {len(files)} JSON files, where one of COCO is wanted.",
            "Choose the file itself.",
        )
    return files[0]


def _count_images(paintings: Iterable[Painting]) -> int:
    return len({painting.image.image_id for painting in paintings})


def _write_folder(target: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write the files into a new folder, or none of them."""
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InspectorError(
                f"'{target}' is there already and not an empty folder.",
                "Choose an empty folder or the name of a new one.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as temporary:
            made = Path(temporary) / "made"
            made.mkdir()
            for name, content in files:
                file = made / name
                file.parent.mkdir(parents=True, exist_ok=True)
                if file.exists():
                    raise InspectorError(
                        f"Two masks would have the name '{name}' in '{target}'.",
                        "Export as COCO instead, which names images by their path.",
                    )
                write_atomically(file, content)
            if target.exists():
                target.rmdir()
            made.replace(target)
    except OSError as error:
        raise not_written(target, error) from error
