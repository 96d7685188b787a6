"""What an import would do, found out without reading an image, and the import itself."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inspector.core.layouts import Recognised, recognise
from inspector.core.samples import Sample, Split, Truth
from inspector.project.importing import ImportSummary
from inspector.project.project import Project

_SAMPLES_SHOWN = 8
_TELL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ClassRow:
    """How many images of what kind a class has; `masks` counts defective ones with a mask."""

    class_name: str
    train: int
    validation: int
    test_good: int
    defective: int
    unknown: int
    masks: int
    total: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A folder as it would be imported.

    Attributes:
        recognised: What its layout says.
        rows: One for each class, by name.
        samples: A few images to look at, from all classes, defective ones too.
        has_unknown: Whether some images are not said to be good or defective.
        has_no_class: Whether some images have no class.
    """

    recognised: Recognised
    rows: tuple[ClassRow, ...]
    samples: tuple[Sample, ...]
    has_unknown: bool
    has_no_class: bool


def preview_folder(folder: Path, layout: str | None) -> Preview:
    """Recognises a folder; may take a while for many files, so not for the GUI thread.

    Raises:
        InspectorError: As `recognise`.
    """
    recognised = recognise(folder, layout)
    by_class: dict[str, list[Sample]] = defaultdict(list)
    for sample in recognised.samples:
        by_class[sample.class_name].append(sample)
    return Preview(
        recognised,
        tuple(_row(name, samples) for name, samples in sorted(by_class.items())),
        _chosen(list(by_class.values())),
        any(sample.truth is Truth.UNKNOWN for sample in recognised.samples),
        "" in by_class,
    )


def _row(name: str, samples: Sequence[Sample]) -> ClassRow:
    def count(*splits: Split) -> int:
        return sum(s.truth is Truth.GOOD and s.split in splits for s in samples)

    defective = [s for s in samples if s.truth is Truth.DEFECTIVE]
    return ClassRow(
        class_name=name,
        train=count(Split.TRAIN, Split.UNASSIGNED),
        validation=count(Split.VALIDATION),
        test_good=count(Split.TEST),
        defective=len(defective),
        unknown=sum(s.truth is Truth.UNKNOWN for s in samples),
        masks=sum(bool(s.mask_paths) for s in defective),
        total=len(samples),
    )


def _chosen(classes: Sequence[Sequence[Sample]]) -> tuple[Sample, ...]:
    """Evenly from all classes; of each, normal and defective ones."""
    chosen: list[Sample] = []
    places = np.linspace(0, len(classes) - 1, min(len(classes), _SAMPLES_SHOWN // 2))
    each = max(1, _SAMPLES_SHOWN // (2 * len(places)))
    for place in places.round().astype(int):
        defective = [s for s in classes[place] if s.truth is Truth.DEFECTIVE]
        others = [s for s in classes[place] if s.truth is not Truth.DEFECTIVE]
        for samples in (others, defective) if defective and others else (others or defective,):
            picks = np.linspace(0, len(samples) - 1, min(each, len(samples))).round().astype(int)
            chosen += [samples[pick] for pick in picks]
    return tuple(chosen[:_SAMPLES_SHOWN])


class Cancelled(Exception):
    """The person wants the import no more."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What to import and how; None leaves what an earlier import said."""

    folder: Path
    layout: str | None = None
    assume: Truth | None = None
    class_name: str | None = None


def carry_out(
    opened: Callable[[], Project],
    plans: Sequence[ImportPlan],
    stop: threading.Event,
    progress: Callable[[int, int, int], object],
) -> tuple[ImportSummary, ...] | None:
    """Imports folders into a project, in this thread.

    Args:
        opened: Opens the project in this thread; it is closed at the end.
        plans: What to import; each one is kept as a whole or not at all.
        stop: Ends it where it is set.
        progress: Gets (number of the plan, images done, images in all), at most 20 times a second.

    Returns:
        What each plan did, None where it was stopped.

    Raises:
        InspectorError: As `opened` and `import_folder`.
    """
    summaries = []
    try:
        with opened() as project:
            for number, plan in enumerate(plans):
                told = _Teller(number, stop, progress)
                summaries.append(
                    project.import_folder(
                        plan.folder, plan.layout, plan.assume, plan.class_name, told
                    )
                )
    except Cancelled:
        return None
    return tuple(summaries)


def carry_out_anew(
    folder: Path,
    plan: ImportPlan,
    stop: threading.Event,
    progress: Callable[[int, int, int], object],
) -> tuple[ImportSummary, ...] | None:
    """Imports into a new project in `folder`, which is removed again where nothing comes of it.

    Raises:
        InspectorError: As `Project.create` and `import_folder`.
    """
    existed = folder.is_dir()
    Project.create(folder).close()
    done: tuple[ImportSummary, ...] | None = None
    try:
        done = carry_out(lambda: Project.open(folder), [plan], stop, progress)
    finally:
        if done is None:
            shutil.rmtree(folder, ignore_errors=True)
            if existed:
                folder.mkdir(exist_ok=True)
    return done


class _Teller:
    """Passes on progress seldom enough for a window, and ends the import where it shall stop."""

    def __init__(
        self, number: int, stop: threading.Event, progress: Callable[[int, int, int], object]
    ) -> None:
        self._number, self._stop, self._progress = number, stop, progress
        self._told = 0.0

    def __call__(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise Cancelled
        now = time.monotonic()
        if done == total or now - self._told >= _TELL_SECONDS:
            self._told = now
            self._progress(self._number, done, total)
