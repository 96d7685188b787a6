"""The feature cache: the same features, computed once, whatever happened to its files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

import training.features
from inspector.core.windows import IntensityWindow
from inspector.engine.backbones import Backbone
from inspector.engine.device import Device
from inspector.errors import InspectorError
from inspector.project.snapshots import SnapshotEntry
from training.features import FeatureCache, FeatureSource, LiveFeatures

MakeEntry = Callable[..., SnapshotEntry]
SIZE = 64
CPU = Device("cpu")


class Filled(NamedTuple):
    """What filling a cache gave, and how many images went through the backbone for it."""

    source: FeatureSource
    rows: list[int]
    problems: list[str]
    computed: int


@contextmanager
def images_seen(backbone: Backbone) -> Iterator[list[int]]:
    seen: list[int] = []
    hook = backbone.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    try:
        yield seen
    finally:
        hook.remove()


@pytest.fixture
def fill(tmp_path: Path, backbone: Backbone) -> Callable[[Sequence[SnapshotEntry]], Filled]:
    """Fills the cache in `tmp_path/cache` anew, as another process would."""

    def filled(entries: Sequence[SnapshotEntry]) -> Filled:
        cache = FeatureCache(tmp_path / "cache", backbone, SIZE, CPU)
        with images_seen(backbone) as seen:
            found = cache.fill(entries, lambda done, total, unit: None)
        return Filled(*found, computed=sum(seen))

    return filled


def files(tmp_path: Path, suffix: str) -> list[Path]:
    found = (tmp_path / "cache").rglob(f"*{suffix}")
    return sorted(path for path in found if path.is_file())


def same(a: FeatureSource, b: FeatureSource, rows: Sequence[int], tolerance: float = 0.0) -> bool:
    pairs = zip(a.batch(rows), b.batch(rows), strict=True)
    return all(torch.allclose(x, y, rtol=tolerance, atol=tolerance) for x, y in pairs)


def test_cached_features_are_the_live_ones(
    backbone: Backbone, make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    entries = [make_entry(seed) for seed in range(5)]
    cached, rows, problems, computed = fill(entries)
    live = LiveFeatures(backbone, entries, SIZE, CPU)
    assert rows == [0, 1, 2, 3, 4]
    assert problems == []
    assert computed == 5
    chosen = [3, 0, 3, 1]
    found, expected = cached.batch(chosen), live.batch(chosen)
    assert [f.shape for f in found] == [(4, 24, 16, 16), (4, 40, 8, 8), (4, 112, 4, 4)]
    assert cached.size == live.size == (SIZE, SIZE)
    for half, full in zip(found, expected, strict=True):
        assert half.dtype == torch.float32
        # float16 keeps 11 bits; very small values keep fewer.
        assert torch.allclose(half, full, rtol=2**-10, atol=1e-4)


def test_the_second_filling_computes_nothing(
    make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    entries = [make_entry(seed) for seed in range(5)]
    first = fill(entries)
    again = fill(entries)
    assert (first.computed, again.computed) == (5, 0)
    assert same(first.source, again.source, range(5))


def test_only_new_images_are_computed_and_the_order_is_the_one_asked_for(
    make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    entries = [make_entry(seed) for seed in range(6)]
    old = fill(entries[:4])
    mixed = [entries[5], entries[2], entries[4], entries[0]]
    new = fill(mixed)
    assert new.computed == 2
    assert new.rows == [0, 1, 2, 3]
    for position, old_row in ((1, 2), (3, 0)):
        for x, y in zip(new.source.batch([position]), old.source.batch([old_row]), strict=True):
            assert torch.equal(x, y)


def test_an_image_that_moved_or_comes_twice_is_computed_once(
    tmp_path: Path, make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    entry = make_entry(1)
    fill([entry])
    moved = tmp_path / "elsewhere.png"
    Path(entry.path).rename(moved)
    found = fill([replace(entry, path=str(moved), image_id=9), replace(entry, path=str(moved))])
    assert found.computed == 0
    assert found.rows == [0, 1]


@pytest.mark.parametrize("shard_images", [3, 256])
def test_shards_do_not_matter(
    make_entry: MakeEntry,
    fill: Callable[..., Filled],
    backbone: Backbone,
    monkeypatch: pytest.MonkeyPatch,
    shard_images: int,
) -> None:
    monkeypatch.setattr(training.features, "_SHARD_IMAGES", shard_images)
    entries = [make_entry(seed) for seed in range(8)]
    live = LiveFeatures(backbone, entries, SIZE, CPU)
    assert same(fill(entries).source, live, range(8), tolerance=1e-2)


def test_a_killed_filling_loses_at_most_a_shard(
    tmp_path: Path,
    backbone: Backbone,
    make_entry: MakeEntry,
    fill: Callable[..., Filled],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training.features, "_SHARD_IMAGES", 3)
    entries = [make_entry(seed) for seed in range(8)]

    def stop(done: int, total: int, unit: str) -> None:
        assert (total, unit) == (8, "images")
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        FeatureCache(tmp_path / "cache", backbone, SIZE, CPU).fill(entries, stop)
    assert not [path for path in files(tmp_path, "") if path.name.startswith(".")]
    assert fill(entries).computed <= 5


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    path.write_bytes(b"\x93not what it was" * 9)


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("damage", [truncate, empty, overwrite, Path.unlink])
def test_a_damaged_shard_is_computed_again(
    tmp_path: Path,
    make_entry: MakeEntry,
    fill: Callable[..., Filled],
    suffix: str,
    damage: Callable[[Path], None],
) -> None:
    entries = [make_entry(seed) for seed in range(4)]
    expected = [f.clone() for f in fill(entries).source.batch(range(4))]
    (shard,) = files(tmp_path, suffix)
    damage(shard)
    found = fill(entries)
    assert found.computed == 4
    assert found.rows == [0, 1, 2, 3]
    assert all(map(torch.equal, found.source.batch(range(4)), expected))
    assert fill(entries).computed == 0


def test_a_shard_of_another_size_does_not_count(
    tmp_path: Path, make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    entries = [make_entry(seed) for seed in range(3)]
    fill(entries)
    (shard,) = files(tmp_path, ".npy")
    np.save(shard, np.zeros((3, 7), np.float16))
    assert fill(entries).computed == 3


def test_bad_images_are_reported_and_the_others_serve(
    make_entry: MakeEntry, fill: Callable[..., Filled], backbone: Backbone
) -> None:
    entries = [make_entry(seed) for seed in range(6)]
    truncate(Path(entries[1].path))
    Path(entries[4].path).unlink()
    found = fill(entries)
    assert found.rows == [0, 2, 3, 5]
    assert len(found.problems) == 2
    for entry, problem in zip((entries[1], entries[4]), found.problems, strict=True):
        assert entry.path in problem
    readable = [entries[row] for row in found.rows]
    live = LiveFeatures(backbone, readable, SIZE, CPU)
    assert same(found.source, live, range(4), tolerance=1e-2)


def test_not_one_readable_image(make_entry: MakeEntry, fill: Callable[..., Filled]) -> None:
    entries = [make_entry(seed) for seed in range(2)]
    for entry in entries:
        empty(Path(entry.path))
    found = fill(entries)
    assert found.rows == []
    assert len(found.problems) == 2


def test_two_windows_of_one_image_are_two_looks(
    make_entry: MakeEntry, fill: Callable[..., Filled], backbone: Backbone
) -> None:
    plain = make_entry(3, sixteen_bits=True)
    looks = [
        plain,
        replace(plain, window=IntensityWindow(0.0, 20_000.0)),
        replace(plain, window=IntensityWindow(10_000.0, 60_000.0)),
    ]
    found = fill(looks)
    assert found.computed == 3
    again = fill(looks[::-1])
    assert again.computed == 0
    live = LiveFeatures(backbone, looks, SIZE, CPU)
    for row in range(3):
        assert same(found.source, live, [row], tolerance=1e-2)
        for x, y in zip(found.source.batch([row]), again.source.batch([2 - row]), strict=True):
            assert torch.equal(x, y)
    assert not torch.allclose(found.source.batch([1])[0], found.source.batch([2])[0], atol=0.1)


def test_windows_that_differ_little_are_not_taken_for_one(
    make_entry: MakeEntry, fill: Callable[..., Filled]
) -> None:
    plain = make_entry(3, sixteen_bits=True)
    windows = (IntensityWindow(12_000.0, 43_210.0), IntensityWindow(12_000.0, 43_211.0))
    found = fill([replace(plain, window=window) for window in windows])
    assert found.computed == 2


def test_sizes_do_not_mix(
    tmp_path: Path, make_entry: MakeEntry, fill: Callable[..., Filled], backbone: Backbone
) -> None:
    entries = [make_entry(0)]
    fill(entries)
    with images_seen(backbone) as seen:
        FeatureCache(tmp_path / "cache", backbone, 96, CPU).fill(
            entries, lambda done, total, unit: None
        )
    assert sum(seen) == 1


def test_whether_the_cache_fits_the_disk(
    tmp_path: Path, make_entry: MakeEntry, backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path / "cache", backbone, SIZE, CPU)
    entries = [make_entry(seed) for seed in range(11)]
    bytes_per_image = 2 * (24 * 16 * 16 + 40 * 8 * 8 + 112 * 4 * 4)

    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(free=20 * bytes_per_image))
    assert cache.fits(entries[:10])
    assert not cache.fits(entries)
    cache.fill(entries[:2], lambda done, total, unit: None)
    assert cache.fits(entries)  # only what is missing counts


def test_bad_images_are_left_out_of_live_features_as_of_cached_ones(
    make_entry: MakeEntry, fill: Callable[..., Filled], backbone: Backbone
) -> None:
    entries = [make_entry(seed) for seed in range(20)]
    truncate(Path(entries[1].path))
    Path(entries[17].path).unlink()
    done: list[int] = []
    live = LiveFeatures.of_readable(
        backbone, entries, SIZE, CPU, lambda n, total, unit: done.append(n)
    )
    cached = fill(entries)
    assert live.rows == cached.rows
    assert live.problems == cached.problems
    assert done[-1] == 20
    assert same(live.source, cached.source, range(18), tolerance=1e-2)


def test_live_features_name_an_image_that_cannot_be_read(
    make_entry: MakeEntry, backbone: Backbone
) -> None:
    entries = [make_entry(seed) for seed in range(2)]
    empty(Path(entries[1].path))
    with pytest.raises(InspectorError, match="0001"):
        LiveFeatures(backbone, entries, SIZE, CPU).batch([0, 1])


def test_what_a_killed_worker_left_is_removed_and_a_living_ones_is_not(
    tmp_path: Path, make_entry: MakeEntry, backbone: Backbone
) -> None:
    cache = FeatureCache(tmp_path / "cache", backbone, SIZE, CPU)
    cache.fits([])  # makes the folder
    (folder,) = (tmp_path / "cache" / "features").iterdir()
    dead, living = folder / ".abc.999999999.npy", folder / f".abc.{os.getpid()}.npy"
    dead.touch()
    living.touch()
    cache.fill([make_entry(1)], lambda done, total, unit: None)
    assert not dead.exists()
    assert living.exists()
