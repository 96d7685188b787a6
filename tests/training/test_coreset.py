"""The greedy cover against a naive one, its memory, and filling banks in stages that can stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import training.coreset
from inspector.engine.memory.bank import Bank
from inspector.jobs import events
from training.banks import Cover, fill_bank
from training.commands import Interrupted
from training.coreset import GreedyCover, Projection

CHANNELS = 6


def clustered(count: int, width: int, seed: int) -> Tensor:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 4, (5, width))
    return torch.from_numpy(
        (centres[rng.integers(5, size=count)] + rng.normal(0, 1, (count, width))).astype(np.float32)
    )


def naive_cover(points: Tensor, first: int, count: int) -> list[int]:
    """Greedy k-centre, word for word."""
    chosen = [first]
    while len(chosen) < count:
        nearest = np.full(len(points), np.inf)
        for centre in chosen:
            nearest = np.minimum(nearest, np.linalg.norm(points - points[centre], axis=1))
        chosen.append(int(nearest.argmax()))
    return chosen


def covered(points: Tensor, count: int, first: int = 0) -> GreedyCover:
    cover = GreedyCover(points, first)
    for _ in range(count):
        cover.pick()
    return cover


@settings(derandomize=True, max_examples=30, deadline=None)
@given(count=st.integers(2, 120), width=st.integers(1, 8), seed=st.integers(0, 500))
def test_the_cover_is_the_naive_one(count: int, width: int, seed: int) -> None:
    points = clustered(count, width, seed)
    size = max(1, count // 3)
    cover = covered(points, size, first=count // 2)
    assert cover.chosen == naive_cover(points, count // 2, size)
    exact = points.double()
    apart = torch.cdist(exact, exact[cover.chosen]).amin(dim=1)
    torch.testing.assert_close(cover.distance.double(), apart, rtol=1e-4, atol=5e-3)
    assert cover.radius == pytest.approx(float(apart.max()), rel=1e-4, abs=5e-3)


@pytest.mark.parametrize(("name", "value"), [("_BLOCK", 7), ("_AT_ONCE", 3), ("_CANDIDATES", 5)])
def test_how_much_is_done_at_once_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    points = clustered(300, 4, 0)
    whole = covered(points, 60).chosen
    monkeypatch.setattr(training.coreset, name, value)
    assert covered(points, 60).chosen == whole


@settings(derandomize=True, max_examples=30, deadline=None)
@given(count=st.integers(20, 150), seed=st.integers(0, 500), few=st.integers(1, 12))
def test_few_candidates_find_the_naive_cover(count: int, seed: int, few: int) -> None:
    points = clustered(count, 3, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.coreset, "_CANDIDATES", few)
        patch.setattr(training.coreset, "_AT_ONCE", 4)
        assert covered(points, count // 3).chosen == naive_cover(points, 0, count // 3)


def test_the_reach_is_the_radius_before_the_newest_centre() -> None:
    cover = GreedyCover(clustered(400, 5, 2), 0)
    cover.pick()
    for _ in range(70):
        radius = cover.radius
        cover.pick()
        assert cover.reach == pytest.approx(radius, rel=1e-4)
    for _ in range(70):  # now without being asked between
        cover.pick()
        assert cover.reach <= radius


def test_asking_for_the_radius_changes_nothing() -> None:
    points = clustered(400, 5, 2)
    asked = GreedyCover(points, 0)
    for number in range(90):
        asked.pick()
        if number % 7 == 0:
            assert asked.radius > 0
    assert asked.chosen == covered(points, 90).chosen


def test_it_covers_within_twice_the_best_radius() -> None:
    """Gonzalez's bound: no k centres can cover better than by half. Random ones are worse."""
    points = clustered(600, 3, 1)
    radii = [covered(points, count).radius for count in (1, 5, 20, 80)]
    assert radii == sorted(radii, reverse=True)
    rng = np.random.default_rng(0)
    random = [
        float(torch.cdist(points, points[rng.permutation(600)[:20]]).amin(dim=1).max())
        for _ in range(20)
    ]
    assert radii[2] < min(random)
    next_centre = points[covered(points, 21).chosen]
    packing = torch.cdist(next_centre, next_centre).fill_diagonal_(torch.inf).min()
    assert radii[2] <= float(packing) + 1e-4  # 21 points so far apart: 20 balls of half cannot do


