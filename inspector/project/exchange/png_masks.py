"""PNG masks as MVTec AD lays them out: CLASS/ground_truth/TYPE/STEM_mask.png, white on black.

MVTec AD names a mask by the stem of its image, which lies in a folder of the mask's type. A person
may paint any type on any image; where the stem alone would not tell which one is meant, folders
of its path go before it: good_000_mask.png is of good/000.png.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from inspector.core.images import read_mask
from inspector.errors import InspectorError
from inspector.project.exchange.images import Images, KnownImage
from inspector.project.exchange.paintings import Collection, Painting

FOLDER = "ground_truth"
_END = "_mask"
_SUFFIXES = frozenset({".png", ".bmp", ".tif", ".tiff"})  # those that lose nothing
_LITTER = frozenset({"thumbs.db", "desktop.ini"})


def mask_files(folder: Path) -> Iterator[Path]:
    """The files below a folder that lie where masks lie, in order of their names."""
    for path in sorted(folder.rglob(f"{FOLDER}/*/*")):
        if path.is_file() and not path.name.startswith(".") and path.name.lower() not in _LITTER:
            yield path


def read_png_masks(folder: Path, images: Images) -> tuple[Painting, ...]:
    """All masks below a folder: of one class or of several.

    Raises:
        InspectorError: One of them is not of an image of the project, of another size, empty,
            damaged or of a kind that is not read.
    """
    names = _Names(images)
    collection = Collection()
    for file in mask_files(folder):
        if file.suffix.lower() not in _SUFFIXES:
            raise InspectorError(
                f"'{file}' is no mask that can be read.",
                "Save it as PNG, or remove it from the folder.",
            )
        class_name: str | None = unquote(file.parents[2].name)
        kind = unquote(file.parent.name)
        if class_name not in names.classes:
            if file.parents[2] != folder:
                raise InspectorError(
                    f"'{file}' belongs to the class '{class_name}', which is not in the project.",
                    "Import that class first, or give its folder the name that it has there.",
                )
            class_name = None
        stem = file.stem.removesuffix(_END)
        image = images.only(names.find(class_name, kind, stem), stem, file)
        collection.add(image, kind, read_mask([file]), file, "")
    return collection.paintings()


def png_files(
    paintings: Sequence[Painting], target: Path, images: Images
) -> Iterator[tuple[str, bytes]]:
    """The files to write, each with its path in the target folder.

    Raises:
        InspectorError: The names of two images cannot be told apart.
    """
    names = _Names(images)
    if target.name in names.classes and any(not p.image.class_name for p in paintings):
        raise InspectorError(
            f"Images without a class cannot be exported to '{target}': it is named like a class.",
            "Choose a folder of another name.",
        )
    for painting in paintings:
        image, kind = painting.image, painting.defect_type
        stem = names.name(image, kind)
        folders = [_as_name(image.class_name)] if image.class_name else []
        yield "/".join([*folders, FOLDER, _as_name(kind), f"{stem}{_END}.png"]), painting.png


class _Names:
    """Which image is meant by the name of a mask."""

    def __init__(self, images: Images) -> None:
        self._by_stem: dict[str, list[KnownImage]] = defaultdict(list)
        for image in images.all:
            self._by_stem[image.path.stem].append(image)
        self._kinds = {(image.class_name, image.defect_kind) for image in images.all}
        self.classes = {image.class_name for image in images.all}

    def find(self, class_name: str | None, kind: str, name: str) -> list[KnownImage]:
        """The images that a name without "_mask" may mean; those of any class for None."""
        pool = [image for image in self._by_stem[name] if class_name in (None, image.class_name)]
        has_kind = any((known, kind) in self._kinds for known in self._classes_of(class_name))
        # A mask of MVTec AD is of an image of its own kind, and of no other with that number.
        alike = [image for image in pool if image.defect_kind == kind] if has_kind else pool
        return alike or self._find_with_folders(class_name, name)

    def name(self, image: KnownImage, kind: str) -> str:
        """The shortest name by which `find` finds the image."""
        parts = (*image.path.parent.parts, image.path.stem)
        for length in range(1, len(parts)):
            name = "_".join(parts[-length:])
            if self.find(image.class_name or None, kind, name) == [image]:
                return name
        raise InspectorError(
            f"No name for a mask tells '{image.path}' from all other images.",
            "Export as COCO instead, which names images by their path.",
        )

    def _find_with_folders(self, class_name: str | None, name: str) -> list[KnownImage]:
        found = []
        for cut in re.finditer("_", name):
            for image in self._by_stem.get(name[cut.end() :], []):
                folders = image.path.parent.parts[1:]
                before = name[: cut.start()]
                if class_name in (None, image.class_name) and any(
                    "_".join(folders[start:]) == before for start in range(len(folders))
                ):
                    found.append(image)
        return found

    def _classes_of(self, class_name: str | None) -> set[str]:
        return self.classes if class_name is None else {class_name}


def _as_name(text: str) -> str:
    """Any text as the name of a folder on any system; `unquote` gives the text back."""
    unsafe = r'[%/\\:*?"<>|\x00-\x1f]|^\.|[. ]$'
    return re.sub(unsafe, lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), text)
