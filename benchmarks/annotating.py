"""What painted defects teach DMAD: real parts with 0, 1, 5 and 10 annotated defects a class.

    python benchmarks/annotating.py [--data ../shared/data/parts] [--seeds 0 1 2] [--epochs 3]

The defects are drawn by seed from the test images. All rows of a seed leave out the same images,
those that the row with the most annotations learned from, so that they can be compared. Normal and
outlier bank are filled once: painting does not change them. Scores are raw, of one model for all
classes, on the embedded backbone; PatchCore on the same bank is the reference line.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.core.images import read_mask
from inspector.core.metrics import auroc
from inspector.core.samples import Truth
from inspector.engine.annotating import PaintedDefect, with_annotations
from inspector.engine.backbones import load_backbone
from inspector.engine.detectors.base import Detector
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.detectors.patchcore import PatchCore
from inspector.engine.device import make_repeatable, resolve_device
from inspector.engine.maps import image_score, smooth
from inspector.engine.memory.nearest import Nearest
from inspector.jobs.catalogue import find_method, resolve_parameters
from inspector.jobs.parameters import DmadParameters, planned_steps
from inspector.project.project import Project
from inspector.project.snapshots import SnapshotEntry
from training.dmad import blend, fill_normal_and_outliers, fit_head, fit_spread, take_painted
from training.features import FeatureCache, FeatureSource
from training.fitting import Assignment
from training.painted import PaintedImage
from training.run import Run

LITE = "tf_efficientnet_lite0"
MOST = 10
_PATCHES = 64  # per image and step: half of the quick preset's, for the benchmark's time
ABLATIONS: dict[str, dict[str, Any]] = {
    "without the mask filter": {"mask_filter": False},
    "without anomaly-centre sampling": {"centre_samples": 0},
    "without the outlier bank": {"outlier_images": 0},
    "without the distance": {"distance": False},
    "without the likeness": {"likeness": False},
    "as the paper": {"distance": False, "likeness": False},
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    seed: int
    average: float
    unified: float


class Bench:
    """The images, their features, and the banks that painting does not change."""

    def __init__(self, images: Path, folder: Path, epochs: int) -> None:
        target = folder / "annotating"
        found = Project.open(target) if Project.is_project(target) else Project.create(target)
        with found as project:
            project.import_folder(images)
            snapshot = project.take_snapshot()
        self.device = resolve_device("auto", "float32")
        make_repeatable(0)
        self.backbone = load_backbone(LITE)
        self.device.place(self.backbone)
        normal, test = snapshot.normal_training(), snapshot.test()
        cache = FeatureCache(target / "cache", self.backbone, 256, self.device)
        filled = cache.fill([*normal, *test], lambda done, total, unit: None)
        assert not filled.problems, filled.problems
        self.source: FeatureSource = filled.source
        self.normal: Sequence[SnapshotEntry] = normal
        self.test: Sequence[SnapshotEntry] = test
        self.defective = np.array([entry.truth is Truth.DEFECTIVE for entry in test])
        self.classes = np.array([entry.class_name for entry in test])
        self.masks = [self._mask(entry) for entry in test]
        self._epochs = epochs
        self._folder = folder
        self._known: dict[bytes, Nearest] = {}
        start = time.monotonic()
        self.banks = Dmad(self.backbone)
        self.device.place(self.banks)
        task = self._task({}, (), 0)
        fill_normal_and_outliers(self.banks, task, self._run())
        fit_spread(self.banks, task)
        print(f"banks: {time.monotonic() - start:.0f} s", flush=True)

    @staticmethod
    def _mask(entry: SnapshotEntry) -> NDArray[np.bool_] | None:
        mask = read_mask([Path(file) for file in entry.masks]) if entry.masks else None
        return mask if mask is not None and mask.any() else None

    def draw(self, count: int, seed: int, classes: Collection[str] | None = None) -> list[int]:
        """Test images to annotate: up to `count` a class; a smaller count is part of a larger."""
        rng = np.random.default_rng([seed, 0xD12A])
        drawn: list[int] = []
        for name in sorted(set(self.classes)):
            own = [i for i in np.flatnonzero(self.classes == name) if self.masks[i] is not None]
            order = rng.permutation(own)
            if classes is None or name in classes:
                drawn += order[:count].tolist()
        return drawn

    def painted(self, images: Iterable[int]) -> list[PaintedImage]:
        """Their true masks, as if somebody had painted them."""
        found = []
        for index in images:
            mask = self.masks[index]
            assert mask is not None
            defect = PaintedDefect(index + 1, self.test[index].image_id, mask)
            found.append(PaintedImage(self.source, len(self.normal) + index, (defect,)))
        return found

    def fit(self, images: Sequence[int], seed: int, changes: dict[str, Any]) -> Dmad:
        """DMAD with these test images annotated."""
        torch.manual_seed(seed)
        made = Dmad(self.backbone)
        self.device.place(made)
        bank = self.banks
        made.normal.fill(bank.normal.features, bank.normal.sources)
        made.normal.nearest = self._nearest  # type: ignore[method-assign]
        made.scale.copy_(bank.scale)
        made.spread.load_state_dict(bank.spread.state_dict())
        if changes.get("outlier_images") != 0:
            made.outliers.fill(bank.outliers.features, bank.outliers.sources)
        task = self._task(changes, self.painted(images), seed)
        take_painted(made, task)
        fit_head(made, task, self._run())
        made.eval()
        blend(made, task)
        return made

    def patchcore(self) -> PatchCore:
        """The distance to the same normal bank, and nothing else."""
        made = PatchCore(self.backbone)
        self.device.place(made)
        made.normal.fill(self.banks.normal.features, self.banks.normal.sources)
        made.normal.nearest = self._nearest  # type: ignore[method-assign]
        return made.eval()

    def _nearest(self, queries: torch.Tensor) -> Nearest:
        """The nearest normal entries; each image's are searched once for all models."""
        key = queries[0].cpu().numpy().tobytes() + queries[-1].cpu().numpy().tobytes()
        if key not in self._known:
            self._known[key] = self.banks.normal.nearest(queries)
        return self._known[key]

    def at_once(self, trained: Dmad, images: Sequence[int]) -> Dmad:
        """A trained model that is shown painted defects and not trained again."""
        shown = [
            (self.source.batch([one.image]), defect)
            for one in self.painted(images)
            for defect in one.defects
        ]
        made = with_annotations(trained, shown, self.source.tiling)
        made.normal.nearest = self._nearest  # type: ignore[method-assign]
        return made

    @torch.no_grad()
    def score(self, detector: Detector) -> NDArray[np.float32]:
        """Raw image scores of the test images."""
        percent = resolve_parameters(find_method("dmad"), "quick", {}).common.score_percent
        found = []
        for start in range(0, len(self.test), 16):
            stop = min(start + 16, len(self.test))
            rows = [len(self.normal) + index for index in range(start, stop)]
            prediction = detector.predict_features(self.source.batch(rows), self.source.size)
            found.append(image_score(smooth(prediction.map), percent))
        scores: NDArray[np.float32] = torch.cat(found).cpu().numpy()
        return scores

    def judge(
        self, name: str, seed: int, scores: NDArray[np.float32], left_out: Sequence[int]
    ) -> Row:
        """Class average and pooled AUROC without the images left out."""
        kept = np.ones(len(self.test), np.bool_)
        kept[list(left_out)] = False
        each = [self.auroc_of(one, scores, left_out) for one in sorted(set(self.classes))]
        unified = auroc(self.defective[kept], scores[kept])
        assert unified is not None
        return Row(name, seed, statistics.fmean(each), unified)

    def print_flagged(
        self, name: str, before: NDArray[np.float32], after: NDArray[np.float32]
    ) -> None:
        """How many good parts a threshold flags later that flagged one in twenty of them before."""
        good = ~self.defective
        threshold = np.quantile(before[good], 0.95)
        flagged = [float((scores[good] > threshold).mean()) for scores in (before, after)]
        print(f"  {name}: good parts flagged {flagged[0]:.1%} before, {flagged[1]:.1%} after")

    def auroc_of(self, name: str, scores: NDArray[np.float32], left_out: Sequence[int]) -> float:
        """AUROC of one class without the images left out."""
        own = self.classes == name
        own[list(left_out)] = False
        value = auroc(self.defective[own], scores[own])
        assert value is not None
        return value

    def _task(
        self, changes: dict[str, Any], painted: Sequence[PaintedImage], seed: int
    ) -> Assignment:
        own = {f"dmad.{name}": value for name, value in changes.items()}
        own |= {"dmad.epochs": self._epochs, "dmad.patches": _PATCHES}
        parameters: DmadParameters = resolve_parameters(find_method("dmad"), "quick", own).method
        return Assignment(
            source=self.source,
            rows=range(len(self.normal)),
            entries=self.normal,
            parameters=parameters,
            device=self.device,
            seed=seed,
            steps=planned_steps(parameters, len(self.normal)),
            validate=lambda step: None,
            painted=painted,
        )

    def _run(self) -> Run:
        run = Run(Path(tempfile.mkdtemp(dir=self._folder)), lambda event: None)
        run.plan("fit")
        run.begin("fit", "Fitting")
        return run


