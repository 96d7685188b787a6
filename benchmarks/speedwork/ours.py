"""Our side of the comparison: what a user gets, and the bare work below which it cannot go."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from PIL import Image
from serving import Timed, Work, serve
from torch import Tensor

from inspector.core.files import sha256_of
from inspector.core.pixel_metrics import PixelMetrics
from inspector.core.samples import Split, Truth
from inspector.core.tiling import Tiling
from inspector.engine.alignment.variants import VARIANTS, build_aligner
from inspector.engine.backbones import Backbone, load_backbone, random_backbone
from inspector.engine.detectors.patchcore import PatchCore
from inspector.engine.detectors.revdist import RevDist
from inspector.engine.device import Device, make_repeatable
from inspector.engine.folding import fold_batch_norms
from inspector.engine.maps import for_display
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.engine.pipeline import Pipeline
from inspector.engine.runtimes import speed_up
from inspector.errors import InspectorError
from inspector.jobs.parameters import RevDistParameters
from inspector.project.rows_file import RowsFile
from inspector.project.snapshots import SnapshotEntry
from training.coreset import GreedyCover, Projection
from training.fitting import Assignment
from training.images import read_batches
from training.revdist import fit
from training.run import Run

CPU = Device("cpu")


def backbone_of(name: str) -> Backbone:
    """With its weights where they are here, else with random ones: for timings that is the same."""
    try:
        found = load_backbone(name, download=False)
    except InspectorError:
        found = random_backbone(name)
    CPU.place(found)
    return found


def entries_in(folder: str) -> list[SnapshotEntry]:
    """The images of a folder as a snapshot would list them."""
    return [
        SnapshotEntry(
            image_id=number,
            path=str(path),
            sha256=sha256_of(path),
            class_name="part",
            split=Split.TEST,
            truth=Truth.UNKNOWN,
            defect_kind="",
            masks=(),
            window=None,
        )
        for number, path in enumerate(sorted(Path(folder).iterdir()))
    ]


def pipeline_of(method: str, backbone: str, bank: int) -> Pipeline:
    """A model that nobody fitted, with all alignment variants: as fast as a fitted one."""
    torch.manual_seed(0)
    detector: PatchCore | RevDist
    if method == "patchcore":
        detector = PatchCore(backbone_of(backbone))
        channels = detector.descriptor_channels
        detector.normal.fill(torch.randn(bank, channels), torch.zeros(bank, 4))
    else:
        detector = RevDist(backbone_of(backbone))
    aligners = {
        name: build_aligner(name, ["part"], detector.descriptor_channels) for name in VARIANTS
    }
    return Pipeline(detector, aligners, "cada").to(CPU)


def scoring(
    folder: str, method: str, backbone: str, size: int, batch: int, bank: int, count: int
) -> Work:
    """Files to aligned scores of all variants and stored maps, as the scoring job does it."""
    make_repeatable(0)  # as the job
    pipeline = pipeline_of(method, backbone, bank).fold(size, CPU)
    problem = speed_up(pipeline.detector.backbone, size, CPU)
    assert not problem, problem
    entries = entries_in(folder)[:count]

    def work() -> None:
        with tempfile.TemporaryDirectory() as made:
            maps = RowsFile(Path(made) / "maps.npy")
            for read in read_batches(entries, size, batch):
                names = [entries[row].class_name for row in read.rows]
                scored = pipeline.score(read.images, names, CPU, VARIANTS)
                maps.append(for_display(scored.smoothed).cpu().numpy())
                assert len(scored.raw_scores.tolist()) == len(read.rows)
                for values in scored.scores.values():
                    values.tolist()
                scored.descriptors.half().cpu().numpy()
            maps.close()

    return work


def bare(folder: str, backbone: str, size: int, batch: int, count: int) -> Work:
    """Plain decoding in as many threads, then the backbone's forward pass, as fast as ours."""
    body = backbone_of(backbone)
    probe = torch.rand(1, 3, size, size).contiguous(memory_format=torch.channels_last)
    fold_batch_norms(body, lambda: body(probe))
    speed_up(body, size, CPU)
    paths = sorted(Path(folder).iterdir())[:count]

    def decode(path: Path) -> np.ndarray:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)

    images = torch.rand(batch, 3, size, size).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def work() -> dict[str, float]:
        start = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(decode, paths):
                pass
        decoded = time.perf_counter()
        for first in range(0, len(paths), batch):
            body(images[: len(paths) - first])
        return {"decode": decoded - start, "forward": time.perf_counter() - decoded}

    return work