def test_where_all_points_are_centres_it_picks_no_more() -> None:
    points = torch.tensor([[0.0], [1.0], [1.0], [0.0], [5.0]])
    cover = covered(points, 5)
    assert cover.chosen == [0, 4, 1]
    assert cover.radius == 0


def test_most_points_need_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes large sets possible: points far from the new centre are not touched."""
    looked = 0
    distances = training.coreset._distances

    def counted(points: Tensor, squares: Tensor, centres: Tensor) -> Tensor:
        nonlocal looked
        looked += len(points) * len(centres)
        return distances(points, squares, centres)

    points = clustered(4000, 2, 3)
    monkeypatch.setattr(training.coreset, "_distances", counted)
    covered(points, 1000)
    assert looked < 0.5 * 4000 * 1000  # a third; without looking at the triangle all of them


def test_a_projection_keeps_distances_nearly() -> None:
    points = torch.randn(60, 1000, generator=torch.Generator().manual_seed(0))
    project = Projection(1000, 256, seed=3)
    ratio = (torch.pdist(project(points)) / torch.pdist(points)).numpy()
    assert project(points).shape == (60, 256)
    assert 0.75 < ratio.min() < ratio.max() < 1.25
    assert torch.equal(project(points), Projection(1000, 256, seed=3)(points))
    assert not torch.equal(project(points), Projection(1000, 256, seed=4)(points))
    assert Projection(1000, None, seed=3)(points) is points
    assert Projection(1000, 1000, seed=3)(points) is points


class Patches:
    """Made-up patches of images, remembering how many are read at once."""

    size = (64, 64)

    def __init__(self, count: int = 12, seed: int = 0) -> None:
        self.count = count
        self.data = clustered(count * 64, CHANNELS, seed).half().float().view(count, 64, CHANNELS)
        self.most_read = 0

    def read(self, positions: Sequence[int]) -> Tensor:
        self.most_read = max(self.most_read, len(positions))
        return self.data[list(positions)]

    def image_id(self, position: int) -> int:
        return 100 + position

    def origin(self, position: int) -> tuple[int, int]:
        return 0, 0


MakeRun = Callable[..., Any]


def ready(run: Any) -> Any:
    run.plan("bank")
    run.begin("bank", "Filling")
    return run


def filled(
    run: Any,
    size: int = 40,
    width: int = 0,
    patches: Patches | None = None,
    points: int = 10_000_000,
) -> Bank:
    bank = Bank(CHANNELS)
    fill_bank(bank, patches or Patches(), Cover(size, width, points, seed=5), ready(run))
    return bank


def test_a_bank_is_the_greedy_cover_of_all_patches(new_run: MakeRun) -> None:
    patches = Patches()
    run = new_run()
    bank = filled(run, patches=patches)
    everything = patches.data.flatten(0, 1)
    first = (bank.sources[0, 0] - 100) * 64 + bank.sources[0, 1] * 8 + bank.sources[0, 2]
    chosen = naive_cover(everything, int(first), 40)
    assert torch.equal(bank.features, everything[chosen].half())
    expected = [[100 + row // 64, row % 64 // 8, row % 8, -1] for row in chosen]
    assert bank.sources.tolist() == expected
    told = {event.unit: event for event in run.of(events.Progress)}
    assert (told["patches"].done, told["patches"].total) == (12 * 64, 12 * 64)
    assert (told["bank entries"].done, told["bank entries"].total) == (40, 40)
    radii = [e.value for e in run.of(events.Metric) if e.name == "covering_radius"]
    assert radii == sorted(radii, reverse=True)


def test_it_is_the_same_each_time_and_another_for_another_seed(new_run: MakeRun) -> None:
    first, second = filled(new_run(name="a"), width=3), filled(new_run(name="b"), width=3)
    assert torch.equal(first.features, second.features)
    other = Bank(CHANNELS)
    fill_bank(other, Patches(), Cover(40, 3, 10_000_000, seed=6), ready(new_run(name="c")))
    assert not torch.equal(first.features, other.features)


@pytest.mark.parametrize("after", [0, 3, 17, 39])
def test_interrupted_it_goes_on_to_the_same_bank(new_run: MakeRun, after: int) -> None:
    whole = filled(new_run(name="whole"), width=3)
    with pytest.raises(Interrupted):
        filled(new_run(stage="bank", wish=Interrupted, after=after), width=3)
    resumed = filled(new_run(), width=3)
    assert torch.equal(resumed.features, whole.features)
    assert torch.equal(resumed.sources, whole.sources)


def test_killed_it_goes_on_from_its_checkpoint(new_run: MakeRun) -> None:
    class Killed(BaseException):
        pass

    whole = filled(new_run(name="whole"))
    with pytest.raises(Killed):
        filled(new_run(stage="bank", wish=Killed, after=20, checkpoint_seconds=0.0))
    run = new_run()
    assert torch.equal(filled(run).features, whole.features)
    first = next(e for e in run.of(events.Progress) if e.unit == "bank entries")
    assert first.done > 10


def test_a_complete_bank_is_not_chosen_again(
    new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled(new_run())
    monkeypatch.setattr(GreedyCover, "pick", lambda self: pytest.fail("picked again"))
    assert torch.equal(filled(new_run()).features, whole.features)


def test_finished_early_it_is_smaller_and_says_so(new_run: MakeRun) -> None:
    run = new_run(stage="bank", wish="finish", after=9)
    bank = filled(run)
    assert len(bank) == 10
    assert run.ended_early()
    assert any("10 of 40" in note for note in run.notes)
    assert torch.equal(bank.features, filled(new_run(name="whole")).features[:10])


def test_more_entries_than_patches_is_all_of_them(new_run: MakeRun) -> None:
    run = new_run()
    bank = filled(run, size=10_000, patches=Patches(2))
    assert len(bank) == 128
    assert not run.ended_early()


def test_memory_is_bounded_by_the_projected_points(
    new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only blocks are widened, only batches of images read: nothing is as large as the set."""

    class Largest(TorchDispatchMode):
        size = 0

        def __torch_dispatch__(self, op: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = op(*args, **(kwargs or {}))
            for tensor in tree_leaves(made):
                if isinstance(tensor, Tensor):
                    self.size = max(self.size, tensor.numel() * tensor.element_size())
            return made

    patches = Patches(100)
    monkeypatch.setattr(training.coreset, "_BLOCK", 64)
    with Largest() as largest:
        filled(new_run(), size=30, width=4, patches=patches)
    assert patches.most_read <= 16
    points = 100 * 64
    assert largest.size == points * 4 * 4  # four float32 a point, which had six channels


def test_of_a_huge_set_evenly_many_patches_are_drawn(new_run: MakeRun) -> None:
    run, patches = new_run(), Patches()
    bank = filled(run, size=60, patches=patches, points=12 * 10 + 3)
    assert next(e.total for e in run.of(events.Progress) if e.unit == "patches") == 120
    for features, (image, row, column, _) in zip(bank.features, bank.sources.tolist(), strict=True):
        assert torch.equal(features.float(), patches.data[image - 100, row * 8 + column])


def test_features_are_read_from_a_memory_map(new_run: MakeRun, tmp_path: Path) -> None:
    file = tmp_path / "patches.npy"
    np.save(file, Patches(40).data.numpy())

    class Mapped(Patches):
        def __init__(self) -> None:
            super().__init__(1)
            self.count = 40
            self.mapped = np.load(file, mmap_mode="r")

        def read(self, positions: Sequence[int]) -> Tensor:
            return torch.from_numpy(np.stack([self.mapped[p] for p in positions]))

    expected = filled(new_run(name="memory"), patches=Patches(40))
    assert torch.equal(filled(new_run(), patches=Mapped()).features, expected.features)
