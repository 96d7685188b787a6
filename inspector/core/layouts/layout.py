"""What a layout is: how it is told from others, and how its folders become samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspector.core.layouts.tree import Folder
from inspector.core.samples import Problem, Sample

Collected = tuple[list[Sample], list[Problem]]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay out a data set in folders.

    Attributes:
        id: Name for options and files ("mvtec").
        title: Name for people ("MVTec AD").
        shape: Where its images and masks lie, in words.
        fits: Whether a folder has this layout.
        collect: The samples in a folder, and what was odd about them. Files that are in neither
            are found and listed by `recognise`.
        mask_folder: Name of the folders that hold its masks; empty where it has none.
        companions: Lower-case names of files that belong to it and say nothing about images that
            the folders do not say.
        unwrap: Whether to look for it also below folders that hold nothing but one folder, as
            unpacked archives have them.
    """

    id: str
    title: str
    shape: str
    fits: Callable[[Folder], bool]
    collect: Callable[[Folder], Collected]
    mask_folder: str = ""
    companions: frozenset[str] = frozenset()
    unwrap: bool = True
