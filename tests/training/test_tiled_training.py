"""Training and scoring on tiles: rows are tiles, but images are held out, measured and scored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

import training.images
import training.revdist
import training.train_job
from inspector.core.files import sha256_of
from inspector.core.images import read_for_model
from inspector.core.tiling import Tiling
from inspector.engine.backbones import Backbone
from inspector.engine.detectors.patchcore import PatchCore
from inspector.engine.device import Device
from inspector.engine.maps import image_score, smooth
from inspector.engine.model_files import load_model
from inspector.engine.tiling import cut, predict_images
from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS, resolve_parameters
from inspector.jobs.model_card import ModelCard
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ScoreJob, TrainJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.report.facts import card_facts
from inspector.project.results import REPORT_FILE, open_maps, read_evaluation, read_results
from inspector.project.settling import settle
from inspector.project.snapshots import SnapshotEntry
from inspector.project.work import Computing, prepare_scoring, prepare_training
from training.alignment import AlignmentData, fit_aligners
from training.features import FeatureCache, LiveFeatures
from training.fitting import Assignment
from training.images import read_batches
from training.normal_statistics import measure
from training.run import Run
from training.score_job import score
from training.tails import Classes
from training.train_job import train

CPU = Device("cpu")
TILING = Tiling(64, 2, 16)  # of 64 pixels with a quarter shared
N = 18  # of `tiny_parts`: three classes, six normal training images each
PARAMETERS: dict[str, Any] = {
    "image_size": 64,
    "tiles": 2,
    "alignment.iterations": 5,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}
REVDIST = PARAMETERS | {"revdist.iterations": 2, "revdist.batch_size": 4}


@dataclass(frozen=True)
class Trained:
    """A project with one model, the rows of each fit, and what the aligners were given."""

    project: Project
    model: ModelRow
    card: ModelCard
    fits: list[list[int]]
    aligned: AlignmentData


def trained(project: Project, parts: Path, method: str, changes: dict[str, Any]) -> Trained:
    fits: list[list[int]] = []
    aligned: list[AlignmentData] = []
    fit = training.revdist.fit

    def watched_fit(detector: Any, task: Assignment, run: Run) -> None:
        assert len(task.entries) == N * TILING.tiles
        fits.append(list(task.rows))
        fit(detector, task, run)

    def watched_aligners(data: AlignmentData, *others: Any) -> Any:
        aligned.append(data)
        return fit_aligners(data, *others)

    project.import_folder(parts)
    row = prepare_training(project, method, "quick", changes, Computing("cpu", "float32"))
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.revdist, "fit", watched_fit)
        patch.setattr(training.train_job, "fit_aligners", watched_aligners)
        results = train(job, Run(row.folder, lambda event: None))
    settle(project, row, JobOutcome(state=DONE, results=results))
    model = project.find_model()
    return Trained(project, model, load_model(model.folder)[1], fits, aligned[0])


@pytest.fixture(scope="module")
def revdist(tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path) -> Iterator[Trained]:
    with Project.create(tmp_path_factory.mktemp("tiled") / "project") as project:
        yield trained(project, tiny_parts, "revdist", REVDIST)


def canvas(entry: SnapshotEntry) -> Tensor:
    pixels = read_for_model(Path(entry.path), TILING.canvas, entry.window)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def test_features_are_those_of_the_tiles(
    tmp_path: Path, backbone: Backbone, make_entry: Callable[..., SnapshotEntry]
) -> None:
    entries = [make_entry(seed) for seed in range(3)]
    live = LiveFeatures(backbone, entries, TILING, CPU)
    cached, rows, problems = FeatureCache(tmp_path, backbone, TILING, CPU).fill(
        entries, lambda done, total, unit: None
    )
    assert (rows, problems, live.size, cached.size) == ([0, 1, 2], [], (64, 64), (64, 64))
    with torch.no_grad():
        tiles = torch.cat([cut(canvas(e), TILING, range(TILING.tiles)) for e in entries])
        expected = backbone(tiles)
    chosen = [11, 0, 6, 5, 0]
    for exact, slow, fast in zip(expected, live.batch(chosen), cached.batch(chosen), strict=True):
        assert torch.allclose(slow, exact[chosen], atol=1e-4)
        assert torch.allclose(fast, exact[chosen], atol=2e-2, rtol=1e-2)


def test_caches_of_other_tilings_are_others(
    tmp_path: Path, backbone: Backbone, make_entry: Callable[..., SnapshotEntry]
) -> None:
    entries = [make_entry(seed) for seed in range(2)]
    for tiling in (64, TILING, Tiling(64, 2, 32), Tiling(64, 3, 16)):
        cache = FeatureCache(tmp_path, backbone, tiling, CPU)
        source = cache.fill(entries, lambda done, total, unit: None).source
        assert source.tiling == Tiling.of(tiling)
        last = Tiling.of(tiling).tiles * 2 - 1
        assert source.batch([last])[0].shape == (1, *source.batch([0])[0].shape[1:])
    assert len(list((tmp_path / "features").iterdir())) == 4


def test_an_image_is_decoded_once_for_all_its_tiles(
    backbone: Backbone,
    make_entry: Callable[..., SnapshotEntry],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[Path] = []

    def counted(path: Path, *others: Any) -> Any:
        read.append(path)
        return read_for_model(path, *others)

    monkeypatch.setattr(training.images, "read_for_model", counted)
    live = LiveFeatures(backbone, [make_entry(0), make_entry(1)], TILING, CPU)
    live.batch([1, 4, 2, 3, 1, 7])
    assert len(read) == len(set(read)) == 2


def test_statistics_are_of_whole_images(
    revdist: Trained, backbone: Backbone, make_entry: Callable[..., SnapshotEntry]
) -> None:
    entries = [make_entry(seed) for seed in range(4)]
    pipeline, _ = load_model(revdist.model.folder)
    pipeline.to(CPU)
    source = LiveFeatures(backbone, entries, TILING, CPU)
    found = measure(pipeline.detector, source, [2, 0], pipeline.scorer, CPU)
    with torch.no_grad():
        maps = predict_images(
            pipeline.detector, torch.cat([canvas(entries[2]), canvas(entries[0])]), TILING
        )
    assert torch.allclose(found.statistics.u, maps.map.mean(dim=(1, 2)), atol=1e-5)
    assert torch.allclose(found.statistics.gamma, maps.map.amax(dim=(1, 2)), atol=1e-5)
    as_many = image_score(smooth(maps.map), TILING.percent_of_canvas(1.0))
    assert torch.allclose(found.statistics.score, as_many, atol=1e-5)
    assert torch.allclose(found.descriptors.float(), maps.descriptor, atol=2e-3)


def test_all_tiles_of_an_image_are_held_out_together(revdist: Trained) -> None:
    everything, *folds = revdist.fits
    assert everything == list(range(N * TILING.tiles))
    assert len(folds) == 2
    images = [{row // TILING.tiles for row in rows} for rows in folds]
    assert all(len(rows) == len(of) * TILING.tiles for rows, of in zip(folds, images, strict=True))
    assert images[0] | images[1] == set(range(N)) and not images[0] & images[1]
    assert revdist.aligned.held_out
    assert revdist.aligned.statistics.u.shape == (N,)
    assert len(revdist.aligned.descriptors) == N


def test_the_card_tells_how_images_are_looked_at(revdist: Trained) -> None:
    card = revdist.card
    assert card.tiling == TILING
    assert card_facts(card)["Input"] == "2 × 2 tiles of 64 × 64 pixels"
    assert sum(card.training_images.values()) == N
    assert len(card.thresholds["cada"].calibration_scores) == N


def test_scores_are_those_of_the_pipeline(revdist: Trained) -> None:
    project = revdist.project
    row = prepare_scoring(project, revdist.model, Computing("cpu", "float32"), evaluate=True)
    job = read_job(row.folder)
    assert isinstance(job, ScoreJob)
    score(job, Run(row.folder, lambda event: None))
    found = read_results(row.folder).scored
    maps = open_maps(row.folder)
    assert maps.shape == (len(found), TILING.canvas // 4, TILING.canvas // 4)
    assert (row.folder / REPORT_FILE).exists()
    assert read_evaluation(row.folder).variants
    pipeline, _ = load_model(revdist.model.folder)
    pipeline.to(CPU)
    for result in (found[0], found[-1]):
        pixels = torch.from_numpy(read_for_model(Path(result.path), TILING.canvas))
        alone = pipeline.score(
            pixels.permute(2, 0, 1)[None], [result.class_name], CPU, ["none", "cada"]
        )
        assert result.raw_score == pytest.approx(float(alone.raw_scores[0]), abs=1e-5)
        assert result.scores["cada"] == pytest.approx(float(alone.scores["cada"][0]), abs=1e-4)


def test_a_bank_remembers_patches_of_all_tiles(tmp_path: Path, tiny_parts: Path) -> None:
    changes = PARAMETERS | {"patchcore.coreset": 0.1, "alignment.statistics": "fitted"}
    with Project.create(tmp_path / "project") as project:
        made = trained(project, tiny_parts, "patchcore", changes)
        entries = {e.image_id: e for e in project.take_snapshot().normal_training()}
    pipeline, _ = load_model(made.model.folder)
    pipeline.to(CPU)
    detector = pipeline.detector
    assert isinstance(detector, PatchCore)
    assert len(detector.normal) == round(0.1 * N * TILING.tiles * 64)
    places = detector.normal.sources[:, 1:3]
    assert places.min() == 0 and places.max() == TILING.canvas // 8 - 1
    image_id, row, column, _ = detector.normal.sources[0].tolist()
    seen = pipeline.detector.predict(cut(canvas(entries[image_id]), TILING, range(TILING.tiles)))
    there = [
        tile_map[8 * (row - top // 8), 8 * (column - left // 8)]
        for tile_map, (top, left) in zip(seen.map, map(TILING.corner, range(4)), strict=True)
        if 0 <= row - top // 8 < 8 and 0 <= column - left // 8 < 8
    ]
    assert min(there) < seen.map.median() / 2  # a patch that is in the bank is near it


def test_images_that_a_fusion_is_chosen_on_keep_their_tiles() -> None:
    rows = tuple(range(4 * 23))
    kept, held = Classes(("a",), (rows,)).without_held_out(seed=3, tiles=4)
    assert sorted([*kept.rows[0], *held]) == list(rows)
    assert len({row // 4 for row in held}) * 4 == len(held) == 2 * 4


def test_canvases_that_are_too_large_are_refused() -> None:
    with pytest.raises(InspectorError, match="too large"):
        resolve_parameters(METHODS["revdist"], "quick", {"tiles": 9, "image_size": 1024})
    for method in METHODS.values():
        assert resolve_parameters(method, method.presets[0].name, {"tiles": 2}).common.tiles == 2


def test_large_images_are_decoded_by_one_thread(
    make_entry: Callable[..., SnapshotEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, set[str]] = {}

    def watched(path: Path, *others: Any) -> Any:
        threads.setdefault(path.name, set()).add(threading.current_thread().name)
        return read_for_model(path, *others)

    monkeypatch.setattr(training.images, "read_for_model", watched)
    monkeypatch.setattr(training.images, "_LARGE_PIXELS", 64 * 64 - 1)
    entries = [make_entry(seed) for seed in range(9)]
    Path(entries[4].path).write_bytes(Path(entries[4].path).read_bytes()[:60])
    small = make_entry(9)
    with Image.open(small.path) as opened:
        opened.resize((16, 16)).save(small.path)
    small = replace(small, sha256=sha256_of(Path(small.path)))
    found = [row for batch in read_batches([*entries, small], 32, 3) for row in batch.rows]
    assert found == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    by_large = {name for name, by in threads.items() if by == {"decode-large_0"}}
    assert by_large == {Path(entries[row].path).name for row in found[:-1]}
