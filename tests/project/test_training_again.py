"""Training a model again: what is new, what the run is asked to do, and who replaces whom."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from inspector.core.evaluation import evaluate
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.jobs.bank_file import write_muted
from inspector.jobs.model_card import CARD_FILE, ModelCard, read_model_card
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import MODEL_FOLDER, TrainJob, read_job
from inspector.project.candidates import candidates, decide, parent_of
from inspector.project.comparing import compare_models
from inspector.project.models import ModelRow
from inspector.project.news import News, news_since
from inspector.project.project import Project
from inspector.project.results import read_evaluation, read_results
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.verdicts import Trace, Verdict
from inspector.project.work import Computing, prepare_retraining, prepare_scoring

CPU = Computing("cpu", "float32")


@pytest.fixture
def trained(tmp_path: Path, tiny_project: Any) -> Iterator[Project]:
    """A copy of the small trained project."""
    shutil.copytree(tiny_project.folder, tmp_path / "trained")
    with Project.open(tmp_path / "trained") as project:
        yield project


def change_card(model: ModelRow, **changes: Any) -> None:
    card = msgspec.structs.replace(read_model_card(model.folder), **changes)
    (model.folder / CARD_FILE).write_bytes(msgspec.json.encode(card))


def paint(project: Project, image_id: int) -> None:
    types = project.defect_types() or (project.add_defect_type("scratch"),)
    record = next(i.record for i in project.images() if i.image_id == image_id)
    mask = np.zeros((record.height or 0, record.width or 0), np.bool_)
    mask[10:30, 10:30] = True
    project.set_mask(image_id, types[0].type_id, mask, "brush", "Ada")


def finish(project: Project, run: RunRow) -> ModelRow:
    """Ends a training as a worker would, with a copy of the parent's weights."""
    job = read_job(run.folder)
    assert isinstance(job, TrainJob)
    parent = project.find_model_by_folder(Path(job.parent))
    shutil.copytree(parent.folder, run.folder / MODEL_FOLDER)
    snapshot = project.snapshot(run.snapshot_id or 0)
    card = msgspec.structs.replace(
        read_model_card(parent.folder),
        parent=job.parent,
        snapshot_id=snapshot.snapshot_id,
        snapshot_digest=snapshot.digest,
    )
    (run.folder / MODEL_FOLDER / CARD_FILE).write_bytes(msgspec.json.encode(card))
    made = settle(project, run, JobOutcome(state=DONE, results={"model": MODEL_FOLDER}))
    return project.find_model(made["model"])


def score(project: Project, model: ModelRow, **how: Any) -> RunRow:
    from training.run import Run
    from training.score_job import score as work

    run = prepare_scoring(project, model, CPU, **how)
    results = work(read_job(run.folder), Run(run.folder, lambda event: None))  # type: ignore[arg-type]
    settle(project, run, JobOutcome(state=DONE, results=results))
    return run


def test_nothing_is_new_right_after_a_training(trained: Project) -> None:
    found = news_since(trained, trained.find_model())
    assert found == News()
    assert not found.is_any


def test_masks_images_and_muted_patches_are_counted(
    trained: Project, tmp_path: Path, write_image: Any
) -> None:
    model = trained.find_model()
    first, second = (image.image_id for image in trained.images()[:2])
    paint(trained, first)
    paint(trained, second)  # not yet cut as versions: still being painted
    for seed in range(3):
        write_image(tmp_path / f"new/nut/train/good/{seed}.png", 900 + seed, shape=(64, 64))
    write_image(tmp_path / "new/nut/test/bent/1.png", 950, shape=(64, 64))
    trained.import_folder(tmp_path / "new")
    write_muted(model.folder, [(1, 2, 3)])
    found = news_since(trained, model)
    assert (found.masks, found.masks_gone, found.muted) == (2, 0, 1)
    assert (found.images, found.normal, found.images_gone) == (4, 3, 0)
    assert found.is_any
    assert not found.learns_masks  # reverse distillation


