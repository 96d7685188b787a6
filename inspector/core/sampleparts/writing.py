"""A folder of sample parts in MVTec AD's layout."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.catalogue import STATIONS
from inspector.core.sampleparts.rendering import LARGEST, SMALLEST, render_part
from inspector.errors import InspectorError

# Where the numbers of each split begin, so that no part is photographed twice.
_FIRST_TEST, _FIRST_DEFECTIVE = 1_000_000, 2_000_000
_MOST = 100_000

_DEMO_TRAIN = {
    "ceramic": 120,
    "fabric": 88,
    "washer": 66,
    "board": 50,
    "cap": 38,
    "gear": 32,
    "nut": 28,
    "gasket": 24,
    "plate": 24,
    "bearing": 24,
}


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many images of what to make. The same plan gives the same files.

    Attributes:
        part_types: Types to make, in any order.
        train_per_class: Good training images of each type, or one number for all.
        test_good: Good test images of each type.
        test_defective: Defective test images of each type, spread evenly over its kinds.
        size: Side of the images in pixels.
        seed: Seed of the production.

    Raises:
        InspectorError: On an unknown or repeated type, or a number out of range.
    """

    part_types: tuple[str, ...] = tuple(STATIONS)
    train_per_class: Mapping[str, int] | int = 20
    test_good: int = 12
    test_defective: int = 15
    size: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.part_types:
            raise InspectorError(
                "The plan for sample parts names no part type.",
                f"Choose some of {', '.join(STATIONS)}.",
            )
        for name in self.part_types:
            if name not in STATIONS:
                raise InspectorError(
                    f"There is no sample part called “{name}”.",
                    f"Choose some of {', '.join(STATIONS)}.",
                )
        if len(set(self.part_types)) < len(self.part_types):
            raise InspectorError(
                "The plan for sample parts names a part type twice.", "Name each type once."
            )
        if isinstance(self.train_per_class, Mapping) and set(self.train_per_class) != set(
            self.part_types
        ):
            raise InspectorError(
                "The training counts of the plan for sample parts are not for its part types.",
                f"Give one count for each of {', '.join(self.part_types)}.",
            )
        for name in self.part_types:
            _in_range(f"Training images of “{name}”", self.train_count(name), 1, _MOST)
        _in_range("Good test images", self.test_good, 0, _MOST)
        _in_range("Defective test images", self.test_defective, 0, _MOST)
        _in_range("The size of sample parts", self.size, SMALLEST, LARGEST)
        _in_range("The seed of sample parts", self.seed, 0, 2**63 - 1)

    @classmethod
    def demo(cls) -> SamplePlan:
        """All types with training counts as uneven as a factory's, 764 images."""
        return cls(train_per_class=_DEMO_TRAIN)

    @classmethod
    def tiny(cls) -> SamplePlan:
        """Three types, ten small images each, for tests."""
        return cls(
            part_types=("ceramic", "nut", "fabric"),
            train_per_class=6,
            test_good=2,
            test_defective=2,
            size=64,
        )

    def train_count(self, part_type: str) -> int:
        """Training images of one type."""
        if isinstance(self.train_per_class, int):
            return self.train_per_class
        return self.train_per_class[part_type]

    @property
    def total(self) -> int:
        """Images in all, masks not counted."""
        each = self.test_good + self.test_defective
        return sum(self.train_count(name) + each for name in self.part_types)


@dataclass(frozen=True, slots=True)
class _Shot:
    """One image to make: a part's number, what is wrong with it, and where it goes."""

    part_type: str
    index: int
    defect: str | None
    image: Path
    mask: Path | None


def write_sample_parts(
    folder: Path, plan: SamplePlan, *, progress: Callable[[int, int], None] | None = None
) -> None:
    """Make the images of a plan and write them as MVTec AD does.

    The files are `TYPE/train/good/000.png`, `TYPE/test/good/000.png`, `TYPE/test/KIND/000.png` and
    `TYPE/ground_truth/KIND/000_mask.png` (0 good, 255 defect). The folder appears when it is
    complete; nothing is left behind where making it fails.

    Args:
        folder: Must not exist, or be empty.
        plan: What to make.
        progress: Called in this thread with (images made, images in all) after each image. What
            it raises stops the work.

    Raises:
        InspectorError: Where the folder holds something already or cannot be written.
    """
    folder = folder.absolute()
    partial = folder.parent / f".{folder.name}.{os.getpid()}.partial"
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InspectorError(
                f"Sample parts cannot be written to {folder}: there is something already.",
                "Choose a new or empty folder.",
            )
        partial.mkdir(parents=True)
        try:
            _write_all(partial, plan, progress)
            if folder.exists():
                folder.rmdir()
            partial.replace(folder)
        finally:
            if partial.exists():
                shutil.rmtree(partial)
    except OSError as error:
        raise InspectorError(
            f"Sample parts cannot be written to {folder}: {error.strerror or error}.",
            "Check that the folder may be written to and that the disk has room.",
        ) from error


def _write_all(folder: Path, plan: SamplePlan, progress: Callable[[int, int], None] | None) -> None:
    shots = list(_shots(plan))
    for parent in {path.parent for shot in shots for path in (shot.image, shot.mask) if path}:
        (folder / parent).mkdir(parents=True, exist_ok=True)

    def make(shot: _Shot) -> None:
        part = render_part(
            shot.part_type, plan.seed, shot.index, size=plan.size, defect=shot.defect
        )
        _write_png(folder / shot.image, cv2.cvtColor(part.image, cv2.COLOR_RGB2BGR))
        if shot.mask is not None:
            _write_png(folder / shot.mask, part.mask.astype(np.uint8) * np.uint8(255))

    # OpenCV and numpy let other threads run while they compute.
    pool = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1))
    try:
        for done, _ in enumerate(pool.map(make, shots), start=1):
            if progress is not None:
                progress(done, len(shots))
    finally:
        pool.shutdown(cancel_futures=True)


def _shots(plan: SamplePlan) -> Iterator[_Shot]:
    for name in plan.part_types:
        kinds = STATIONS[name].kinds
        for split, count, first in (
            ("train", plan.train_count(name), 0),
            ("test", plan.test_good, _FIRST_TEST),
        ):
            for k in range(count):
                image = Path(name, split, "good", f"{k:03d}.png")
                yield _Shot(name, first + k, None, image, None)
        for k in range(plan.test_defective):
            kind, number = kinds[k % len(kinds)], k // len(kinds)
            image = Path(name, "test", kind, f"{number:03d}.png")
            mask = Path(name, "ground_truth", kind, f"{number:03d}_mask.png")
            yield _Shot(name, _FIRST_DEFECTIVE + k, kind, image, mask)


def _write_png(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    # Encoded in memory: OpenCV itself cannot open every path on every system.
    _, encoded = cv2.imencode(".png", pixels)
    path.write_bytes(encoded.tobytes())


def _in_range(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InspectorError(
            f"{what}: {value} is out of range.", f"Choose a whole number from {least} to {most}."
        )