class _Features:
    """Features of some images: in float16 as the feature cache holds them, or made each time."""

    def __init__(self, backbone: Backbone, images: Tensor, *, cached: bool) -> None:
        self._backbone, self._images, self._cached = backbone, images, cached
        self.tiling = Tiling(images.shape[-1])
        self.size = (images.shape[2], images.shape[3])
        with torch.no_grad():
            stages = backbone(images)
        self._stages = [stage.half().permute(0, 2, 3, 1).contiguous() for stage in stages]

    @torch.no_grad()
    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        """Feature maps [(B, C_i, h_i, w_i)], float32."""
        if self._cached:
            return [stage[list(rows)].permute(0, 3, 1, 2).float() for stage in self._stages]
        return self._backbone(self._images[list(rows)])


class _Steps:
    """A run that only counts, and takes the time from the second step on."""

    seconds = 0.0

    def steps(self, model: object, optimiser: object, total: int) -> Iterator[int]:
        """The step numbers."""
        yield 0  # allocates the optimiser's state, which the peer keeps
        start = time.perf_counter()
        yield from range(1, total + 1)
        self.seconds = time.perf_counter() - start

    def metric(self, name: str, step: int, value: float) -> None:
        """Nobody listens."""


def training(backbone: str, size: int, batch: int, steps: int, cached: bool) -> Work:
    """Steps of RevDist's own fit, features from the cache or with the backbone's pass each time."""
    make_repeatable(0)
    body = backbone_of(backbone)
    images = torch.rand(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    detector = RevDist(body)
    CPU.place(detector)
    task = Assignment(
        source=_Features(body, images, cached=cached),
        rows=range(batch),
        entries=(),
        parameters=RevDistParameters(batch_size=batch),
        device=CPU,
        seed=0,
        steps=steps,
        validate=lambda step: None,
    )

    def work() -> Timed:
        run = _Steps()
        fit(detector, task, cast(Run, run))
        return Timed(run.seconds)

    return work


def patches(folder: str, backbone: str, size: int, count: int, out: str) -> Work:
    """Patches of images for both sides' searches, saved as one array (N, C)."""
    body = backbone_of(backbone)
    entries = entries_in(folder)[:count]

    @torch.inference_mode()
    def work() -> list[int]:
        found = [
            as_rows(patch_features(body(read.images))).flatten(0, 1)
            for read in read_batches(entries, size, 8)
        ]
        array = torch.cat(found).numpy()
        np.save(out, array)
        return list(array.shape)

    return work


def coreset(points: str, count: int, width: int) -> Work:
    """A greedy cover as banks are filled, reading and gathering apart; the value is its choice."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))

    def work() -> list[int]:
        projected = Projection(rows.shape[1], width, 0)(rows)
        cover = GreedyCover(projected.sub_(projected.mean(dim=0)), 0)
        for _ in range(count):
            cover.pick()
        return cover.chosen

    return work


def plain_coreset(points: str, count: int, width: int) -> Work:
    """The same in the ten lines that anybody would write."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))

    def work() -> list[int]:
        projected = Projection(rows.shape[1], width, 0)(rows)
        chosen = [0]
        distance = (projected - projected[0]).norm(dim=1)
        while len(chosen) < count:
            chosen.append(int(distance.argmax()))
            found = (projected - projected[chosen[-1]]).norm(dim=1)
            distance = torch.minimum(distance, found)
        return chosen

    return work


def covering_radius(points: str, chosen: list[int]) -> Work:
    """How far the farthest of all points is from its nearest chosen one, unprojected."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))
    return lambda: float(nearest(rows, rows[chosen]).distance.max())


def nearest_neighbours(points: str, bank: int, by: str) -> Work:
    """Of the points behind the bank the nearest in the bank, float16 as it is stored."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))
    entries, queries = rows[:bank].half(), rows[bank:]
    if by == "ours":
        return lambda: float(nearest(queries, entries).distance.mean())
    wide = entries.float()
    if by == "cdist":
        return lambda: float(torch.cdist(queries, wide).min(dim=1).values.mean())
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(wide.numpy())
    return lambda: float(search.kneighbors(queries.numpy())[0].mean())


def metrics(maps: str) -> Work:
    """AUROC, AP, F1-max and AUPRO of the pixels of all maps."""
    with np.load(maps, allow_pickle=False) as saved:
        scores, masks = saved["scores"], saved["masks"]

    def work() -> dict[str, float | None]:
        gathered = PixelMetrics()
        for score, mask in zip(scores, masks, strict=True):
            gathered.update(score, mask)
        result = gathered.result()
        return {"auroc": result.auroc, "aupro": result.aupro}

    return work


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    serve(
        {
            work.__name__: work
            for work in (
                scoring,
                bare,
                training,
                patches,
                coreset,
                plain_coreset,
                covering_radius,
                nearest_neighbours,
                metrics,
            )
        }
    )
