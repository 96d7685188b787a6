"""What an image is in a data set: its class, its split, what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Split(StrEnum):
    """The part of a data set that an image belongs to, as its folder says."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    UNASSIGNED = "unassigned"


class Truth(StrEnum):
    """What the data set itself says of an image (a person's later opinion is a *verdict*)."""

    GOOD = "good"
    DEFECTIVE = "defective"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sample:
    """One image as a folder layout describes it.

    Attributes:
        path: Absolute path of the image file.
        class_name: Product class; empty where the layout gives none.
        split: Part of the data set.
        truth: Good, defective or unknown.
        defect_kind: The kind of defect as the folder names it ("scratch"); empty for good ones.
        mask_paths: Ground-truth mask files, absolute; their union is the mask, > 0 is defect.
    """

    path: Path
    class_name: str
    split: Split
    truth: Truth
    defect_kind: str = ""
    mask_paths: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or folder that was not understood, and why; it is listed, never dropped."""

    path: Path
    reason: str
    hint: str = ""


def is_normal_for_training(split: Split, truth: Truth) -> bool:
    """Whether an image serves to learn what *normal* looks like: good and not for test."""
    return truth is Truth.GOOD and split in (Split.TRAIN, Split.UNASSIGNED)
