"""Data sets to measure on, as folders that can be imported."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import numpy as np

_LEARNED = 0.6  # of elpv's good cells


def real_parts() -> Path | None:
    """The folder of real parts, if it is here."""
    roots = [os.environ.get("INSPECTOR_DATA", ""), "../shared/data"]
    for root in filter(None, roots):
        if (Path(root) / "parts").is_dir():
            return Path(root) / "parts"
    return None


def elpv_data() -> Path | None:
    """The data folder of the package `elpv-dataset` (solar cells), if it is installed."""
    found = importlib.util.find_spec("elpv_dataset")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "data"


def write_elpv(data: Path, target: Path, seed: int = 0) -> None:
    """Mono- and polycrystalline cells, good (0) and defective (1); those in between are left out.

    Six of ten good cells of each class, by seed, are to learn from; all others are test images.
    """
    rng = np.random.default_rng(seed)
    rows = [line.split() for line in (data / "labels.csv").read_text("utf-8").splitlines()]
    for name in ("mono", "poly"):
        good = [Path(file) for file, value, kind in rows if kind == name and float(value) == 0]
        bad = [Path(file) for file, value, kind in rows if kind == name and float(value) == 1]
        order = [good[place] for place in rng.permutation(len(good))]
        learned = round(_LEARNED * len(good))
        parts = {"train/good": order[:learned], "test/good": order[learned:], "test/defect": bad}
        for folder, files in parts.items():
            (target / name / folder).mkdir(parents=True)
            for file in files:
                shutil.copyfile(data / file, target / name / folder / file.name)


def write_polluted(images: Path, target: Path, percent: int, seed: int = 0) -> None:
    """A copy in which this share of every class's training images is defective, unnoticed.

    They come from the test images, by seed, and are no test images any more; as many good training
    images are taken away.
    """
    rng = np.random.default_rng(seed)
    shutil.copytree(images, target)
    for folder in sorted(path for path in target.iterdir() if path.is_dir()):
        train = folder / "train" / "good"
        good = sorted(train.iterdir())
        bad = sorted(
            file
            for kind in (folder / "test").iterdir()
            if kind.name != "good"
            for file in kind.iterdir()
        )
        count = round(percent / 100 * len(good))
        for place in rng.permutation(len(good))[:count]:
            good[place].unlink()
        for place in rng.permutation(len(bad))[:count]:
            file = bad[place]
            for mask in (folder / "ground_truth" / file.parent.name).glob(f"{file.stem}*"):
                mask.unlink()
            file.replace(train / f"unnoticed-{file.parent.name}-{file.name}")
