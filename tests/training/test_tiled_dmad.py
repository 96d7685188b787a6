"""DMAD on tiles: what its banks know, learning at once, and a small defect in a large image."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.core.files import sha256_of
from inspector.core.images import read_for_model, read_mask
from inspector.core.patch_grid import in_tiles, patches_of_mask
from inspector.core.samples import Truth
from inspector.core.tiling import Tiling
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.device import Device
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.engine.model_files import load_model
from inspector.engine.rescoring import Rescorer
from inspector.engine.tiling import cut
from inspector.errors import InspectorError
from inspector.jobs.bank_file import read_banks, write_muted
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import LearnJob, ScoreJob, TrainJob, read_job
from inspector.project.learning import Order, prepare_learning
from inspector.project.project import Project
from inspector.project.results import open_maps, read_results
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.snapshots import SnapshotEntry
from inspector.project.work import Computing, prepare_retraining, prepare_scoring, prepare_training
from training.commands import Interrupted
from training.dmad import _some
from training.fitting import Assignment
from training.learn_job import Learner
from training.outliers import texture_patches
from training.run import Run
from training.score_job import score
from training.train_job import train

CPU = Computing("cpu", "float32")
TILING = Tiling(64, 2, 16)  # 64 pixels with a quarter shared
GRID = TILING.canvas // 8
N = 18  # normal training images of `tiny_parts`
TEXTURES = 2
PARAMETERS: dict[str, Any] = {
    "image_size": 64,
    "tiles": 2,
    "dmad.epochs": 1,
    "dmad.batch_size": 6,
    "dmad.patches": 16,
    "dmad.coreset": 0.02,
    "dmad.outlier_images": TEXTURES,
    "dmad.centre_samples": 4,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}


def run_of(row: RunRow) -> Run:
    return Run(row.folder, lambda event: None)


def trained(project: Project, row: RunRow) -> Dmad:
    """Carries out a training; the newest model of the project is it."""
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    settle(project, row, JobOutcome(state=DONE, results=train(job, run_of(row))))
    detector = load_model(project.find_model().folder)[0].detector
    assert isinstance(detector, Dmad)
    return detector


def scored(project: Project) -> RunRow:
    """Scores all images with the newest model."""
    row = prepare_scoring(project, project.find_model(), CPU)
    job = read_job(row.folder)
    assert isinstance(job, ScoreJob)
    settle(project, row, JobOutcome(state=DONE, results=score(job, run_of(row))))
    return row


def learned(project: Project, learner: Learner, current: int | None = None) -> RunRow:
    """Takes what is painted into the newest model at once."""
    row = prepare_learning(project, project.find_model(), CPU, Order(current), anyway=True)
    assert row is not None
    job = read_job(row.folder)
    assert isinstance(job, LearnJob)
    settle(project, row, JobOutcome(state=DONE, results=learner.learn(job, run_of(row))))
    return row


def paint(project: Project, image_id: int, mask: np.ndarray) -> None:
    known = {known.name: known for known in project.defect_types()}
    flaw = known.get("flaw") or project.add_defect_type("flaw")
    project.add_annotation(image_id, flaw.type_id, mask, "anna", "brush")


def across(image_id: int, project: Project) -> None:
    """Paints where four tiles overlap, and beside it."""
    mask = np.zeros((64, 64), np.bool_)
    mask[24:44, 26:36] = True
    paint(project, image_id, mask)


@dataclass(frozen=True)
class Made:
    """A project with a model that learned from one painted mask."""

    folder: Path
    detector: Dmad
    entries: dict[int, SnapshotEntry]
    painted: SnapshotEntry


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path) -> Made:
    with Project.create(tmp_path_factory.mktemp("tiled") / "project") as project:
        project.import_folder(tiny_parts)
        entries = {entry.image_id: entry for entry in project.take_snapshot().entries}
        painted = next(e for e in entries.values() if e.truth is Truth.DEFECTIVE)
        across(painted.image_id, project)
        detector = trained(project, prepare_training(project, "dmad", "quick", PARAMETERS, CPU))
        scored(project)
        return Made(project.folder, detector, entries, painted)


@pytest.fixture
def project(made: Made, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(made.folder, tmp_path / "project")
    with Project.open(tmp_path / "project") as project:
        yield project


def patches_in(made: Made, image_id: int) -> Tensor:
    """All patches of all tiles of an image, (tiles, N, C)."""
    entry = made.entries[image_id]
    pixels = read_for_model(Path(entry.path), TILING.canvas, entry.window)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    Device("cpu").place(made.detector.backbone)
    with torch.inference_mode():
        tiles = cut(image, TILING, range(TILING.tiles))
        return as_rows(patch_features(made.detector.backbone(tiles)))


def seen_at(patches: Tensor, row: int, column: int) -> list[tuple[int, Tensor]]:
    """A place of the canvas as each tile sees it, with its number in the tile."""
    found = []
    for tile, (top, left) in enumerate(map(TILING.corner, range(TILING.tiles))):
        r, c = row - top // 8, column - left // 8
        if 0 <= r < 8 and 0 <= c < 8:
            found.append((8 * r + c, patches[tile, 8 * r + c]))
    return found


def off(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


def places_of(bank: Bank) -> Iterator[tuple[Tensor, int, int, int]]:
    for features, source in zip(bank.features.float(), bank.sources.tolist(), strict=True):
        yield features, source[0], source[1], source[2]


def test_a_normal_entry_lies_where_it_was_seen(made: Made) -> None:
    bank = made.detector.normal
    assert len(bank) == round(0.02 * N * TILING.tiles * 64)
    assert bank.sources[:, 1:3].min() == 0 and bank.sources[:, 1:3].max() == GRID - 1
    assert set(bank.sources[:, 0].tolist()) <= {
        e.image_id for e in made.entries.values() if e.is_normal_for_training
    }
    known = {image: patches_in(made, image) for image in set(bank.sources[:, 0].tolist())}
    beside = []
    for features, image, row, column in places_of(bank):
        assert min(off(features, f) for _, f in seen_at(known[image], row, column)) < 0.02
        there = seen_at(known[image], (row + 1) % GRID, column)
        beside.append(min(off(features, f) for _, f in there))
    assert np.median(beside) > 0.2  # so that the wrong place would be noticed


def test_an_outlier_is_a_texture_over_what_was_seen_at_its_place(made: Made) -> None:
    textures = texture_patches("", made.detector.backbone, 64, TEXTURES, 0, torch.device("cpu"))
    assert len(made.detector.outliers) == round(0.02 * TEXTURES * 64)
    for features, image, row, column in places_of(made.detector.outliers):
        blends = [
            0.6 * texture[number].float() + 0.4 * normal
            for number, normal in seen_at(patches_in(made, image), row, column)
            for texture in textures
        ]
        assert min(off(features, blend) for blend in blends) < 0.02


def test_a_painted_entry_is_seen_by_the_tile_in_whose_middle_it_lies(made: Made) -> None:
    bank, image_id = made.detector.annotated, made.painted.image_id
    mask = np.zeros((64, 64), np.bool_)
    mask[24:44, 26:36] = True
    wanted = np.argwhere(patches_of_mask(mask, (TILING.canvas, TILING.canvas)))
    assert bank.sources[:, 1:3].tolist() == wanted.tolist()  # each place once
    assert set(bank.sources[:, 0].tolist()) == {image_id}
    patches = patches_in(made, image_id)
    tiles, numbers = in_tiles(wanted, TILING)
    assert set(tiles.tolist()) == {0, 1, 2, 3}
    for features, tile, number in zip(bank.features.float(), tiles, numbers, strict=True):
        assert off(features, patches[int(tile), int(number)]) < 0.02
    assert len(made.detector.pseudo) == 4  # one centre for the whole mask
    assert set(made.detector.pseudo.sources[:, 3].tolist()) == set(bank.sources[:, 3].tolist())
    assert made.detector.is_supervised and len(made.detector.filters) == 1


def test_its_thresholds_come_from_images_that_were_held_out(made: Made) -> None:
    with Project.open(made.folder) as project:
        card = load_model(project.find_model().folder)[1]
    assert card.tiling == TILING
    assert card.annotated_images == [made.painted.sha256]
    assert all(t.held_out and len(t.calibration_scores) == N for t in card.thresholds.values())


def test_a_stopped_training_ends_with_the_same_weights(
    project: Project, made: Made, new_run: Callable[..., Any]
) -> None:
    row = prepare_training(project, "dmad", "quick", PARAMETERS, CPU)
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    for stage, after in (("detector", 30), ("fold-2", 30)):
        with pytest.raises(Interrupted):
            train(job, new_run(stage=stage, wish=Interrupted, after=after))
    run = new_run()
    train(job, run)
    folder = project.find_model().folder
    assert sha256_of(run.folder / "model" / WEIGHTS_FILE) == sha256_of(folder / WEIGHTS_FILE)


def test_muted_patches_are_left_out_of_another_training_on_the_same_grid(
    project: Project, made: Made
) -> None:
    model = project.find_model()
    places = read_banks(model.folder)["annotated"].places()
    write_muted(model.folder, places[:2])
    again = prepare_retraining(project, model, {}, CPU)
    assert msgspec.json.decode((again.folder / "job.json").read_bytes())["muted"]
    muted = trained(project, again)
    left = {(a, r, c) for _, r, c, a in muted.annotated.sources.tolist()}
    assert left == set(places[2:])
    for other in ({"tiles": 1}, {"tiles": 3}, {"tile_overlap": 0.5}, {"image_size": 96}):
        with pytest.raises(InspectorError, match="muted") as raised:
            prepare_retraining(project, model, other, CPU)
        assert "image_size=64" in raised.value.hint and "tiles (2)" in raised.value.hint


def test_what_is_looked_at_of_normal_images_lies_in_all_their_tiles(made: Made) -> None:
    """A fixed step through the rows would meet the same tile of every image."""

    @dataclass
    class Source:
        tiling: Tiling

    def looked_at(tiling: Tiling, images: int) -> list[int]:
        rows = range(images * tiling.tiles)
        task = Assignment(Source(tiling), rows, [], None, None, 3, 0, print)  # type: ignore[arg-type]
        return list(_some(task))

    found = looked_at(TILING, 320)
    assert 64 <= len(found) < 128 and len(set(found)) == len(found)
    assert np.bincount(np.array(found) % TILING.tiles).min() >= 8
    assert looked_at(TILING, 5) == list(range(20))
    assert looked_at(Tiling(64), 320) == list(range(0, 320, 5))


def assert_same_scores(one: RunRow, other: RunRow) -> None:
    results = {found.image_id: (row, found) for row, found in by_row(one)}
    maps, others = open_maps(one.folder), open_maps(other.folder)
    for row, wanted in by_row(other):
        place, found = results[wanted.image_id]
        assert found.raw_score == pytest.approx(wanted.raw_score, abs=1e-3)
        assert found.scores == pytest.approx(wanted.scores, rel=2e-3, abs=1e-3)
        assert np.allclose(maps[place], others[row], rtol=2e-3, atol=4e-3)
    assert len(results) == len(by_row(other)) == 30


def by_row(run: RunRow) -> list[tuple[int, Any]]:
    return list(enumerate(read_results(run.folder).scored))


def test_at_once_it_scores_as_the_model_that_has_learned_does(
    project: Project, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {found.image_id: found.raw_score for _, found in by_row(scored(project))}
    defective = [e for e in made.entries.values() if e.truth is Truth.DEFECTIVE and e.masks]
    first, second = [e for e in defective if e.image_id != made.painted.image_id][:2]
    learner = Learner()

    def never(*arguments: Any) -> Any:
        raise AssertionError("an image was looked at again")

    across(first.image_id, project)
    with monkeypatch.context() as patch:
        patch.setattr(Rescorer, "score", never)  # scoring has laid down what is needed
        run = learned(project, learner, first.image_id)
    assert_same_scores(run, scored(project))
    fresh = read_banks(project.find_model().folder)["fresh"]
    assert set(zip(fresh.rows.tolist(), fresh.columns.tolist(), strict=True)) == {
        (r, c) for _, r, c, _ in made.detector.annotated.sources.tolist()
    }
    paint(project, second.image_id, read_mask([Path(m) for m in second.masks]))
    again = learned(project, learner, second.image_id)
    assert_same_scores(again, scored(project))
    found = {one.image_id: one.raw_score for _, one in by_row(again)}
    assert found[second.image_id] > before[second.image_id] + 0.2
    assert all(found[image] >= before[image] - 1e-3 for image in found)
    shutil.rmtree(project.cache_folder / "assessed")
    write_muted(project.find_model().folder, fresh.places()[::2])
    assert_same_scores(learned(project, Learner()), scored(project))
