"""What is known of a model's banks and of the painted masks, gathered in a thread; without Qt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspector.core.bank_checks import Likeness, likeness, looks_mispainted
from inspector.core.patch_grid import PATCH_STRIDE, mask_on_grid
from inspector.errors import InspectorError
from inspector.jobs.bank_file import Place, StoredBank, read_banks
from inspector.jobs.model_card import ModelCard
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.annotations import Annotation
from inspector.project.defect_types import DefectType
from inspector.project.models import ModelRow
from inspector.project.project import Project

PAINTED = ("annotated", "fresh")
"""The banks that hold painted patches."""

Progress = Callable[[int, int], object]


class State(StrEnum):
    """What the model knows of a painted mask."""

    LEARNED = "learned"
    AT_ONCE = "at_once"  # since the training
    CHANGED = "changed"  # it learned from another version of it
    ERASED = "erased"  # it learned from it, but nothing is painted there any more
    LEFT_OUT = "left_out"  # all of it was muted at the training
    WAITING = "waiting"  # not learned from yet


@dataclass(frozen=True, slots=True)
class Patch:
    """A painted patch.

    Attributes:
        place: Annotation id, row and column on the patch grid.
        image_id: The image.
        bank: The bank that it is in; empty where it was not learned.
        row: Its row in that bank; −1 for none.
        ratio: See `core.bank_checks.Likeness`; NaN where it was not learned.
        nearest: Row of the nearest normal entry; −1 for none.
        looks_normal: Whether it is nearly the same as normal ones.
    """

    place: Place
    image_id: int
    bank: str
    row: int
    ratio: float
    nearest: int
    looks_normal: bool


@dataclass(frozen=True, slots=True)
class PaintedMask:
    """A version of a painted mask, as the model knows it or as it waits to be learned.

    Attributes:
        annotation: The version; who, when, which tool.
        state: What the model knows of it.
        newest: Number of the image's and type's newest version; 0 where nothing is painted now.
        patches: In the order of the grid.
        vanishes, area: See `core.patch_grid.MaskOnGrid`.
    """

    annotation: Annotation
    state: State
    newest: int
    patches: tuple[Patch, ...]
    vanishes: bool
    area: float

    @property
    def is_small(self) -> bool:
        """Whether it covers less than a patch."""
        return self.area < 1

    @property
    def is_known(self) -> bool:
        """Whether its patches are in the bank."""
        return any(patch.bank for patch in self.patches)

    @property
    def is_mispainted(self) -> bool:
        """Whether most of its patches are nearly the same as normal ones."""
        return looks_mispainted(np.array([patch.looks_normal for patch in self.patches]))


@dataclass(frozen=True, slots=True)
class BankFacts:
    """All that the view shows.

    Attributes:
        model: The model.
        grid: Rows and columns of the patch grid; of tiled images that of the canvas.
        banks: By name, as stored; muted entries too.
        masks: In order of defect type, class and image.
        types: The project's defect types.
        spacing: How far normal entries typically lie from each other.
    """

    model: ModelRow
    grid: tuple[int, int]
    banks: Mapping[str, StoredBank]
    masks: tuple[PaintedMask, ...]
    types: tuple[DefectType, ...]
    spacing: float

    @property
    def is_supervised(self) -> bool:
        """Whether anything painted is in the bank."""
        return any(mask.is_known for mask in self.masks)


@dataclass(frozen=True, slots=True)
class _Learned:
    """The painted patches of the banks, by annotation."""

    patches: Mapping[int, tuple[Patch, ...]]
    spacing: float


def read_facts(
    project: Project,
    model: ModelRow,
    card: ModelCard,
    class_names: Mapping[int, str],
    progress: Progress,
) -> BankFacts:
    """Reads banks and masks; takes seconds for large banks.

    Args:
        project: Opened by the thread that asks.
        model: Whose banks.
        card: The model's.
        class_names: Of the images, by their ids.
        progress: Called with (done, total); what it raises ends the reading.

    Raises:
        InspectorError: Weights, masks or the project cannot be read.
    """
    progress(0, 0)
    banks = read_banks(model.folder)
    learned = _learned(banks, progress)
    canvas = card.tiling.canvas
    shown = _shown_versions(project, model, learned)
    masks: list[PaintedMask] = []
    for annotation, state, newest in shown:
        progress(len(masks), len(shown))
        masks.append(_mask(project, annotation, state, newest, learned, (canvas, canvas)))
    side = canvas // PATCH_STRIDE
    masks.sort(
        key=lambda one: (
            one.annotation.type_id,
            class_names.get(one.annotation.image_id, ""),
            one.annotation.image_id,
            one.annotation.version,
        )
    )
    return BankFacts(
        model, (side, side), banks, tuple(masks), project.defect_types(), learned.spacing
    )


def _learned(banks: Mapping[str, StoredBank], progress: Progress) -> _Learned:
    present = {name: banks[name] for name in PAINTED if name in banks}
    normal = banks.get("normal")
    if normal is None or not present:
        return _Learned({}, float("nan"))
    features = np.concatenate([bank.features for bank in present.values()])
    near = likeness(features, normal.features, progress)
    found: dict[int, dict[Place, Patch]] = defaultdict(dict)
    first = 0
    for name, bank in present.items():
        for row, (place, image_id) in enumerate(
            zip(bank.places(), bank.image_ids.tolist(), strict=True)
        ):
            patch = _patch(place, image_id, name, row, near, first + row)
            found[place[0]][place] = patch  # of one that is in both, the later bank's
        first += len(bank.features)
    ordered = {one: tuple(own[place] for place in sorted(own)) for one, own in found.items()}
    return _Learned(ordered, near.spacing)


def _patch(place: Place, image_id: int, bank: str, row: int, near: Likeness, at: int) -> Patch:
    return Patch(
        place,
        image_id,
        bank,
        row,
        float(near.ratio[at]),
        int(near.nearest[at]),
        bool(near.looks_normal[at]),
    )


Shown = tuple[Annotation, State, int]


def _shown_versions(project: Project, model: ModelRow, learned: _Learned) -> list[Shown]:
    """The versions that were learned, and the newest ones that were not."""
    newest = {(one.image_id, one.type_id): one for one in project.annotations()}
    images = {own[0].image_id for own in learned.patches.values()}
    known = {
        one.annotation_id: one
        for image_id in sorted(images)
        for one in project.annotation_history(image_id)
    }
    shown: list[Shown] = []
    current: set[int] = set()  # newest versions whose mask is one of those that were learned
    for annotation_id, own in learned.patches.items():
        annotation = known.get(annotation_id)
        if annotation is None:
            continue  # the project knows nothing of it any more
        now = newest.get((annotation.image_id, annotation.type_id))
        state = State.AT_ONCE if own[0].bank == "fresh" else State.LEARNED
        if now is None:
            state = State.ERASED
        elif now.sha256 != annotation.sha256:
            state = State.CHANGED
        else:
            current.add(now.annotation_id)
        shown.append((annotation, state, now.version if now is not None else 0))
    replaced = {(one.image_id, one.type_id) for one, state, _ in shown if state is State.CHANGED}
    left_out = _left_out(project, model)
    for place, annotation in newest.items():
        if annotation.annotation_id in current or place in replaced:
            continue
        muted = annotation.annotation_id in left_out
        state = State.LEFT_OUT if muted else State.WAITING
        shown.append((annotation, state, annotation.version))
    return shown


def _left_out(project: Project, model: ModelRow) -> set[int]:
    """Annotations of which the training left patches out, as they were muted then."""
    try:
        job = read_job(project.find_run(model.run_id).folder)
    except InspectorError:
        return set()  # the run's folder was tidied away: nothing more is known
    return {annotation for annotation, _, _ in job.muted} if isinstance(job, TrainJob) else set()


def _mask(
    project: Project,
    annotation: Annotation,
    state: State,
    newest: int,
    learned: _Learned,
    size: tuple[int, int],
) -> PaintedMask:
    laid = mask_on_grid(project.annotation_mask(annotation.annotation_id), size)
    number = annotation.annotation_id
    patches = learned.patches.get(number) or tuple(
        Patch((number, int(row), int(column)), annotation.image_id, "", -1, np.nan, -1, False)
        for row, column in np.argwhere(laid.patches)
    )
    return PaintedMask(annotation, state, newest, patches, laid.vanishes, laid.area)


def entry_of(bank: StoredBank, row: int) -> tuple[int, int, int]:
    """(image id, row, column) of an entry; −1 where there is none."""
    return int(bank.image_ids[row]), int(bank.rows[row]), int(bank.columns[row])


def counted(masks: tuple[PaintedMask, ...], muted: frozenset[Place]) -> NDArray[np.int64]:
    """(M,) how many patches of each mask are in the bank and not muted."""
    return np.array(
        [sum(1 for one in mask.patches if one.bank and one.place not in muted) for mask in masks],
        np.int64,
    )
