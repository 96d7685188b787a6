"""The scoring job, in this process, against the pipeline on images read one by one."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from inspector.core.evaluation import Expected
from inspector.core.images import read_for_model, read_mask
from inspector.core.samples import Truth
from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.device import Device
from inspector.engine.maps import for_display
from inspector.engine.model_files import load_model
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.model_card import read_model_card
from inspector.jobs.spec import ScoreJob
from inspector.project.project import Project
from inspector.project.results import (
    DESCRIPTORS_FILE,
    EVALUATION_FILE,
    MAPS_FILE,
    REPORT_FILE,
    RESULTS_FILE,
    open_maps,
    read_evaluation,
    read_results,
)
from inspector.project.snapshots import Snapshot
from training.commands import Cancelled
from training.score_job import score

CPU = Device("cpu")


@dataclass(frozen=True)
class Bench:
    """A trained model, a snapshot of its parts, and where these parts lie."""

    model: Path
    snapshot: Snapshot
    snapshot_file: Path
    parts: Path

    def job(self, **changes: Any) -> ScoreJob:
        arguments: dict[str, Any] = {
            "model": str(self.model),
            "snapshot": str(self.snapshot_file),
            "batch_size": 5,
            "device": "cpu",
        }
        return ScoreJob(**(arguments | changes))


@pytest.fixture
def bench(tmp_path: Path, tiny_project: Any) -> Bench:
    """A copy of the sample parts, so that a test may spoil some of them."""
    parts = tmp_path / "parts"
    shutil.copytree(tiny_project.parts, parts)
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        snapshot = project.take_snapshot()
        file = project.snapshot_file(snapshot.snapshot_id)
    return Bench(tiny_project.model.folder, snapshot, file, parts)


@dataclass(frozen=True)
class Alone:
    """What the pipeline says of one image that it is given alone."""

    raw_score: float
    scores: dict[str, float]
    statistics: dict[str, Expected]
    shown_map: NDArray[np.float16]
    descriptor: NDArray[np.float32]
    aligned_map: NDArray[np.float32]


@pytest.fixture(scope="module")
def alone(tiny_project: Any) -> Callable[[str, str], Alone]:
    pipeline, _ = load_model(tiny_project.model.folder)
    pipeline.to(CPU)

    def one(path: str, class_name: str) -> Alone:
        image = torch.from_numpy(read_for_model(Path(path), 64)).permute(2, 0, 1)[None]
        found = pipeline.score(image, [class_name], CPU, VARIANTS)
        cada = found.statistics["cada"]
        aligned = pipeline.aligners["cada"].apply_to(found.smoothed, cada)
        return Alone(
            raw_score=float(found.raw_scores[0]),
            scores={name: float(found.scores[name][0]) for name in VARIANTS},
            statistics={
                name: Expected(float(s.u[0]), float(s.gamma[0]))
                for name, s in found.statistics.items()
                if name != "none"
            },
            shown_map=for_display(found.smoothed)[0].numpy(),
            descriptor=found.descriptors[0].numpy(),
            aligned_map=aligned[0].numpy(),
        )

    return one


def test_scores_are_the_pipelines_on_each_image_alone(
    bench: Bench, alone: Callable[[str, str], Alone], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    made = score(bench.job(), run)
    results = read_results(run.folder)
    assert made == {"results": RESULTS_FILE, "n_scored": 30, "n_unread": 0}
    assert [r.image_id for r in results.scored] == [e.image_id for e in bench.snapshot.entries]
    maps = open_maps(run.folder)
    descriptors = np.load(run.folder / DESCRIPTORS_FILE)
    for row, (found, entry) in enumerate(zip(results.scored, bench.snapshot.entries, strict=True)):
        assert (found.path, found.class_name, found.truth) == (
            entry.path,
            entry.class_name,
            entry.truth,
        )
        expected = alone(entry.path, entry.class_name)
        assert found.raw_score == pytest.approx(expected.raw_score, rel=1e-4)
        assert found.scores == pytest.approx(expected.scores, rel=1e-3)
        assert list(found.statistics) == list(VARIANTS[1:])
        for name, own in found.statistics.items():
            assert own.u == pytest.approx(expected.statistics[name].u, rel=1e-3, abs=1e-5)
            assert own.gamma == pytest.approx(expected.statistics[name].gamma, rel=1e-3, abs=1e-5)
        assert np.allclose(maps[row], expected.shown_map, atol=2e-3)
        assert np.allclose(descriptors[row], expected.descriptor, atol=1e-2)
    assert maps.dtype == np.float16
    assert maps.shape[1:] == (16, 16)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_batch_size_does_not_matter(
    bench: Bench, new_run: Callable[..., Any], batch_size: int
) -> None:
    few, many = new_run(name="a"), new_run(name="b")
    score(bench.job(batch_size=5, subset="test"), few)
    score(bench.job(batch_size=batch_size, subset="test"), many)
    for a, b in zip(read_results(few.folder).scored, read_results(many.folder).scored, strict=True):
        assert a.path == b.path
        assert a.scores == pytest.approx(b.scores, rel=1e-3)


def test_images_that_cannot_be_read_are_listed_and_the_rows_of_the_maps_stay_right(
    bench: Bench, alone: Callable[[str, str], Alone], new_run: Callable[..., Any]
) -> None:
    entries = bench.snapshot.entries
    for place in (0, 6, 7):
        Path(entries[place].path).unlink()
    for place in range(10, 15):  # a whole batch
        Path(entries[place].path).write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    run = new_run()
    made = score(bench.job(), run)
    results = read_results(run.folder)
    gone = {0, 6, 7, *range(10, 15)}
    assert (made["n_scored"], made["n_unread"]) == (22, 8)
    assert [u.image_id for u in results.unread] == [entries[p].image_id for p in sorted(gone)]
    for unread in results.unread:
        assert unread.path in unread.reason
        assert unread.hint
    kept = [entry for place, entry in enumerate(entries) if place not in gone]
    assert [r.path for r in results.scored] == [entry.path for entry in kept]
    maps = open_maps(run.folder)
    for row, entry in enumerate(kept):
        assert np.allclose(maps[row], alone(entry.path, entry.class_name).shown_map, atol=2e-3)


def test_not_one_image_could_be_read(bench: Bench, new_run: Callable[..., Any]) -> None:
    shutil.rmtree(bench.parts)
    run = new_run()
    with pytest.raises(InspectorError, match="No image could be scored") as caught:
        score(bench.job(), run)
    assert caught.value.hint
    assert not (run.folder / RESULTS_FILE).exists()
    assert not (run.folder / MAPS_FILE).exists()


def f1_max(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    precision, recall, _ = precision_recall_curve(labels, scores)
    with np.errstate(invalid="ignore"):
        return float(np.nanmax(2 * precision * recall / (precision + recall)))


def test_the_evaluation_is_what_scikit_learn_makes_of_the_results(
    bench: Bench, alone: Callable[[str, str], Alone], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    made = score(bench.job(subset="test", evaluate=True), run)
    assert made["evaluation"] == EVALUATION_FILE
    assert made["report"] == REPORT_FILE
    results = read_results(run.folder).scored
    evaluation = read_evaluation(run.folder)
    card = read_model_card(bench.model)
    assert [variant.variant for variant in evaluation.variants] == list(VARIANTS)
    for found in evaluation.variants:
        per_class = []
        groups: list[tuple[Any, list[Any]]] = [(found.absolute_unified, list(results))]
        for name, row in found.per_class.items():
            of_class = [r for r in results if r.class_name == name]
            groups.append((row, of_class))
        for row, group in groups:
            labels = np.array([r.truth is Truth.DEFECTIVE for r in group])
            scores = np.array([r.scores[found.variant] for r in group])
            assert row.n_good == (~labels).sum()
            assert row.n_defective == labels.sum()
            assert row.image_auroc == pytest.approx(roc_auc_score(labels, scores))
            assert row.image_ap == pytest.approx(average_precision_score(labels, scores))
            assert row.image_f1_max == pytest.approx(f1_max(labels, scores))
            flagged = scores > card.thresholds[found.variant].value
            assert row.false_positive_rate == pytest.approx(flagged[~labels].mean())
            assert row.true_positive_rate == pytest.approx(flagged[labels].mean())
            per_class.append(row.image_auroc)
        assert found.class_average.image_auroc == pytest.approx(np.mean(per_class[1:]))
        assert found.threshold == card.thresholds[found.variant].value


def test_pixel_metrics_are_those_of_the_aligned_maps(
    bench: Bench, alone: Callable[[str, str], Alone], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    score(bench.job(subset="test", evaluate=True), run)
    found = read_evaluation(run.folder).find("cada")
    assert found is not None
    labels, values = [], []
    for entry in bench.snapshot.test():
        values.append(alone(entry.path, entry.class_name).aligned_map.ravel())
        masks = [Path(mask) for mask in entry.masks]
        labels.append(read_mask(masks, (64, 64)).ravel())
    truth, scores = np.concatenate(labels), np.concatenate(values)
    assert truth.any()
    together = found.absolute_unified
    assert together.pixel_auroc == pytest.approx(roc_auc_score(truth, scores), abs=1e-3)
    assert together.pixel_ap == pytest.approx(average_precision_score(truth, scores), abs=2e-3)


def test_masks_that_vanished_or_changed_cost_their_own_pixels_only(
    bench: Bench, alone: Callable[[str, str], Alone], new_run: Callable[..., Any]
) -> None:
    masked = [entry for entry in bench.snapshot.test() if entry.masks]
    assert len(masked) > 3
    gone, broken, changed = (Path(entry.masks[0]) for entry in masked[:3])
    gone.unlink()
    broken.write_bytes(broken.read_bytes()[:40])
    Image.new("L", (64, 64), 255).save(changed)
    run = new_run()
    score(bench.job(subset="test", evaluate=True), run)
    found = read_evaluation(run.folder).find("cada")
    assert found is not None
    assert found.absolute_unified.n_defective == len(masked)  # as images they all count
    labels, values = [], []
    for entry in bench.snapshot.test():
        if entry not in masked[:3]:
            values.append(alone(entry.path, entry.class_name).aligned_map.ravel())
            labels.append(read_mask([Path(mask) for mask in entry.masks], (64, 64)).ravel())
    expected = roc_auc_score(np.concatenate(labels), np.concatenate(values))
    assert found.absolute_unified.pixel_auroc == pytest.approx(expected, abs=1e-3)
    notes = [event.message for event in run.of(events.Note)]
    assert len(notes) == 4
    for path, note in zip((gone, broken, changed), notes, strict=False):
        assert str(path) in note
    assert "changed since" in notes[2]
    assert "3 of 12 images" in notes[3]
    report = (run.folder / REPORT_FILE).read_text("utf-8")
    assert "Left out of the pixel metrics" in report
    assert "could not be read. Put it back." not in report


def test_a_mask_of_which_nothing_is_left_does_not_make_the_defect_normal(
    bench: Bench, tmp_path: Path, new_run: Callable[..., Any]
) -> None:
    masked = [entry for entry in bench.snapshot.test() if entry.masks]
    empty = Path(masked[0].masks[0])
    Image.new("L", (64, 64), 0).save(empty)
    with Project.create(tmp_path / "other") as project:
        project.import_folder(bench.parts)
        file = project.snapshot_file(project.take_snapshot().snapshot_id)
        run = new_run()
        score(bench.job(snapshot=str(file), subset="test", evaluate=True), run)
    notes = [event.message for event in run.of(events.Note)]
    assert "nothing is left" in notes[0]
    assert str(empty) in notes[0]
    assert "1 of 12 images" in notes[1]


def test_the_test_subset_is_the_snapshots(bench: Bench, new_run: Callable[..., Any]) -> None:
    run = new_run()
    score(bench.job(subset="test"), run)
    expected = [entry.image_id for entry in bench.snapshot.test()]
    assert len(expected) == 12
    assert [r.image_id for r in read_results(run.folder).scored] == expected


def test_raw_scores_and_the_default_come_with_any_variant_asked_for(
    bench: Bench, new_run: Callable[..., Any]
) -> None:
    run = new_run()
    score(bench.job(variants=("cada-a",), subset="test"), run)
    assert {tuple(r.scores) for r in read_results(run.folder).scored} == {
        ("none", "cada-a", "cada")
    }
    run = new_run(name="raw")
    score(bench.job(variants=("none",), subset="test"), run)
    assert {tuple(r.scores) for r in read_results(run.folder).scored} == {("none", "cada")}


def test_an_unknown_variant_is_refused_before_anything_is_scored(
    bench: Bench, new_run: Callable[..., Any]
) -> None:
    run = new_run()
    with pytest.raises(InspectorError, match="'cada-z'") as caught:
        score(bench.job(variants=("cada", "cada-z")), run)
    assert "cada-a" in caught.value.hint
    assert list(run.folder.iterdir()) == []


def test_maps_are_left_out_where_they_are_not_wanted(
    bench: Bench, new_run: Callable[..., Any]
) -> None:
    run = new_run()
    score(bench.job(subset="test", keep_maps=False, evaluate=True), run)
    assert not (run.folder / MAPS_FILE).exists()
    assert (run.folder / REPORT_FILE).exists()


def test_cancelled_scoring_leaves_no_results(bench: Bench, new_run: Callable[..., Any]) -> None:
    run = new_run(stage="score", wish=Cancelled, after=2)
    with pytest.raises(Cancelled):
        score(bench.job(), run)
    assert not (run.folder / RESULTS_FILE).exists()
    assert not (run.folder / MAPS_FILE).exists()


def test_a_model_that_is_not_there(bench: Bench, new_run: Callable[..., Any]) -> None:
    with pytest.raises(InspectorError, match="not a model folder"):
        score(bench.job(model=str(bench.parts)), new_run())


def test_scores_are_finite_for_featureless_images(
    bench: Bench, new_run: Callable[..., Any]
) -> None:
    """A black image, as from a camera whose lamp has failed, must not break a whole scoring."""
    for entry in bench.snapshot.test()[:3]:
        Image.new("L", (64, 64), 0).save(entry.path)
    run = new_run()
    score(bench.job(subset="test", evaluate=True), run)
    for found in read_results(run.folder).scored:
        assert all(math.isfinite(value) for value in found.scores.values())
