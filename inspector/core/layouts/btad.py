"""BTAD: CLASS/train/ok, CLASS/test/ok and ko, CLASS/ground_truth/ko/STEM.png or .bmp."""

from __future__ import annotations

from inspector.core.layouts.kinds import MASK_FOLDER, collect, has_folder
from inspector.core.layouts.layout import Layout
from inspector.core.layouts.tree import Folder, classes_in


def _is_class(folder: Folder) -> bool:
    places = (("train", "ok"), ("test", "ok"), ("test", "ko"))
    return any(has_folder(folder, *place) for place in places)


LAYOUT = Layout(
    id="btad",
    title="BTAD",
    shape="CLASS/train/ok, CLASS/test/ok, CLASS/test/ko, CLASS/ground_truth/ko/STEM.png",
    fits=lambda root: bool(classes_in(root, _is_class)),
    collect=collect,
    mask_folder=MASK_FOLDER,
)
