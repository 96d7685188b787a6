"""Memory of a coreset over an MVTec-size training set: 3 629 images × 784 patches × 1 536 channels.

    python benchmarks/coreset_memory.py [--images 3629] [--picks 200]

The patches are random and made image by image, as training reads them from the feature cache; the
bank is ended after some picks, as memory does not depend on their number. Prints the process's peak
memory, and how often it tells how far it is.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch

from inspector.engine.memory.bank import Bank
from inspector.jobs.events import Event
from inspector.jobs.parameters import DmadParameters
from training.banks import Cover, fill_bank
from training.run import Run

CHANNELS = 1536
SIDE = 224  # 28×28 patches


class RandomPatches:
    """Patches of images that are never there all at once."""

    size = (SIDE, SIDE)

    def __init__(self, images: int) -> None:
        self.count = images

    def read(self, positions: Sequence[int]) -> torch.Tensor:
        """(B, 784, 1536), the same ones each time."""
        found = []
        for position in positions:
            generator = torch.Generator().manual_seed(position)
            found.append(torch.rand(784, CHANNELS, generator=generator))
        return torch.stack(found)

    def image_id(self, position: int) -> int:
        """Its position."""
        return position

    def origin(self, position: int) -> tuple[int, int]:
        """That of a whole image."""
        return 0, 0


def peak_gigabytes() -> float:
    """Of this process, since it began."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 2**30 if sys.platform == "darwin" else used / 2**20


def main() -> None:
    """Fills the bank and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=3629)
    parser.add_argument("--picks", type=int, default=200)
    options = parser.parse_args()
    parameters = DmadParameters()
    told: list[float] = []

    def hear(event: Event) -> None:
        told.append(time.monotonic())

    print(f"before: {peak_gigabytes():.2f} GB, torch {torch.__version__}", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), hear, checkpoint_seconds=1e9)
        run.plan("detector")
        run.begin("detector", "Learning what is normal")
        cover = Cover(options.picks, parameters.coreset_width, parameters.coreset_points, 0)
        fill_bank(Bank(CHANNELS), RandomPatches(options.images), cover, run)
    waits = [after - before for before, after in pairwise(told)]
    print(
        f"{options.images * 784:,} patches, {options.picks} picks: peak {peak_gigabytes():.2f} GB, "
        f"{time.monotonic() - start:.0f} s, longest silence {max(waits):.1f} s"
    )


if __name__ == "__main__":
    main()
