"""Training DMAD and PatchCore as a job: what they learn from, and that a stop changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from inspector.core.images import read_for_model, read_mask
from inspector.core.samples import Truth
from inspector.core.tiling import Tiling
from inspector.engine.annotating import PaintedDefect, with_annotations
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.detectors.patchcore import PatchCore
from inspector.engine.model_files import WEIGHTS_FILE, load_model
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.bank_file import read_banks, write_muted
from inspector.jobs.model_card import read_model_card
from inspector.jobs.spec import ScoreJob, TrainJob, read_job
from inspector.project.project import Project
from inspector.project.results import read_evaluation
from inspector.project.snapshots import SnapshotEntry
from inspector.project.work import Computing, prepare_training
from training.commands import Cancelled, Interrupted
from training.dmad import SUPERVISED, UNSUPERVISED, hinge_loss
from training.score_job import score
from training.train_job import train

N = 18  # normal training images of `tiny_parts`
PARAMETERS: dict[str, dict[str, Any]] = {
    "dmad": {
        "dmad.epochs": 1,
        "dmad.batch_size": 6,
        "dmad.patches": 16,
        "dmad.coreset": 0.05,
        "dmad.outlier_images": 3,
        "dmad.centre_samples": 4,
    },
    "patchcore": {"patchcore.coreset": 0.05},
}
ALIGNMENT = {
    "image_size": 64,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
    "alignment.statistics": "fitted",
}
WITH_FOLDS = {"alignment.statistics": "cross-fitted"}


class Bench:
    """A project of tiny parts in which defects can be painted."""

    def __init__(self, folder: Path, parts: Path) -> None:
        self.folder = folder
        with Project.create(folder) as project:
            project.import_folder(parts)
            self.entries = project.take_snapshot().entries

    def defective(self, class_name: str = "nut") -> SnapshotEntry:
        return next(
            e for e in self.entries if e.truth is Truth.DEFECTIVE and e.class_name == class_name
        )

    def good(self, class_name: str = "nut") -> SnapshotEntry:
        return next(e for e in self.entries if e.truth is Truth.GOOD and e.class_name == class_name)

    def paint(self, *painted: SnapshotEntry) -> None:
        """Paints the data set's own mask, or a square where there is none."""
        with Project.open(self.folder) as project:
            known = {known.name: known for known in project.defect_types()}
            flaw = known.get("flaw") or project.add_defect_type("flaw")
            for entry in painted:
                if entry.masks:
                    mask = read_mask([Path(m) for m in entry.masks])
                else:
                    mask = np.zeros((64, 64), np.bool_)
                    mask[20:40, 20:40] = True
                project.add_annotation(entry.image_id, flaw.type_id, mask, "anna", "brush")

    def job(self, method: str = "dmad", **changes: Any) -> TrainJob:
        with Project.open(self.folder) as project:
            parameters = ALIGNMENT | PARAMETERS[method] | changes
            row = prepare_training(
                project, method, "quick", parameters, Computing("cpu", "float32")
            )
            job = read_job(row.folder)
            assert isinstance(job, TrainJob)
            return job


@pytest.fixture
def bench(tmp_path: Path, tiny_parts: Path) -> Bench:
    return Bench(tmp_path / "project", tiny_parts)


MakeRun = Callable[..., Any]


def trained(job: TrainJob, run: Any) -> Dmad:
    train(job, run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, Dmad)
    return detector


@pytest.mark.parametrize("counts", [True, False])
def test_what_is_ours_counts_where_it_is_wanted(
    bench: Bench, new_run: MakeRun, counts: bool
) -> None:
    wanted = {"dmad.distance": counts, "dmad.likeness": counts}
    detector = trained(bench.job(**wanted), new_run())
    distance, offset, limit, likeness, fresh = detector.blend.tolist()
    if counts:
        assert (limit, likeness, fresh) == (0.5, 1.0, 1.0)
        assert distance > 0
    else:
        assert (distance, offset, limit, likeness) == (0.0, 0.0, float("inf"), 0.0)
        assert fresh > 0
    assert not torch.equal(detector.spread.precision, torch.eye(detector.descriptor_channels))


def test_the_loss_is_the_papers() -> None:
    normal, noisy, abnormal = [0.1, 0.7, -2.0], [0.4, -0.6], [-0.2, 1.0, -9.0, 0.0]
    terms = [
        sum(max(0.0, 0.5 - v) for v in normal) / 3,
        sum(max(0.0, 0.5 + v) for v in noisy) / 2,
        sum(max(0.0, 0.5 + v) for v in abnormal) / 4,
    ]
    scores = [torch.tensor(values) for values in (normal, noisy, abnormal)]
    assert float(hinge_loss(scores, SUPERVISED)) == pytest.approx(
        terms[0] + 0.5 * terms[1] + 15 * terms[2]
    )
    assert float(hinge_loss(scores[:2], UNSUPERVISED)) == pytest.approx(terms[0] + terms[1])


