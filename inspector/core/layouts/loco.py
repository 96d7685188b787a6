"""MVTec LOCO AD: as MVTec AD, with validation/good and a folder of several masks per image."""

from __future__ import annotations

from inspector.core.layouts.kinds import MASK_FOLDER, collect, has_folder, has_kinds
from inspector.core.layouts.layout import Layout
from inspector.core.layouts.tree import Folder, classes_in


def _is_class(folder: Folder) -> bool:
    truth_folder = folder.folder(MASK_FOLDER)
    masks_in_folders = truth_folder and any(kind.folders for kind in truth_folder.folders)
    named_as_published = has_folder(folder, "validation", "good") and (
        has_folder(folder, "test", "logical_anomalies")
        or has_folder(folder, "test", "structural_anomalies")
    )
    return has_kinds(folder) and bool(masks_in_folders or named_as_published)


LAYOUT = Layout(
    id="mvtec-loco",
    title="MVTec LOCO AD",
    shape="CLASS/train/good, CLASS/validation/good, CLASS/test/KIND, "
    "CLASS/ground_truth/KIND/STEM/000.png",
    fits=lambda root: bool(classes_in(root, _is_class)),
    collect=collect,
    mask_folder=MASK_FOLDER,
    companions=frozenset({"defects_config.json"}),
)