def test_a_mask_that_was_learned_and_is_changed_counts(trained: Project) -> None:
    image = trained.images()[0].image_id
    paint(trained, image)
    model = finish(trained, prepare_retraining(trained, trained.find_model(), {}, CPU))
    assert news_since(trained, model) == News()
    mask = ~trained.working_masks(image)[trained.defect_types()[0].type_id]
    trained.set_mask(image, trained.defect_types()[0].type_id, mask, "invert", "Ada")
    assert news_since(trained, model) == News(masks=1, masks_gone=1)


def test_the_job_is_the_parents_on_a_new_snapshot(trained: Project) -> None:
    model = trained.find_model()
    card = read_model_card(model.folder)
    write_muted(model.folder, [(4, 1, 2), (3, 0, 0)])
    paint(trained, trained.images()[0].image_id)
    trained.rename_model(model.model_id, "Ada's")
    run = prepare_retraining(trained, trained.find_model("Ada's"), {"alignment.folds": 3}, CPU)
    job = read_job(run.folder)
    assert isinstance(job, TrainJob)
    assert (job.method, job.preset, job.parent) == (card.method, card.preset, model.folder.name)
    assert msgspec.to_builtins(job.common) == card.parameters["common"]
    assert job.method_parameters == card.parameters[card.method]
    assert job.common.seed == card.seed
    before = card.parameters["alignment"]
    assert msgspec.to_builtins(job.alignment) == before | {"folds": 3} != before
    assert job.muted == ((3, 0, 0), (4, 1, 2))
    assert run.snapshot_id != model.snapshot_id
    # What a training left out is in no bank, so the next one has to be told again.
    child = finish(trained, run)
    write_muted(child.folder, [(9, 9, 9)])
    again = read_job(prepare_retraining(trained, child, {}, CPU).folder)
    assert isinstance(again, TrainJob)
    assert again.muted == ((3, 0, 0), (4, 1, 2), (9, 9, 9))


def test_muted_patches_do_not_move_to_another_grid(trained: Project) -> None:
    model = trained.find_model()
    prepare_retraining(trained, model, {"image_size": 96}, CPU)
    write_muted(model.folder, [(4, 1, 2)])
    with pytest.raises(InspectorError, match="muted") as raised:
        prepare_retraining(trained, model, {"image_size": 96}, CPU)
    assert "image_size=64" in raised.value.hint


def test_parameters_of_another_version_are_no_obstacle(trained: Project) -> None:
    model = trained.find_model()
    parameters = dict(read_model_card(model.folder).parameters)
    parameters["revdist"] = {"iterations": 7, "gone_since": 1}
    del parameters["alignment"]
    change_card(model, parameters=parameters)
    job = read_job(prepare_retraining(trained, model, {}, CPU).folder)
    assert isinstance(job, TrainJob)
    assert job.method_parameters["iterations"] == 7
    assert job.alignment.iterations == 800  # the preset's
    change_card(model, preset="gone")
    with pytest.raises(InspectorError, match="gone"):
        prepare_retraining(trained, model, {}, CPU)


def test_files_of_before_name_no_parent() -> None:
    """Cards and jobs that were written without the field stay readable."""
    fields = {field.name: field for field in msgspec.structs.fields(ModelCard)}
    assert fields["parent"].default == ""
    job = {f.name: f for f in msgspec.structs.fields(TrainJob)}["parent"]
    assert job.default == ""


def test_a_model_trained_again_waits_for_a_decision(trained: Project) -> None:
    old = trained.find_model()
    assert candidates(trained) == ()
    assert parent_of(trained, old) is None
    new = finish(trained, prepare_retraining(trained, old, {}, CPU))
    assert candidates(trained) == (new,)
    assert parent_of(trained, new) == old
    trained.trash_model(new.model_id)
    assert candidates(trained) == ()
    trained.restore_model(new.model_id)
    assert decide(trained, new.model_id)
    assert not decide(trained, new.model_id)
    assert candidates(trained) == ()
    trained.remove_model(old.model_id)
    assert parent_of(trained, new) is None


