"""The training job, in this process: which images each part of it sees, and what the card says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file

import training.revdist
import training.train_job
from inspector.core.samples import Truth
from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.detectors.base import Detector
from inspector.engine.model_files import WEIGHTS_FILE, load_model
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.project import Project
from inspector.project.snapshots import SnapshotEntry, digest_of
from inspector.project.work import Computing, prepare_training
from training.alignment import AlignmentData, fit_aligners
from training.commands import Interrupted
from training.features import FeatureCache
from training.fitting import Assignment
from training.normal_statistics import Measured, measure
from training.train_job import train

N = 18  # of `tiny_parts`: three classes, six normal training images each
PARAMETERS = {
    "image_size": 64,
    "revdist.iterations": 3,
    "revdist.batch_size": 4,
    "alignment.iterations": 5,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., TrainJob]:
    """A job on a folder of parts as `prepare_training` makes it, the paths in `tmp_path`."""

    def make(parts: Path, assume: Truth | None = None, **changes: Any) -> TrainJob:
        with Project.create(tmp_path / "project") as project:
            project.import_folder(parts, assume=assume)
            parameters = PARAMETERS | changes
            row = prepare_training(
                project, "revdist", "quick", parameters, Computing("cpu", "float32")
            )
            job = read_job(row.folder)
            assert isinstance(job, TrainJob)
            return job

    return make


@pytest.fixture
def flat_parts(tmp_path: Path, tiny_parts: Path) -> Callable[[int], Path]:
    """A flat folder of so many good parts."""

    def make(n: int) -> Path:
        folder = tmp_path / "few"
        folder.mkdir()
        images = sorted(tiny_parts.glob("*/train/good/*.png"))
        for number, image in enumerate(images[:n]):
            shutil.copy(image, folder / f"{number:02d}.png")
        return folder

    return make


@dataclass
class Watch:
    """Who was fitted on what, who measured what, and what the aligners were given."""

    fitted: list[tuple[Detector, list[int]]] = field(default_factory=list)
    measured: list[tuple[Detector, list[int], Measured]] = field(default_factory=list)
    aligned: list[AlignmentData] = field(default_factory=list)

    def rows_of(self, detector: Detector) -> set[int]:
        (rows,) = (rows for fitted, rows in self.fitted if fitted is detector)
        return set(rows)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Looks over the shoulder of the next training."""
    seen = Watch()
    fit = training.revdist.fit

    def watched_fit(detector: Any, task: Assignment, run: Any) -> None:
        seen.fitted.append((detector, list(task.rows)))
        fit(detector, task, run)

    def watched_measure(detector: Any, source: Any, rows: Sequence[int], *others: Any) -> Measured:
        found = measure(detector, source, rows, *others)
        seen.measured.append((detector, list(rows), found))
        return found

    def watched_aligners(data: AlignmentData, *others: Any) -> Any:
        seen.aligned.append(data)
        return fit_aligners(data, *others)

    monkeypatch.setattr(training.revdist, "fit", watched_fit)
    monkeypatch.setattr(training.train_job, "measure", watched_measure)
    monkeypatch.setattr(training.train_job, "fit_aligners", watched_aligners)
    return seen


def card_of(run: Any) -> ModelCard:
    return read_model_card(run.folder / "model")


