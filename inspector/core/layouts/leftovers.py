"""What a layout did not take: every file and every empty folder is named, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.core.layouts.layout import Layout
from inspector.core.layouts.tree import Folder
from inspector.core.samples import Problem


def leftovers(folder: Folder, layout: Layout, known: set[Path]) -> Iterator[Problem]:
    """A problem for each file below `folder` that is not in `known` (samples, masks, problems)."""
    return _leftovers(folder, layout, known, among_masks=False)


def _leftovers(
    folder: Folder, layout: Layout, known: set[Path], among_masks: bool
) -> Iterator[Problem]:
    among_masks = among_masks or folder.name.casefold() == layout.mask_folder
    if folder.is_empty():
        # Good parts have no masks, yet some data sets keep a folder for them.
        if folder.path not in known and not among_masks:
            yield Problem(folder.path, "The folder is empty.")
        return
    for path in folder.images:
        if path not in known:
            yield _image(path, layout, among_masks)
    for path in folder.others:
        if path not in known and path.name.casefold() not in layout.companions:
            yield Problem(
                path,
                f"Of a kind that is not read ({path.suffix or 'no suffix'}).",
                "If it is an image, convert it to PNG, JPEG, BMP, TIFF or WebP.",
            )
    for child in folder.folders:
        yield from _leftovers(child, layout, known, among_masks)


def _image(path: Path, layout: Layout, among_masks: bool) -> Problem:
    if among_masks:
        return Problem(path, "A mask that belongs to no image.", "Name it like its image.")
    return Problem(
        path,
        f"An image where the layout {layout.title} expects none.",
        f"The layout is {layout.shape}.",
    )