def test_one_pass_scores_all_and_evaluates_by_the_test_images(trained: Project) -> None:
    model = trained.find_model()
    both = score(trained, model, evaluate=True, everything=True)
    alone = score(trained, model, evaluate=True)
    assert trained.scored_counts() == {model.model_id: 30}
    assert len(read_results(both.folder).scored) == 30
    assert len(read_results(alone.folder).scored) == 12
    found, expected = read_evaluation(both.folder), read_evaluation(alone.folder)
    for one, other in zip(found.variants, expected.variants, strict=True):
        assert one.per_class.keys() == other.per_class.keys()
        for name, row in other.per_class.items():
            got = msgspec.to_builtins(one.per_class[name])
            assert got == pytest.approx(msgspec.to_builtins(row), abs=1e-4)
    report = (both.folder / "report.html").read_text("utf-8")
    assert "train/good" not in report.replace("\\", "/")


def test_images_left_out_do_not_judge(trained: Project) -> None:
    model = trained.find_model()
    snapshot = trained.take_snapshot()
    two = [entry.sha256 for entry in snapshot.test() if entry.truth is Truth.DEFECTIVE][:2]
    run = score(trained, model, evaluate=True, left_out=two)
    row = read_evaluation(run.folder).variants[0].absolute_unified
    assert (row.n_good, row.n_defective) == (6, 4)


def test_the_comparison_is_the_evaluation_where_the_images_are_the_same(trained: Project) -> None:
    old = trained.find_model()
    run = score(trained, old, evaluate=True, everything=True)
    new = finish(trained, prepare_retraining(trained, old, {}, CPU))
    score(trained, new, evaluate=True, everything=True)
    known = read_evaluation(run.folder).find("cada")
    assert known is not None
    found = compare_models(trained, old, new)
    assert (found.n_judged, found.n_learned, found.n_unscored) == (12, 0, 0)
    assert found.changes == ()
    assert found.together.old == found.together.new
    exact = ("image_auroc", "image_ap", "false_positive_rate", "true_positive_rate")
    for row, expected in (
        (found.together.old, known.absolute_unified),
        *((of.old, known.per_class[of.name]) for of in found.classes),
    ):
        for name in exact:
            assert getattr(row, name) == pytest.approx(getattr(expected, name))
        for name in ("pixel_auroc", "pixel_aupro"):
            assert getattr(row, name) == pytest.approx(getattr(expected, name), abs=0.05)


def test_images_that_either_learned_from_judge_neither(trained: Project) -> None:
    old = trained.find_model()
    score(trained, old)
    new = finish(trained, prepare_retraining(trained, old, {}, CPU))
    score(trained, new)
    defective = [e for e in trained.take_snapshot().test() if e.truth is Truth.DEFECTIVE]
    change_card(new, annotated_images=[defective[0].sha256])
    change_card(old, annotated_images=[defective[1].sha256])
    trained.add_verdict(defective[0].image_id, Verdict.NG, "Ada", Trace())
    trained.add_verdict(defective[2].image_id, Verdict.NG, "Ada", Trace())
    found = compare_models(trained, old, new)
    assert (found.n_judged, found.n_learned) == (10, 2)
    for row in (found.together.old, found.together.new):
        assert (row.n_good, row.n_defective) == (6, 4)
    assert found.together.old_counts.said == 1
    # Against the evaluation of exactly these images.
    scored = {s.result.image_id: s.result for s in trained.scores(new.model_id)}
    ids = {e.image_id for e in trained.take_snapshot().test()}
    ids -= {defective[0].image_id, defective[1].image_id}
    thresholds = {"cada": read_model_card(new.folder).thresholds["cada"].value}
    expected = evaluate([scored[i] for i in sorted(ids)], thresholds, {}).find("cada")
    assert expected is not None
    assert found.together.new.image_auroc == expected.absolute_unified.image_auroc


def test_without_maps_there_are_no_pixel_metrics(trained: Project) -> None:
    old = trained.find_model()
    run = score(trained, old)
    new = finish(trained, prepare_retraining(trained, old, {}, CPU))
    score(trained, new)
    (run.folder / "maps.npy").unlink()
    found = compare_models(trained, old, new)
    assert found.together.old.image_auroc is not None
    assert found.together.old.pixel_auroc is found.together.new.pixel_auroc is None


def test_a_model_without_scores_compares_nothing(trained: Project) -> None:
    old = trained.find_model()
    score(trained, old)
    new = finish(trained, prepare_retraining(trained, old, {}, CPU))
    found = compare_models(trained, old, new)
    assert (found.n_judged, found.n_unscored, found.classes) == (0, 30, ())
