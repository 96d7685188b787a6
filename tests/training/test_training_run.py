"""`Run`: stages, progress, and fits that go on as if they had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inspector.jobs import events
from training.commands import Cancelled, Interrupted

MakeRun = Callable[..., Any]
TOTAL = 10


def net_and_optimiser(seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Dropout(0.5), nn.ReLU(), nn.Linear(16, 1)
    )
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2)


def fit(run: Any, seed: int = 0, total: int = TOTAL) -> tuple[list[int], dict[str, Tensor]]:
    """A fit with dropout, random inputs and a rate that falls: the steps made, and the weights."""
    run.plan("before", "fit")
    run.begin("fit", "Fitting")
    net, optimiser = net_and_optimiser(seed)
    steps = []
    for step in run.steps(net, optimiser, total):
        steps.append(step)
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 / (step + 1)
        optimiser.zero_grad()
        net(torch.randn(8, 4)).square().mean().backward()
        optimiser.step()
    return steps, {name: tensor.clone() for name, tensor in net.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def uninterrupted(new_run: MakeRun) -> dict[str, Tensor]:
    return fit(new_run(name="uninterrupted"))[1]


@pytest.mark.parametrize("made", [1, 4, 9])
def test_four_steps_and_six_more_are_ten(
    new_run: MakeRun, uninterrupted: dict[str, Tensor], made: int
) -> None:
    with pytest.raises(Interrupted):
        fit(new_run(stage="fit", wish=Interrupted, after=made - 1))
    # A new process: other random numbers, other initial weights.
    steps, weights = fit(new_run(), seed=77)
    assert steps == list(range(made, TOTAL))
    assert same(weights, uninterrupted)


def test_a_process_that_was_killed_goes_on_from_its_last_checkpoint(
    new_run: MakeRun, uninterrupted: dict[str, Tensor]
) -> None:
    class Killed(BaseException):
        pass

    with pytest.raises(Killed):  # no code of ours may still run then
        fit(new_run(stage="fit", wish=Killed, after=6, checkpoint_seconds=0.0))
    steps, weights = fit(new_run(), seed=77)
    assert steps == list(range(6, TOTAL))
    assert same(weights, uninterrupted)


def test_without_a_checkpoint_it_begins_again(
    new_run: MakeRun, uninterrupted: dict[str, Tensor]
) -> None:
    run = new_run()
    with pytest.raises(Cancelled):
        fit(new_run(stage="fit", wish=Cancelled, after=5))
    assert run.steps_done() == 0
    steps, weights = fit(run)
    assert steps == list(range(TOTAL))
    assert same(weights, uninterrupted)


def test_a_damaged_checkpoint_costs_only_time(
    new_run: MakeRun, uninterrupted: dict[str, Tensor]
) -> None:
    with pytest.raises(Interrupted):
        run = new_run(stage="fit", wish=Interrupted, after=3)
        fit(run)
    (file,) = (run.folder / "checkpoints").iterdir()
    file.write_bytes(file.read_bytes()[:200])
    steps, weights = fit(new_run())
    assert steps == list(range(TOTAL))
    assert same(weights, uninterrupted)


def test_a_complete_fit_is_not_done_again(
    new_run: MakeRun, uninterrupted: dict[str, Tensor]
) -> None:
    fit(new_run())
    run = new_run()
    steps, weights = fit(run, seed=77)
    assert steps == []
    assert same(weights, uninterrupted)
    assert run.steps_done() == TOTAL
    assert not run.of(events.Checkpoint)


def test_finishing_early_keeps_what_is_learned(new_run: MakeRun) -> None:
    run = new_run(stage="fit", wish="finish", after=3)
    steps, weights = fit(run)
    assert steps == [0, 1, 2, 3]
    assert run.steps_done() == 4
    # Resumed later, the fit counts as complete: its end was asked for.
    steps, restored = fit(new_run(), seed=77)
    assert steps == []
    assert same(restored, weights)


def test_what_is_kept_has_learned_something(new_run: MakeRun) -> None:
    steps, _ = fit(new_run(stage="fit", wish="finish"))
    assert steps == [0]


def test_finishing_one_stage_early_does_not_end_the_next_one(new_run: MakeRun) -> None:
    """Asked for where nothing can be ended early, it must not leave the next fit unlearned."""
    run = new_run(stage="before", wish="finish")
    run.plan("before", "fit")
    run.begin("before", "Reading images")
    steps, _ = fit(run)
    assert steps == list(range(TOTAL))


def test_checkpoints_come_by_time(new_run: MakeRun) -> None:
    often, rarely = new_run(checkpoint_seconds=0.0), new_run(name="rarely")
    fit(often)
    fit(rarely)
    assert [event.step for event in often.of(events.Checkpoint)] == list(range(1, TOTAL + 1))
    assert [event.step for event in rarely.of(events.Checkpoint)] == [TOTAL]
    assert {event.stage for event in often.of(events.Checkpoint)} == {"fit"}


def test_saving_often_changes_nothing(new_run: MakeRun, uninterrupted: dict[str, Tensor]) -> None:
    assert same(fit(new_run(checkpoint_seconds=0.0))[1], uninterrupted)


def test_stages_are_counted_and_metrics_say_where_they_belong(new_run: MakeRun) -> None:
    run = new_run()
    run.plan("one", "two", "three")
    for name in ("one", "two", "three"):
        run.begin(name, name.title())
        run.metric("loss", 3, 0.5)
    stages = run.of(events.Stage)
    assert [(s.name, s.title, s.index, s.count) for s in stages] == [
        ("one", "One", 1, 3),
        ("two", "Two", 2, 3),
        ("three", "Three", 3, 3),
    ]
    assert [m.stage for m in run.of(events.Metric)] == ["one", "two", "three"]


def test_progress_is_not_told_for_every_image_but_at_the_end(new_run: MakeRun) -> None:
    run = new_run()
    run.plan("one")
    run.begin("one", "One")
    for done in range(1, 1001):
        run.progress(done, 1000, "images")
    told = [event.done for event in run.of(events.Progress)]
    assert told[0] == 1
    assert told[-1] == 1000
    assert len(told) < 500


@pytest.mark.parametrize("wish", [Cancelled, Interrupted])
def test_progress_is_where_commands_take_effect(new_run: MakeRun, wish: type[Exception]) -> None:
    run = new_run(stage="one", wish=wish, after=1)
    run.plan("one")
    run.begin("one", "One")
    run.progress(1, 9, "images")
    with pytest.raises(wish):
        run.progress(2, 9, "images")


def test_a_note_is_said_once(new_run: MakeRun) -> None:
    run = new_run()
    for message in ("few images", "slow disk", "few images"):
        run.note(message)
    assert run.notes == ["few images", "slow disk"]
    assert [event.message for event in run.of(events.Note)] == run.notes


def test_a_fit_of_no_steps_is_complete(new_run: MakeRun) -> None:
    net, optimiser = net_and_optimiser(0)
    assert list(new_run().steps(net, optimiser, 0)) == []
