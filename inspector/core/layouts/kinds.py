"""CLASS/SPLIT/KIND/IMAGE and CLASS/ground_truth/KIND/MASK: what MVTec AD's heirs have in common."""

from __future__ import annotations

from inspector.core.layouts.layout import Collected
from inspector.core.layouts.masks import masks_by_stem
from inspector.core.layouts.tree import Folder, classes_in
from inspector.core.layouts.words import split_of
from inspector.core.samples import Sample, Split, Truth

MASK_FOLDER = "ground_truth"

_GOOD = ("good", "ok", "normal")


def has_kinds(folder: Folder) -> bool:
    """Whether a folder is a class: train, validation or test in it hold folders of kinds."""
    return any(split_of(child.name) and child.folders for child in folder.folders)


def has_folder(folder: Folder, *names: str) -> bool:
    """Whether a folder lies at that place below `folder`."""
    place: Folder | None = folder
    for name in names:
        place = place.folder(name) if place else None
    return place is not None


def collect(root: Folder) -> Collected:
    """The samples of all classes in `root`, or of `root` itself; train first, then test."""
    samples: list[Sample] = []
    for class_folder in classes_in(root, has_kinds):
        for split in (Split.TRAIN, Split.VALIDATION, Split.TEST):
            for split_folder in class_folder.folders:
                if split_of(split_folder.name) is split:
                    for kind in split_folder.folders:
                        samples += _samples(class_folder, split, kind)
    return samples, []


def _samples(class_folder: Folder, split: Split, kind: Folder) -> list[Sample]:
    is_good = kind.name.casefold() in _GOOD
    truth_folder = class_folder.folder(MASK_FOLDER)
    # Images of other splits may carry the same numbers: masks are the test images' where there
    # are such.
    is_masked = split is Split.TEST or not has_folder(class_folder, Split.TEST, kind.name)
    masks = masks_by_stem(truth_folder.folder(kind.name) if truth_folder and is_masked else None)
    return [
        Sample(
            path=path,
            class_name=class_folder.name,
            split=split,
            truth=Truth.GOOD if is_good else Truth.DEFECTIVE,
            defect_kind="" if is_good else kind.name,
            mask_paths=masks.get(path.stem.casefold(), ()),
        )
        for path in kind.images
    ]
