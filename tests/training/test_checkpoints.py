"""Checkpoints: exact, whole, or as if they were not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from inspector.errors import InspectorError
from training.checkpoints import Checkpoints, pack_training, unpack_model, unpack_optimiser


def network(seed: int) -> nn.Sequential:
    """A net with weights, batch statistics and dropout, channels last as in a training."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.GELU(), nn.Dropout(0.5), nn.Conv2d(8, 2, 3)
    )
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def optimisers(net: nn.Module) -> list[torch.optim.Optimizer]:
    return [
        torch.optim.AdamW(net.parameters(), lr=1e-2, amsgrad=True),
        torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9),
        torch.optim.SGD(net.parameters(), lr=1e-2),  # keeps no state at all
    ]


def update(net: nn.Module, optimiser: torch.optim.Optimizer) -> float:
    loss = net(torch.rand(4, 3, 8, 8)).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.item())


def equal(a: object, b: object) -> bool:
    """Bitwise, through nested containers."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b


@pytest.mark.parametrize("kind", range(3))
def test_a_training_comes_back_bit_for_bit(tmp_path: Path, kind: int) -> None:
    net = network(seed=1)
    optimiser = optimisers(net)[kind]
    for _ in range(3):
        update(net, optimiser)
    tensors, facts = pack_training(net, optimiser)
    Checkpoints(tmp_path / "run" / "checkpoints").save("fit", tensors, facts | {"step": 3})
    before = net.state_dict(), optimiser.state_dict()
    expected = torch.rand(5)

    other = network(seed=2)
    restored = optimisers(other)[kind]
    saved = Checkpoints(tmp_path / "run" / "checkpoints").load("fit")
    assert saved is not None
    assert saved.facts["step"] == 3
    unpack_model(saved, other)
    unpack_optimiser(saved, restored)
    assert equal(dict(other.state_dict()), dict(before[0]))
    assert equal(restored.state_dict(), before[1])
    assert torch.equal(torch.rand(5), expected)


def test_saving_does_not_disturb_the_training(tmp_path: Path) -> None:
    def losses(checkpoints: Checkpoints | None) -> list[float]:
        net = network(seed=1)
        optimiser = optimisers(net)[0]
        found = []
        for _ in range(4):
            found.append(update(net, optimiser))
            if checkpoints is not None:
                checkpoints.save("fit", *pack_training(net, optimiser))
        return found

    assert losses(Checkpoints(tmp_path)) == losses(None)


def test_stages_are_apart_and_the_newest_counts(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.load("one") is None
    checkpoints.save("one", {"x": torch.tensor([1])}, {"step": 1})
    checkpoints.save("two", {}, {"step": 2})  # facts alone
    checkpoints.save("one", {"x": torch.tensor([3])}, {"step": 3})
    one, two = checkpoints.load("one"), checkpoints.load("two")
    assert one is not None
    assert two is not None
    assert (one.facts, two.facts) == ({"step": 3}, {"step": 2})
    assert one.tensors["x"].tolist() == [3]
    checkpoints.clear()
    checkpoints.clear()
    assert checkpoints.load("one") is None


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("fit", {"x": torch.arange(100.0)}, {"step": 1})
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    damaged = [whole[:length] for length in range(0, len(whole), 13)]
    damaged += [whole + b"x", b"\0" * len(whole), b"\xff" * len(whole), b"{}"]
    for content in damaged:
        file.write_bytes(content)
        assert checkpoints.load("fit") is None
    file.write_bytes(whole)
    assert checkpoints.load("fit") is not None


def test_a_failed_write_leaves_the_last_good_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("fit", {"x": torch.tensor([1])}, {"step": 1})

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(InspectorError, match="No space left"):
        checkpoints.save("fit", {"x": torch.tensor([2])}, {"step": 2})
    saved = checkpoints.load("fit")
    assert saved is not None
    assert saved.tensors["x"].tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["fit.safetensors"]