def test_with_nothing_painted_it_learns_unsupervised(bench: Bench, new_run: MakeRun) -> None:
    run = new_run()
    detector = trained(bench.job(), run)
    assert bool(detector.head.attends)
    assert not detector.is_supervised
    assert (len(detector.annotated), len(detector.pseudo), len(detector.fresh)) == (0, 0, 0)
    assert len(detector.normal) == round(0.05 * N * 64)
    assert len(detector.outliers) == round(0.05 * 3 * 64)
    card = read_model_card(run.folder / "model")
    assert card.annotated_images == []
    assert card.steps["detector"] == 3
    assert not any("early" in note for note in card.notes)
    normal = {e.image_id for e in bench.entries if e.is_normal_for_training}
    assert set(detector.normal.sources[:, 0].tolist()) <= normal
    assert set(detector.normal.sources[:, 3].tolist()) == {-1}


def test_one_painted_defect_and_it_learns_from_it(bench: Bench, new_run: MakeRun) -> None:
    defect = bench.defective()
    bench.paint(defect)
    run = new_run()
    detector = trained(bench.job(), run)
    assert detector.is_supervised
    assert len(detector.annotated) > 0
    assert set(detector.annotated.sources[:, 0].tolist()) == {defect.image_id}
    assert len(detector.pseudo) == 4
    assert read_model_card(run.folder / "model").annotated_images == [defect.sha256]
    stored = read_banks(run.folder / "model")
    assert list(stored) == ["normal", "outliers", "annotated", "pseudo", "fresh"]
    assert stored["annotated"].annotation_ids.min() > 0
    place = stored["annotated"].places()[0]
    write_muted(run.folder / "model", [place])
    again = load_model(run.folder / "model")[0].detector
    assert isinstance(again, Dmad)
    assert len(again.annotated) == len(detector.annotated) - 1
    muted = msgspec.structs.replace(bench.job(), muted=(place,))
    assert len(trained(muted, new_run(name="muted")).annotated) == len(detector.annotated) - 1


def test_switches_for_measuring_what_each_part_does(bench: Bench, new_run: MakeRun) -> None:
    bench.paint(bench.defective())
    changes = {
        "dmad.mask_filter": False,
        "dmad.centre_samples": 0,
        "dmad.outlier_images": 0,
        "dmad.attention": "on",
    }
    detector = trained(bench.job(**changes), new_run())
    assert len(detector.annotated) == 64
    assert (len(detector.pseudo), len(detector.outliers)) == (0, 0)
    assert bool(detector.head.attends)


def test_an_image_with_a_painted_defect_is_not_normal(bench: Bench, new_run: MakeRun) -> None:
    normal = next(e for e in bench.entries if e.is_normal_for_training)
    bench.paint(normal)
    run = new_run()
    detector = trained(bench.job(), run)
    assert normal.image_id not in detector.normal.sources[:, 0].tolist()
    card = read_model_card(run.folder / "model")
    assert sum(card.training_images.values()) == N - 1
    assert all(len(t.calibration_scores) == N - 1 for t in card.thresholds.values())


