"""Run by `test_distributed`, in two processes: what they learn together, written by the first."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from training import distributed
from training.processes import own_place
from training.run import QuietRun, Run

STEPS, BATCH = 6, 8


def learn(run: Run) -> nn.Module:
    """A few steps of a small network with batch statistics, on made-up images; a steep rate, and
    a limit of the gradient that is always in force."""
    images = torch.randn(BATCH * STEPS, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(216, 5)
    )
    model = model.append(nn.BatchNorm1d(5))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    run.plan("detector")
    run.begin("detector", "Learning")
    for step in run.steps(model, optimiser, STEPS):
        chosen = distributed.own(range(step * BATCH, (step + 1) * BATCH))
        found: Tensor = model(images[chosen])
        loss = (found - images[chosen].mean(dim=(1, 2, 3))[:, None]).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.05)
        optimiser.step()
    return model


def main(folder: Path) -> None:
    """Both processes."""
    place = own_place()
    distributed.join(place, None, "cpu")
    run = Run(folder, lambda event: None) if place.rank == 0 else QuietRun(folder)
    model = learn(run)

    assert distributed.exchange({"rank": place.rank}) == [{"rank": 0}, {"rank": 1}]
    shares = distributed.everyones(torch.full((2, 3), float(place.rank)))
    np.testing.assert_array_equal(shares, [[0] * 3] * 2 + [[1] * 3] * 2)
    tally = distributed.Tally()
    tally.add(2 + place.rank)
    distributed.exchange(None)
    assert tally.add(0) == 5
    other = nn.Linear(3, 3)
    run.by_first(other, lambda: nn.init.constant_(other.weight, 7.0))
    assert bool((other.weight == 7).all())

    same = distributed.everyones(torch.cat([p.flatten() for p in model.parameters()])[None])
    assert torch.equal(same[0], same[1])
    if place.rank == 0:
        save_file(model.state_dict(), folder / "together.safetensors")
    else:
        (folder / "drawn").write_text(str(torch.rand(1).item()))
    distributed.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
