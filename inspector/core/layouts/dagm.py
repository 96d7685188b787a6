"""DAGM 2007: CLASS/Train and CLASS/Test, whose defective images have a Label/STEM_label.PNG."""

from __future__ import annotations

from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.masks import masks_by_stem
from inspector.core.layouts.tree import Folder, classes_in
from inspector.core.layouts.words import split_of
from inspector.core.samples import Sample, Split, Truth

_MASK_FOLDER = "label"


def _split_folders(folder: Folder) -> list[Folder]:
    return [child for child in folder.folders if split_of(child.name) and child.images]


def _has_labels(folder: Folder) -> bool:
    label_folders = (child.folder(_MASK_FOLDER) for child in _split_folders(folder))
    return any(
        path.stem.casefold().endswith("_label")
        for labels in label_folders
        if labels
        for path in labels.images
    )


def _collect(root: Folder) -> Collected:
    samples = []
    for class_folder in classes_in(root, lambda folder: bool(_split_folders(folder))):
        for split in (Split.TRAIN, Split.VALIDATION, Split.TEST):
            for split_folder in _split_folders(class_folder):
                if split_of(split_folder.name) is split:
                    samples += _samples(class_folder.name, split, split_folder)
    return samples, []


def _samples(class_name: str, split: Split, folder: Folder) -> list[Sample]:
    masks = masks_by_stem(folder.folder(_MASK_FOLDER))
    samples = []
    for path in folder.images:
        labels = masks.get(path.stem.casefold(), ())
        truth = Truth.DEFECTIVE if labels else Truth.GOOD
        samples.append(Sample(path, class_name, split, truth, mask_paths=labels))
    return samples


LAYOUT = Layout(
    id="dagm",
    title="DAGM 2007",
    shape="CLASS/Train/STEM.PNG, CLASS/Test/STEM.PNG, CLASS/Test/Label/STEM_label.PNG for the "
    "defective ones",
    fits=lambda root: bool(classes_in(root, _has_labels)),
    collect=_collect,
    mask_folder=_MASK_FOLDER,
    companions=frozenset({"labels.txt"}),
)