def rows_of(bench: Bench, seed: int, counts: Sequence[int], *, everything: bool) -> Iterator[Row]:
    """All lines of one seed; the ablations only where `everything` is asked for."""
    left_out = bench.draw(MOST, seed)
    yield bench.judge("PatchCore", seed, bench.score(bench.patchcore()), left_out)
    for count in counts:
        drawn = bench.draw(count, seed)
        fitted = bench.fit(drawn, seed, {})
        yield bench.judge(f"DMAD, {count} annotated", seed, bench.score(fitted), left_out)
        if count == 0:
            plain = bench.fit(drawn, seed, {"distance": False})
            name = "DMAD, 0 annotated, as the paper"
            yield bench.judge(name, seed, bench.score(plain), left_out)
            before = bench.score(fitted)
            for shown in (1, 5, 10):
                after = bench.score(bench.at_once(fitted, bench.draw(shown, seed)))
                name = f"DMAD, 0 annotated, then {shown} shown at once"
                yield bench.judge(name, seed, after, left_out)
                bench.print_flagged(name, before, after)
    if not everything:
        return
    for name, changes in ABLATIONS.items():
        fitted = bench.fit(bench.draw(5, seed), seed, changes)
        yield bench.judge(f"DMAD, 5 annotated, {name}", seed, bench.score(fitted), left_out)
    others = [bench_without(bench, one, seed, left_out) for one in sorted(set(bench.classes))]
    yield Row(
        "DMAD, 5 annotated on each other class only", seed, statistics.fmean(others), float("nan")
    )


