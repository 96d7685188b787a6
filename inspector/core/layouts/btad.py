"""BTAD: CLASS/train/ok, CLASS/test/ok and ko, CLASS/ground_truth/ko/STEM.png or .bmp."""

from __future__ import annotations

from inspector.core.layouts.kinds import MASK_FOLDER, collect, has_folder
from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.tree import Folder, classes_in


def _is_class(folder: Folder) -> bool:
    places = (("train", "ok"), ("test", "ok"), ("test", "ko"))
    return any(has_folder(folder, *place) for place in places)


def _fits(root: Folder) -> bool:
    return bool(classes_in(root, _is_class))


def _collect(root: Folder) -> Collected:
    """Nothing where there is no class of BTAD's: the heirs of MVTec AD would all be taken else."""
    return collect(root) if _fits(root) else ([], [])


LAYOUT = Layout(
    id="btad",
    title="BTAD",
    shape="CLASS/train/ok, CLASS/test/ok, CLASS/test/ko, CLASS/ground_truth/ko/STEM.png",
    fits=_fits,
    collect=_collect,
    mask_folder=MASK_FOLDER,
)
