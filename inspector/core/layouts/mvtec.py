"""MVTec AD: CLASS/train/good, CLASS/test/KIND, CLASS/ground_truth/KIND/STEM_mask.png."""

from __future__ import annotations

from inspector.core.layouts.kinds import MASK_FOLDER, collect, has_folder, has_kinds
from inspector.core.layouts.layout import Layout
from inspector.core.layouts.tree import Folder, classes_in


def _is_class(folder: Folder) -> bool:
    return has_kinds(folder) and (
        has_folder(folder, "train", "good")
        or has_folder(folder, "test", "good")
        or (has_folder(folder, "test") and has_folder(folder, MASK_FOLDER))
    )


LAYOUT = Layout(
    id="mvtec",
    title="MVTec AD",
    shape="CLASS/train/good, CLASS/test/KIND, CLASS/ground_truth/KIND/STEM_mask.png",
    fits=lambda root: bool(classes_in(root, _is_class)),
    collect=collect,
    mask_folder=MASK_FOLDER,
)
