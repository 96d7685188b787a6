"""Frozen features, computed once and shared by everything that learns on them.

The cache is a folder of shards: a float16 array with one row an image, in which its tiles are laid
end to end, and the list of its keys.
Shards are only ever added, each complete at once, so that workers cannot get in each other's way
and a killed one loses at most a shard. Deleting the folder costs only time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.tiling import Tiling
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import HasStages, stage_shapes
from inspector.engine.device import Device
from inspector.engine.tiling import cut, portions
from inspector.engine.weights import WeightsFile
from inspector.errors import InspectorError
from inspector.project.snapshots import SnapshotEntry
from inspector.project.workers import is_process_alive
from training import distributed
from training.images import read_batches

_PREPROCESSING = 1  # to be raised when reading or normalising images changes
_SHARD_IMAGES = 256
_LEAST_IMAGES = 32
_READ_BATCH = 16
_LARGEST_HALF = 65504.0
# A cache beyond this share of the free disk is not worth it: features are then computed anew.
_DISK_SHARE = 0.5

Progress = Callable[[int, int, str], None]


class FeatureSource(Protocol):
    """Features of training images by their position, as `Detector.observe` gives them.

    A row is a tile: tile t of image i is row i · tiling.tiles + t. Of whole images it is an image.

    Attributes:
        size: Of a tile (H, W).
        tiling: How the images are tiled.
    """

    size: tuple[int, int]
    tiling: Tiling

    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        """Feature maps [(B, C_i, h_i, w_i)], float32, on the computing device."""
        ...


class Extractor(HasStages, Protocol):
    """What features are computed by: a `Backbone`, or `Pixels`."""

    name: str
    weights: WeightsFile | None

    @property
    def computed_by(self) -> str:
        """The runtime that computes in torch's place; empty for torch."""
        ...

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Images (B, 3, H, W) in [0, 1] to [(B, C_i, H/s_i, W/s_i)]."""
        ...


class Pixels:
    """The image itself as the only stage: so images are cached as features are."""

    name = "pixels"
    channels: tuple[int, ...] = (3,)
    strides: tuple[int, ...] = (1,)
    weights: WeightsFile | None = None
    computed_by = ""

    def __call__(self, images: Tensor) -> list[Tensor]:
        return [images]


class Filled(NamedTuple):
    """Features of those images that could be read.

    Attributes:
        source: Over the readable ones.
        rows: Their positions among those asked for.
        problems: A sentence for each of the others.
    """

    source: FeatureSource
    rows: list[int]
    problems: list[str]


class CachedFeatures:
    """Features from the memory-mapped shards."""

    def __init__(
        self,
        places: Sequence[tuple[NDArray[np.float16], int]],
        shapes: Sequence[tuple[int, int, int]],
        tiling: Tiling,
        device: Device,
    ) -> None:
        self.size = (tiling.side, tiling.side)
        self.tiling = tiling
        self._places = places
        self._shapes = shapes
        self._width = sum(c * h * w for c, h, w in shapes)
        self._device = device

    def _row(self, row: int) -> NDArray[np.float16]:
        image, tile = divmod(row, self.tiling.tiles)
        shard, place = self._places[image]
        return shard[place, tile * self._width : (tile + 1) * self._width]

    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        stacked = np.stack([self._row(row) for row in rows])
        flat = torch.from_numpy(stacked).to(self._device.torch)
        features, start = [], 0
        for channels, height, width in self._shapes:
            end = start + channels * height * width
            stage = flat[:, start:end].view(-1, height, width, channels).permute(0, 3, 1, 2)
            features.append(stage.float())
            start = end
        return features


class LiveFeatures:
    """Features computed for every batch anew: for sets whose cache would not fit the disk."""

    def __init__(
        self,
        backbone: Extractor,
        entries: Sequence[SnapshotEntry],
        size: int | Tiling,
        device: Device,
    ) -> None:
        self.tiling = Tiling.of(size)
        self.size = (self.tiling.side, self.tiling.side)
        self._backbone = backbone
        self._entries = entries
        self._device = device

    @classmethod
    def of_readable(
        cls,
        backbone: Extractor,
        entries: Sequence[SnapshotEntry],
        size: int | Tiling,
        device: Device,
        progress: Progress,
    ) -> Filled:
        """Reads every image once, so that bad ones are known before anything is learned."""
        rows: list[int] = []
        problems: list[str] = []
        tiling = Tiling.of(size)
        at_once = tiling.images_at_once(_READ_BATCH)
        for found in read_batches(entries, tiling.canvas, at_once):
            rows += found.rows
            problems += [error.message for _, error in found.failures]
            progress(len(rows) + len(problems), len(entries), "images")
        return Filled(cls(backbone, [entries[row] for row in rows], tiling, device), rows, problems)

    @torch.no_grad()
    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        """As of any source.

        Raises:
            InspectorError: An image that was readable before is no longer.
        """
        wanted: dict[int, list[int]] = {}
        for row in dict.fromkeys(rows):
            wanted.setdefault(row // self.tiling.tiles, []).append(row)
        # One by one: whole canvases of a batch whose tiles are of many images would not fit.
        found = read_batches([self._entries[image] for image in wanted], self.tiling.canvas, 1)
        tiles: dict[int, Tensor] = {}
        for own, batch in zip(wanted.values(), found, strict=True):
            if batch.failures:
                raise batch.failures[0][1]
            numbers = [row % self.tiling.tiles for row in own]
            tiles.update(zip(own, cut(batch.images, self.tiling, numbers), strict=True))
        images = torch.stack([tiles[row] for row in rows])
        images = images.contiguous(memory_format=torch.channels_last)
        features = self._backbone(images.to(self._device.torch))
        return [feature.float() for feature in features]


class ObservedPixels:
    """Images and what the backbone makes of them, for detectors that need both.

    Only the images are cached: they are small, serve every backbone, and one frozen pass costs
    little beside a fit that passes through an encoder anyway.

    Args:
        pixels: A source over `Pixels`.
        backbone: On the computing device.
    """

    def __init__(self, pixels: FeatureSource, backbone: Backbone) -> None:
        self.size = pixels.size
        self.tiling = pixels.tiling
        self._pixels = pixels
        self._backbone = backbone

    @torch.no_grad()
    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        """The images (B, 3, H, W), then their feature maps."""
        (images,) = self._pixels.batch(rows)
        return [images, *(feature.float() for feature in self._backbone(images))]


class FeatureCache:
    """The cached features of one backbone, or the pixels, at one input size.

    Args:
        root: The project's cache folder.
        backbone: On the computing device.
        size: Side of the square input, or how images are tiled.
        device: Where features are computed and used.
    """

    def __init__(self, root: Path, backbone: Extractor, size: int | Tiling, device: Device) -> None:
        digest = backbone.weights.sha256 if backbone.weights else "none"
        tiling = Tiling.of(size)
        key = f"v{_PREPROCESSING}-{backbone.name}-{digest[:12]}-{tiling.side}-{device.kind}"
        if backbone.computed_by:
            key += f"-{backbone.computed_by}"
        if tiling.count > 1:
            key += f"-{tiling.count}x{tiling.overlap}"
        self._folder = root / "features" / key
        self._backbone = backbone
        self._tiling = tiling
        self._device = device
        self._shapes = stage_shapes(backbone, tiling.side)
        self._width = tiling.tiles * sum(c * h * w for c, h, w in self._shapes)

    def fits(self, entries: Sequence[SnapshotEntry]) -> bool:
        """Whether what is missing of these images leaves the disk enough room."""
        self._folder.mkdir(parents=True, exist_ok=True)
        known = self._open_shards()
        n_missing = sum(_key(entry) not in known for entry in entries)
        return n_missing * self._width * 2 <= _DISK_SHARE * shutil.disk_usage(self._folder).free

    def fill(self, entries: Sequence[SnapshotEntry], progress: Progress) -> Filled:
        """Computes what is missing; several processes share the work."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[int] = []
        if distributed.is_first():
            self._remove_leftovers()
            known = self._open_shards()
            found = [row for row, entry in enumerate(entries) if _key(entry) not in known]
        # The first one's list for all: another worker may add to the shards at any time.
        missing = [entries[row] for row in distributed.exchange(found)[0]]
        problems: list[str] = []
        done = len(entries) - len(missing)
        progress(done, len(entries), "images")
        # Not fewer: every shard is a map of memory, and a process may hold a thousand or so.
        least = min(_LEAST_IMAGES, _SHARD_IMAGES)
        at_once = max(least, self._tiling.images_at_once(_SHARD_IMAGES))
        at_once = min(at_once, max(least, -(-len(missing) // distributed.size())))
        tally = distributed.Tally()

        def add(count: int = 0) -> None:
            progress(done + tally.add(count), len(entries), "images")

        for start in distributed.in_turns(range(0, len(missing), at_once)):
            for count in self._write_shard(missing[start : start + at_once], problems):
                add(count)
        problems = [p for some in distributed.exchange(problems, add) for p in some]
        known = self._open_shards()
        rows = [row for row, entry in enumerate(entries) if _key(entry) in known]
        if len(rows) + len(problems) < len(entries):
            raise InspectorError(
                f"Features in '{self._folder}' were written but cannot be read back.",
                "Delete the project's cache folder and train again.",
            )
        places = [known[_key(entries[row])] for row in rows]
        source = CachedFeatures(places, self._shapes, self._tiling, self._device)
        return Filled(source, rows, problems)

    def _write_shard(self, entries: Sequence[SnapshotEntry], problems: list[str]) -> Iterator[int]:
        """Writes one shard, yielding how many images each batch has dealt with."""
        name = hashlib.sha256("".join(map(_key, entries)).encode()).hexdigest()[:16]
        temporary = self._folder / f".{name}.{os.getpid()}.npy"
        keys: list[str] = []
        try:
            array = np.lib.format.open_memmap(
                temporary, mode="w+", dtype=np.float16, shape=(len(entries), self._width)
            )
            at_once = self._tiling.images_at_once(_READ_BATCH)
            for batch in read_batches(entries, self._tiling.canvas, at_once):
                if batch.rows:
                    flat = self._compute(batch.images)
                    array[len(keys) : len(keys) + len(flat)] = flat
                    keys += [_key(entries[row]) for row in batch.rows]
                problems += [error.message for _, error in batch.failures]
                yield len(batch.rows) + len(batch.failures)
            array.flush()
            del array
            temporary.replace(self._folder / f"{name}.npy")
            # The list of keys comes last: a shard without it does not count.
            index = self._folder / f".{name}.{os.getpid()}.json"
            index.write_bytes(msgspec.json.encode(keys))
            index.replace(self._folder / f"{name}.json")
        finally:
            temporary.unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Deletes the unfinished shards of workers that were killed."""
        for file in self._folder.glob(".*.*.npy"):
            pid = file.name.split(".")[2]
            if not (pid.isdigit() and is_process_alive(int(pid))):
                file.unlink(missing_ok=True)

    def _compute(self, images: Tensor) -> NDArray[np.float16]:
        """(B, 3, canvas, canvas) to the rows of the shard, (B, width): the tiles end to end."""
        parts = [self._features_of(some) for some in portions(images, self._tiling)]
        return np.concatenate(parts).reshape(len(images), self._width)

    @torch.no_grad()
    def _features_of(self, images: Tensor) -> NDArray[np.float16]:
        features = self._backbone(images.to(self._device.torch))
        # Channels last in the file: that is how a CPU wants them back.
        flat = [f.float().permute(0, 2, 3, 1).flatten(1) for f in features]
        half = torch.cat(flat, dim=1).clamp(-_LARGEST_HALF, _LARGEST_HALF).half()
        result: NDArray[np.float16] = half.cpu().numpy()
        return result

    def _open_shards(self) -> dict[str, tuple[NDArray[np.float16], int]]:
        known: dict[str, tuple[NDArray[np.float16], int]] = {}
        for index in sorted(self._folder.glob("*.json")):
            try:
                keys = msgspec.json.decode(index.read_bytes(), type=list[str])
                array = np.load(index.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
            except (OSError, EOFError, ValueError, msgspec.MsgspecError):
                continue  # a damaged shard is computed anew
            if array.shape[1:] == (self._width,) and len(keys) <= len(array):
                known.update((key, (array, row)) for row, key in enumerate(keys))
        return known


def _key(entry: SnapshotEntry) -> str:
    window = "" if entry.window is None else f"-{entry.window.low!r}-{entry.window.high!r}"
    return entry.sha256 + window
