"""Filling a memory bank with a coreset of all patches of many images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.patch_grid import PATCH_STRIDE
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.project.snapshots import SnapshotEntry
from training.checkpoints import Saved
from training.coreset import GreedyCover, Projection
from training.features import FeatureSource
from training.run import Run

_IMAGES = 16  # read at once
_RADII = 100  # points of the curve of the covering radius


class PatchSource(Protocol):
    """Patches of images by position, read as often as needed, never all at once."""

    count: int
    size: tuple[int, int]

    def read(self, positions: Sequence[int]) -> Tensor:
        """Patches (B, N, C), float32."""
        ...

    def image_id(self, position: int) -> int:
        """The number of the image in the project."""
        ...

    def origin(self, position: int) -> tuple[int, int]:
        """Row and column of its first patch on the grid of the whole image: of a tile not 0."""
        ...


class NormalPatches:
    """The patches of the normal images of a fit."""

    def __init__(
        self, source: FeatureSource, rows: Sequence[int], entries: Sequence[SnapshotEntry]
    ) -> None:
        self.count = len(rows)
        self.size = source.size
        self._source = source
        self._rows = rows
        self._entries = entries

    def read(self, positions: Sequence[int]) -> Tensor:
        """See `PatchSource`."""
        return as_rows(patch_features(self._source.batch([self._rows[p] for p in positions])))

    def image_id(self, position: int) -> int:
        """See `PatchSource`."""
        return self._entries[self._rows[position]].image_id

    def origin(self, position: int) -> tuple[int, int]:
        """See `PatchSource`."""
        tiling = self._source.tiling
        top, left = tiling.corner(self._rows[position] % tiling.tiles)
        return top // PATCH_STRIDE, left // PATCH_STRIDE


@dataclass(frozen=True, slots=True)
class Cover:
    """How a bank is to cover its patches.

    Attributes:
        size: How many entries.
        width: Width of the random projection in which they are chosen; 0 for none.
        points: From how many patches at most; of more, evenly many of every image are drawn.
        seed: Of projection, first entry and thinning.
        part: Names the checkpoint, where a stage fills several banks.
        units: What patches and entries are called in the progress.
    """

    size: int
    width: int
    points: int
    seed: int
    part: str = ""
    units: tuple[str, str] = ("patches", "bank entries")


def patches_per_image(size: tuple[int, int]) -> int:
    """N of an input size (H, W)."""
    return (size[0] // PATCH_STRIDE) * (size[1] // PATCH_STRIDE)


def fill_bank(bank: Bank, patches: PatchSource, cover: Cover, run: Run) -> None:
    """Fills a bank with a greedy k-centre coreset, in the order in which entries were picked.

    Only the projected patches are held at once: 2 GB for 4 million of width 128. The stage can be
    ended early: the bank is then smaller, and its covering radius, which the metric of that name
    tells, larger.
    """
    places = _Places(patches.count, patches_per_image(patches.size), cover)
    picking = _Picking(patches, places, cover, run)
    total = min(cover.size, places.total)
    every = max(1, total // _RADII)
    for number in run.rounds(picking, total, cover.units[1], cover.part):
        picking.pick()
        if number and number % every == 0:
            name = f"covering_radius_{cover.part}" if cover.part else "covering_radius"
            run.metric(name, number, picking.reach)
    if len(picking.chosen) < total and run.ended_early():
        run.note(f"A bank was ended early, with {len(picking.chosen)} of {total} entries.")
    features, sources = _gather(patches, places, picking.chosen, run)
    bank.fill(features, sources)


class _Places:
    """Which patch of which image a row of the projected points is."""

    def __init__(self, images: int, per_image: int, cover: Cover) -> None:
        self._all = per_image
        self.each = min(per_image, max(1, cover.points // images))
        self.total = images * self.each
        self._seed = cover.seed

    def kept(self, position: int) -> NDArray[np.int64]:
        """The patches of an image that may be chosen, ascending."""
        if self.each == self._all:
            return np.arange(self._all)
        rng = np.random.default_rng([self._seed, position])
        return np.sort(rng.permutation(self._all)[: self.each])

    def place(self, row: int) -> tuple[int, int]:
        """Image position and patch of a row."""
        position, number = divmod(row, self.each)
        return position, int(self.kept(position)[number])


class _Picking:
    """A greedy cover that reads its points when the first pick needs them.

    A cover whose checkpoint is complete never does.
    """

    def __init__(self, patches: PatchSource, places: _Places, cover: Cover, run: Run) -> None:
        self._patches = patches
        self._places = places
        self._cover = cover
        self._run = run
        self._greedy: GreedyCover | None = None
        self.chosen: list[int] = []

    @property
    def reach(self) -> float:
        return self._ready().reach

    def pick(self) -> None:
        greedy = self._ready()
        greedy.pick()
        self.chosen = greedy.chosen

    def pack(self, *, complete: bool) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Resumable`."""
        return self._ready().pack(complete=complete)

    def unpack(self, saved: Saved, *, complete: bool) -> None:
        """See `Resumable`."""
        if complete:
            self.chosen = saved.tensors["chosen"].tolist()
        else:
            self._ready().unpack(saved, complete=complete)

    def _ready(self) -> GreedyCover:
        if self._greedy is None:
            first = np.random.default_rng([self._cover.seed, 0xF125]).integers(self._places.total)
            self._greedy = GreedyCover(self._project(), int(first))
        return self._greedy

    @torch.no_grad()
    def _project(self) -> Tensor:
        """All patches that may be chosen, projected, (total, D)."""
        points: Tensor | None = None
        project: Projection | None = None
        done = 0
        for start in range(0, self._patches.count, _IMAGES):
            positions = range(start, min(start + _IMAGES, self._patches.count))
            read = self._patches.read(positions)
            if points is None or project is None:
                width = self._cover.width or None
                project = Projection(read.shape[2], width, self._cover.seed, read.device)
                points = read.new_empty(self._places.total, project.width)
            for position, image in zip(positions, read, strict=True):
                kept = torch.from_numpy(self._places.kept(position)).to(image.device)
                points[done : done + len(kept)] = project(image[kept])
                done += len(kept)
            self._run.progress(done, self._places.total, self._cover.units[0])
        assert points is not None
        return points.sub_(points.mean(dim=0))


@torch.no_grad()
def _gather(
    patches: PatchSource, places: _Places, chosen: Sequence[int], run: Run
) -> tuple[Tensor, Tensor]:
    """Features (K, C) float16 of the chosen rows, unprojected, and their sources (K, 4)."""
    columns = patches.size[1] // PATCH_STRIDE
    found = [places.place(row) for row in chosen]
    sources = []
    for position, patch in found:
        top, left = patches.origin(position)
        place = [top + patch // columns, left + patch % columns]
        sources.append([patches.image_id(position), *place, -1])
    wanted: dict[int, list[int]] = {}
    for number, (position, _) in enumerate(found):
        wanted.setdefault(position, []).append(number)
    positions = sorted(wanted)
    features: Tensor | None = None
    for start in range(0, len(positions), _IMAGES):
        run.check()
        some = positions[start : start + _IMAGES]
        for position, image in zip(some, patches.read(some), strict=True):
            if features is None:
                features = image.new_empty(len(found), image.shape[1], dtype=torch.float16)
            numbers = wanted[position]
            features[numbers] = image[[found[number][1] for number in numbers]].half()
    assert features is not None
    return features, torch.tensor(sources, dtype=torch.int32)