def test_painted_images_do_not_judge_the_model(bench: Bench, new_run: MakeRun) -> None:
    defect = bench.defective()
    bench.paint(defect)
    job = bench.job()
    run = new_run()
    train(job, run)
    asked = ScoreJob(
        model=str(run.folder / "model"),
        snapshot=job.snapshot,
        subset="test",
        evaluate=True,
        device="cpu",
    )
    honest, all_of_them = new_run(name="honest"), new_run(name="all")
    made = score(asked, honest)
    score(msgspec.structs.replace(asked, judge_painted=True), all_of_them)
    assert made["n_painted_left_out"] == 1
    assert any("1 test images are left out" in note for note in honest.notes)
    counts = [
        read_evaluation(r.folder).variants[0].absolute_unified.n_defective
        for r in (honest, all_of_them)
    ]
    assert counts[0] == counts[1] - 1
    assert "learned from the defects painted" in (honest.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize("method", ["dmad", "patchcore"])
def test_stopped_in_each_part_it_ends_with_the_same_weights(
    bench: Bench, new_run: MakeRun, method: str
) -> None:
    bench.paint(bench.defective())
    job = bench.job(method, **WITH_FOLDS)
    whole = new_run(name="whole")
    train(job, whole)
    stops = [("detector", after) for after in (2, 40, 64)] + [("fold-2", 30), ("cada", 1)]
    for seed, (stage, after) in enumerate(stops):
        torch.manual_seed(seed)  # every process has random numbers of its own
        with pytest.raises(Interrupted):
            train(job, new_run(stage=stage, wish=Interrupted, after=after))
    run = new_run()
    train(job, run)
    assert (run.folder / "model" / WEIGHTS_FILE).read_bytes() == (
        whole.folder / "model" / WEIGHTS_FILE
    ).read_bytes()


def test_patchcores_folds_remember_as_many_patches(bench: Bench, new_run: MakeRun) -> None:
    run = new_run()
    train(bench.job("patchcore", **WITH_FOLDS), run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, PatchCore)
    assert len(detector.normal) == round(0.05 * N * 64)
    fits = [e for e in run.of(events.Checkpoint) if e.stage == "detector" or "fold" in e.stage]
    assert {e.step for e in fits} == {len(detector.normal)}
    card = read_model_card(run.folder / "model")
    assert card.steps["detector"] == len(detector.normal)
    assert all(t.held_out for t in card.thresholds.values())


def test_a_bank_that_was_ended_early_has_folds_as_small(bench: Bench, new_run: MakeRun) -> None:
    run = new_run(stage="detector", wish="finish", after=9)
    train(bench.job("patchcore", **WITH_FOLDS), run)
    card = read_model_card(run.folder / "model")
    assert card.steps["detector"] == 10
    assert any("10 of 58" in note for note in card.notes)
    assert all(t.held_out for t in card.thresholds.values())
    fits = [e.step for e in run.of(events.Checkpoint) if e.stage.startswith("fold-")]
    assert fits == [10, 10]


def test_cancelled_it_stops(bench: Bench, new_run: MakeRun) -> None:
    with pytest.raises(Cancelled):
        train(bench.job("patchcore"), new_run(stage="detector", wish=Cancelled, after=5))


def test_textures_of_a_folder_are_used_instead(
    bench: Bench, new_run: MakeRun, tmp_path: Path
) -> None:
    folder = tmp_path / "textures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(rng.integers(0, 255, (70, 90, 3), np.uint8)).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"no image")
    own = trained(bench.job(), new_run(name="own"))
    foreign = trained(bench.job(**{"dmad.textures": str(folder)}), new_run())
    assert torch.equal(own.normal.features, foreign.normal.features)
    assert not torch.equal(own.outliers.features, foreign.outliers.features)
    shutil.rmtree(folder)
    with pytest.raises(InspectorError, match="textures") as caught:
        train(bench.job(**{"dmad.textures": str(folder)}), new_run(name="none"))
    assert "built-in" in caught.value.hint


def test_it_learns_what_is_painted(bench: Bench, new_run: MakeRun) -> None:
    """Over-fit on a tiny set: painted patches end up above all that is normal."""
    defect = bench.defective()
    bench.paint(defect)
    job = bench.job(
        **{
            "dmad.epochs": 60,
            "dmad.patches": 0,
            "dmad.learning_rate": 2e-3,
            "dmad.projection_rate": 1e-3,
        }
    )
    run = new_run()
    detector = trained(job, run)
    losses = [e.value for e in run.of(events.Metric) if e.name == "loss" and e.stage == "detector"]
    assert losses[-1] < losses[0] / 5
    normal = detector.normal.features.float()[None]
    painted = detector.annotated.features.float()[None]
    with torch.inference_mode():
        apart = detector._scores(painted), detector._scores(normal)
    assert float(apart[0].median()) > float(apart[1].quantile(0.95))


def test_at_once_helps_a_model_that_never_saw_a_defect(bench: Bench, new_run: MakeRun) -> None:
    detector = trained(bench.job(), new_run())
    entry = bench.defective()
    pixels = torch.from_numpy(read_for_model(Path(entry.path), 64)).permute(2, 0, 1)[None]
    mask = read_mask([Path(m) for m in entry.masks])
    with torch.inference_mode():
        features = detector.backbone(pixels)
        known = with_annotations(
            detector, [(features, PaintedDefect(1, entry.image_id, mask))], Tiling(64)
        )
        raised = known.predict(pixels).map - detector.predict(pixels).map
    inside = torch.from_numpy(read_mask([Path(m) for m in entry.masks], (64, 64)))
    assert float(raised[0][inside].mean()) > 0.2
    assert float(raised[0][inside].mean()) > 2 * float(raised[0][~inside].mean())
    good = torch.from_numpy(read_for_model(Path(bench.good().path), 64)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        moved = known.predict(good).map - detector.predict(good).map
    assert float(moved.mean()) < 0.1 * float(raised[0][inside].mean())
