"""Which mask belongs to which image, by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from inspector.core.layouts.tree import Folder
from inspector.core.samples import Problem, Sample, Truth


def masks_by_stem(folder: Folder | None) -> Mapping[str, tuple[Path, ...]]:
    """The masks in a folder under the stem of the image that they belong to, in lower case.

    For an image "012.png" these are "012_mask.*", "012_label.*", "012.*", and all files in a folder
    "012".
    """
    masks: defaultdict[str, tuple[Path, ...]] = defaultdict(tuple)
    if folder is not None:
        for path in folder.images:
            stem = path.stem.casefold().removesuffix("_mask").removesuffix("_label")
            masks[stem] += (path,)
        for subfolder in folder.folders:
            masks[subfolder.name.casefold()] += subfolder.images
    return masks


def missing_masks(samples: Iterable[Sample]) -> list[Problem]:
    """Defective images without a mask in classes where other images have one."""
    defective = [sample for sample in samples if sample.truth is Truth.DEFECTIVE]
    with_masks = {sample.class_name for sample in defective if sample.mask_paths}
    return [
        Problem(
            sample.path,
            "A defective image without a mask, although others of its class have one.",
            "Add its mask; until then it counts for image scores only.",
        )
        for sample in defective
        if sample.class_name in with_masks and not sample.mask_paths
    ]
