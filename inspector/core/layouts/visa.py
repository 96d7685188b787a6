"""VisA as folders: CLASS/Data/Images/Normal and Anomaly, CLASS/Data/Masks/Anomaly. No split."""

from __future__ import annotations

from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.masks import masks_by_stem
from inspector.core.layouts.tree import Folder, classes_in
from inspector.core.samples import Sample, Split, Truth

MASK_FOLDER = "masks"
# They repeat per image what the folders say; the split files are read by the layout "visa-csv".
COMPANIONS = frozenset({"image_anno.csv", "1cls.csv", "2cls_fewshot.csv", "2cls_highshot.csv"})

_TRUTHS = {"normal": Truth.GOOD, "anomaly": Truth.DEFECTIVE}


def truth_folders(class_folder: Folder) -> list[tuple[Folder, Truth]]:
    """The folders of images in a class folder, and what they say of them; none in other folders."""
    data = class_folder.folder("data")
    images = data.folder("images") if data else None
    if images is None:
        return []
    return [
        (folder, _TRUTHS[folder.name.casefold()])
        for folder in images.folders
        if folder.name.casefold() in _TRUTHS
    ]


def fits(root: Folder) -> bool:
    """Whether `root` holds VisA's classes or is one of them."""
    return bool(classes_in(root, lambda folder: bool(truth_folders(folder))))


def _collect(root: Folder) -> Collected:
    samples = []
    for class_folder in classes_in(root, lambda folder: bool(truth_folders(folder))):
        for folder, truth in truth_folders(class_folder):
            masks = masks_by_stem(_mask_folder(class_folder, folder.name))
            for path in folder.images:
                samples.append(
                    Sample(
                        path=path,
                        class_name=class_folder.name,
                        split=Split.UNASSIGNED,
                        truth=truth,
                        defect_kind=folder.name if truth is Truth.DEFECTIVE else "",
                        mask_paths=masks.get(path.stem.casefold(), ()),
                    )
                )
    return samples, []


def _mask_folder(class_folder: Folder, kind: str) -> Folder | None:
    data = class_folder.folder("data")
    masks = data.folder(MASK_FOLDER) if data else None
    return masks.folder(kind) if masks else None


LAYOUT = Layout(
    id="visa",
    title="VisA",
    shape="CLASS/Data/Images/Normal, CLASS/Data/Images/Anomaly, CLASS/Data/Masks/Anomaly/STEM.png",
    fits=fits,
    collect=_collect,
    mask_folder=MASK_FOLDER,
    companions=COMPANIONS,
)
