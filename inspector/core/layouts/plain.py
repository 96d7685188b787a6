"""Folders by class, without a published shape; what a folder's name says is believed.

Below CLASS, or below a folder that is itself the class, "train" or "test" give the part of the data
set, "good" or "defect" give the truth, and other folders only divide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from inspector.core.layouts.layout import Collected, Layout
from inspector.core.layouts.tree import Folder
from inspector.core.layouts.words import judges, split_of, truth_of
from inspector.core.samples import Problem, Sample, Split, Truth

_MASK_FOLDERS = frozenset({"ground_truth", "groundtruth", "gt", "mask", "masks"})


@dataclass(frozen=True, slots=True)
class _Place:
    """What the folders above have said of the images in one."""

    class_name: str
    split: Split = Split.UNASSIGNED
    truth: Truth = Truth.UNKNOWN
    kind: str = ""


def _fits(root: Folder) -> bool:
    below = sum(folder.count_images() for folder in root.folders)
    return below > 0 and below >= len(root.images)


def _collect(root: Folder) -> Collected:
    samples: list[Sample] = []
    problems: list[Problem] = []
    for found in _walk(root, _Place(root.name if _is_one_class(root) else "")):
        if isinstance(found, Sample):
            samples.append(found)
        else:
            problems.append(found)
    return samples, problems


def _is_one_class(folder: Folder) -> bool:
    """Whether "good", "NG" and the like stand where else the names of classes would."""
    for child in folder.folders:
        if split_of(child.name):
            holds_images = child.images and not any(f.count_images() for f in child.folders)
            if holds_images or _is_one_class(child):
                return True
        elif judges(child.name):
            return True
    return False


def _walk(folder: Folder, place: _Place) -> Iterator[Sample | Problem]:
    if place.class_name:
        for path in folder.images:
            yield Sample(path, place.class_name, place.split, place.truth, place.kind)
    judged = [child for child in folder.folders if truth_of(child.name) is not Truth.UNKNOWN]
    for child in folder.folders:
        split = split_of(child.name)
        if split:
            yield from _walk(child, replace(place, split=split))
        elif not place.class_name:
            yield from _walk(child, replace(place, class_name=child.name))
        elif child.name.casefold() in _MASK_FOLDERS:
            yield from _masks(child)
        else:
            if judged and child not in judged and place.truth is Truth.UNKNOWN:
                yield _unclear(child)
            yield from _walk(child, _below(place, child))


def _below(place: _Place, child: Folder) -> _Place:
    """What is known in a folder that is neither a class nor a split."""
    if place.truth is Truth.UNKNOWN:
        truth = truth_of(child.name)
        return replace(place, truth=truth, kind=child.name if truth is Truth.DEFECTIVE else "")
    if place.truth is Truth.DEFECTIVE:
        return replace(place, kind=child.name)
    return place


def _unclear(folder: Folder) -> Problem:
    return Problem(
        folder.path,
        "Its name does not say whether its images are good or defective, as its neighbours' do.",
        "Name it like 'good' or 'defect_dull', or leave its images unknown.",
    )


def _masks(folder: Folder) -> Iterator[Problem]:
    for part in folder.walk():
        for path in part.images:
            yield Problem(
                path,
                "A mask by its folder's name, but masks have no place in folders by class.",
                "Use MVTec AD's layout: CLASS/test/KIND and CLASS/ground_truth/KIND.",
            )


LAYOUT = Layout(
    id="plain",
    title="Folders by class",
    shape="CLASS/IMAGES, with folders like train, test, good or defect where there are any",
    fits=_fits,
    collect=_collect,
    unwrap=False,
)