def bench_without(bench: Bench, name: str, seed: int, left_out: Sequence[int]) -> float:
    """AUROC of a class by a model that saw defects of all classes but this one."""
    drawn = bench.draw(5, seed, set(bench.classes) - {name})
    value = bench.auroc_of(name, bench.score(bench.fit(drawn, seed, {})), left_out)
    print(f"  {name} without its own defects: {value:.3f}", flush=True)
    return value


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("INSPECTOR_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default) / "parts")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--counts", nargs="+", type=int, default=[0, 1, 5, 10])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--ablations", nargs="*", type=int, default=[0], help="for these seeds")
    parser.add_argument("--work", type=Path, help="keep features here (default: a temporary one)")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"'{options.data}' is not here: name a folder of parts with masks (--data).")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {' '.join(sys.argv[1:])}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.data, options.work or Path(temporary), options.epochs)
        print("| row | seed | I-AUROC class average | I-AUROC unified |\n|---|---|---|---|")
        for seed in options.seeds:
            everything = seed in options.ablations
            for row in rows_of(bench, seed, options.counts, everything=everything):
                cells = (f"{row.average:.3f}", f"{row.unified:.3f}")
                print(f"| {row.name} | {row.seed} | {' | '.join(cells)} |", flush=True)
                rows.append(row)
    for name in dict.fromkeys(row.name for row in rows):
        own = [row for row in rows if row.name == name]
        if len(own) > 1:
            print(
                f"{name}: class average {_mean_and_spread([r.average for r in own])}, unified "
                f"{_mean_and_spread([r.unified for r in own])} over {len(own)} seeds"
            )


def _mean_and_spread(values: Sequence[float]) -> str:
    return f"{statistics.fmean(values):.3f} ± {statistics.stdev(values):.3f}"


if __name__ == "__main__":
    main()