def test_a_training_leaves_a_model_that_scores(
    tiny_parts: Path, make_job: Callable[..., TrainJob], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    job = make_job(tiny_parts)
    assert train(job, run) == {"model": "model", "steps": 3}
    card = card_of(run)
    assert card.class_names == ["ceramic", "fabric", "nut"]
    assert card.training_images == {"ceramic": 6, "fabric": 6, "nut": 6}
    assert card.steps["detector"] == 3
    assert set(card.steps) == {"detector", "cada", "cada-b", "cada-q", "cada-sigma"}
    assert card.precision == "float32"
    assert card.parameters["alignment"]["folds"] == 2
    assert "2 folds" in card.alignment_statistics
    assert all(len(t.calibration_scores) == N for t in card.thresholds.values())
    assert all(t.held_out for t in card.thresholds.values())
    pipeline, _ = load_model(run.folder / "model")
    assert tuple(pipeline.aligners) == VARIANTS
    stages = run.of(events.Stage)
    assert [stage.index for stage in stages] == list(range(1, len(stages) + 1))
    assert {stage.count for stage in stages} == {len(stages)}
    assert not (run.folder / "checkpoints").exists()


def test_cross_fit_statistics_are_by_detectors_that_never_saw_the_image(
    tiny_parts: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    watch: Watch,
) -> None:
    train(make_job(tiny_parts, **{"alignment.folds": 3}), new_run())
    (final, everything), *held_out = watch.fitted
    assert everything == list(range(N))
    assert len(held_out) == 3
    for detector, rows in held_out:
        assert len(rows) == 12
        for other, measured, _ in watch.measured:  # validation on the way included
            if other is detector:
                assert not set(measured) & set(rows)
    (data,) = watch.aligned
    assert data.folds is not None
    for row in range(N):
        # The last measurement of an image by a detector of the folds is the one that counts.
        detector, rows, found = next(
            m for m in reversed(watch.measured) if m[0] is not final and row in m[1]
        )
        place = rows.index(row)
        for mine, theirs in zip(data.statistics, found.statistics, strict=True):
            assert mine[row] == theirs[place]
        assert row not in watch.rows_of(detector)
    own = next(m for m in watch.measured if m[0] is final)
    assert own[1] == list(range(N))
    assert torch.equal(data.descriptors, own[2].descriptors)


def test_all_folds_start_alike(
    tiny_parts: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starts: list[dict[str, torch.Tensor]] = []
    fit = training.revdist.fit

    def watched(detector: Any, *others: Any) -> None:
        starts.append({name: t.clone() for name, t in detector.state_dict().items()})
        fit(detector, *others)

    monkeypatch.setattr(training.revdist, "fit", watched)
    train(make_job(tiny_parts), new_run())
    assert len(starts) == 3
    for other in starts[1:]:
        assert all(torch.equal(starts[0][name], other[name]) for name in other)


@pytest.mark.parametrize("n", [1, 5])
def test_few_images_are_noted_and_the_statistics_are_fitted(
    flat_parts: Callable[[int], Path],
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    watch: Watch,
    n: int,
) -> None:
    run = new_run()
    train(make_job(flat_parts(n), Truth.GOOD), run)
    card = card_of(run)
    assert len(watch.fitted) == 1
    assert not watch.aligned[0].held_out
    assert any(f"only {n} normal images" in note and "optimistic" in note for note in card.notes)
    assert "fitted on" in card.alignment_statistics
    assert not any(t.held_out for t in card.thresholds.values())
    weights = load_file(run.folder / "model" / WEIGHTS_FILE)
    assert all(bool(t.isfinite().all()) for t in weights.values())


def test_the_papers_way_is_done_where_asked_for(
    tiny_parts: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    watch: Watch,
) -> None:
    run = new_run()
    train(make_job(tiny_parts, **{"alignment.statistics": "fitted"}), run)
    assert len(watch.fitted) == 1
    (data,) = watch.aligned
    own = next(m for m in watch.measured if m[0] is watch.fitted[0][0])
    assert torch.equal(data.statistics.u, own[2].statistics.u)
    card = card_of(run)
    assert "the paper's way" in card.alignment_statistics
    assert not any(t.held_out for t in card.thresholds.values())
    assert not any("could be held out" in note for note in card.notes)


def test_no_normal_image_is_said_in_one_sentence(
    tmp_path: Path,
    tiny_parts: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
) -> None:
    job = make_job(tiny_parts)
    snapshot = msgspec.json.decode(Path(job.snapshot).read_bytes())
    only_test = [e for e in snapshot["entries"] if e["split"] == "test"]
    entries = msgspec.convert(only_test, tuple[SnapshotEntry, ...])
    snapshot |= {"entries": only_test, "digest": digest_of(entries)}
    file = tmp_path / "only-test.json"
    file.write_bytes(msgspec.json.encode(snapshot))
    with pytest.raises(InspectorError, match="no normal images") as caught:
        train(msgspec.structs.replace(job, snapshot=str(file)), new_run())
    assert "--assume-good" in caught.value.hint


@pytest.mark.parametrize("left", [7, 2, 1])
def test_images_that_went_bad_are_noted_and_the_others_learned_from(
    tiny_parts: Path,
    tmp_path: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    watch: Watch,
    left: int,
) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(tiny_parts, parts)
    job = make_job(parts)
    images = sorted(parts.glob("*/train/good/*.png"))
    for image in images[left:]:
        image.write_bytes(image.read_bytes()[:50])
    run = new_run()
    train(job, run)
    card = card_of(run)
    assert sum(card.training_images.values()) == left
    bad = [note for note in card.notes if note.startswith("Left out of training")]
    assert len(bad) == N - left
    assert str(images[left]) in bad[0]
    assert watch.fitted[0][1] == list(range(left))
    assert all(len(t.calibration_scores) == left for t in card.thresholds.values())
    weights = load_file(run.folder / "model" / WEIGHTS_FILE)
    assert all(bool(t.isfinite().all()) for t in weights.values())


def test_images_that_went_bad_are_left_out_without_a_cache_too(
    tiny_parts: Path,
    tmp_path: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FeatureCache, "fits", lambda *_: False)
    parts = tmp_path / "parts"
    shutil.copytree(tiny_parts, parts)
    job = make_job(parts, **{"alignment.statistics": "fitted"})
    sorted(parts.glob("*/train/good/*.png"))[3].unlink()
    run = new_run()
    train(job, run)
    card = card_of(run)
    assert sum(card.training_images.values()) == N - 1
    assert [note.split(":")[0] for note in card.notes[:2]] == [
        "The feature cache would not fit the disk; features are computed in every step.",
        "Left out of training",
    ]


def test_not_one_readable_image(
    tiny_parts: Path,
    tmp_path: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(tiny_parts, parts)
    job = make_job(parts)
    shutil.rmtree(parts)
    with pytest.raises(InspectorError, match="None of the normal images"):
        train(job, new_run())


def test_a_detector_that_is_finished_early_is_kept_and_its_folds_do_as_many_steps(
    tiny_parts: Path, make_job: Callable[..., TrainJob], new_run: Callable[..., Any]
) -> None:
    run = new_run(stage="detector", wish="finish", after=4)
    results = train(make_job(tiny_parts, **{"revdist.iterations": 500}), run)
    assert results["steps"] == 5
    card = card_of(run)
    assert card.steps["detector"] == 5
    assert any("early after 5 of 500" in note for note in card.notes)
    fits = [e for e in run.of(events.Checkpoint) if e.stage == "detector" or "fold" in e.stage]
    assert [event.step for event in fits] == [5, 5, 5]
    assert all(t.held_out for t in card.thresholds.values())


def test_holding_out_that_is_finished_early_falls_back_to_fitted_statistics(
    tiny_parts: Path,
    make_job: Callable[..., TrainJob],
    new_run: Callable[..., Any],
    watch: Watch,
) -> None:
    run = new_run(stage="fold-2", wish="finish")
    train(make_job(tiny_parts, **{"revdist.iterations": 6}), run)
    card = card_of(run)
    assert len(watch.fitted) == 3  # all of it, fold 1, the beginning of fold 2
    assert not watch.aligned[0].held_out
    assert any("ended early" in note for note in card.notes)
    assert not any(t.held_out for t in card.thresholds.values())
    assert "fitted on" in card.alignment_statistics


def test_stopped_in_one_stage_after_the_other_it_ends_with_the_same_weights(
    tiny_parts: Path, make_job: Callable[..., TrainJob], new_run: Callable[..., Any]
) -> None:
    job = make_job(tiny_parts)
    whole = new_run(name="whole")
    train(job, whole)
    job = msgspec.structs.replace(job, cache=job.cache + "-of-its-own")
    for seed, stage in enumerate(("features", "fold-2", "measure", "cada", "calibration-2")):
        torch.manual_seed(seed)  # every process has random numbers of its own
        with pytest.raises(Interrupted):
            train(job, new_run(stage=stage, wish=Interrupted))
    run = new_run()
    train(job, run)
    assert (run.folder / "model" / WEIGHTS_FILE).read_bytes() == (
        whole.folder / "model" / WEIGHTS_FILE
    ).read_bytes()
    resumed, uninterrupted = card_of(run), card_of(whole)
    assert resumed.thresholds == uninterrupted.thresholds
    assert resumed.notes == uninterrupted.notes


def test_a_run_that_was_killed_after_saving_keeps_the_saved_model(
    tiny_parts: Path, make_job: Callable[..., TrainJob], new_run: Callable[..., Any]
) -> None:
    job = make_job(tiny_parts, **{"alignment.statistics": "fitted"})
    run = new_run()
    train(job, run)
    before = {p.name: p.read_bytes() for p in (run.folder / "model").iterdir()}
    train(job, new_run())
    assert {p.name: p.read_bytes() for p in (run.folder / "model").iterdir()} == before
