"""Jobs of a project: what is asked of a worker, and what becomes of what it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.jobs.model_card import CARD_FILE
from inspector.jobs.outcome import JobOutcome, write_outcome
from inspector.jobs.spec import ScoreJob, TrainJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import Results, write_results
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import settle, take_over_finished
from inspector.project.snapshots import read_snapshot
from inspector.project.work import (
    Computing,
    prepare_folder_scoring,
    prepare_scoring,
    prepare_training,
)

WriteImage = Callable[..., Path]
WriteModel = Callable[..., Path]
DONE = JobOutcome(state="done", results={"model": "model", "steps": 3})


@pytest.fixture
def filled(project: Project, parts: Path) -> Project:
    """A project with two classes of parts."""
    project.import_folder(parts)
    return project


def trained(project: Project, write_model: WriteModel) -> RunRow:
    """A training whose worker has made its model, nothing settled yet."""
    row = prepare_training(project, "revdist", "", {}, Computing())
    assert row.snapshot_id is not None
    write_model(row.folder / "model", project.snapshot(row.snapshot_id).digest)
    return row


@pytest.fixture
def model(filled: Project, write_model: WriteModel) -> ModelRow:
    row = trained(filled, write_model)
    return filled.find_model(settle(filled, row, DONE)["model"])


def change_card(model: ModelRow, **changes: Any) -> None:
    file = model.folder / CARD_FILE
    card = msgspec.json.decode(file.read_bytes())
    file.write_bytes(msgspec.json.encode(card | changes))


def test_a_training_is_written_down_completely(filled: Project) -> None:
    changes = {"image_size": 128, "alignment.folds": 4, "revdist.iterations": 7}
    row = prepare_training(filled, "revdist", "quick", changes, Computing("cpu", "float32"))
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    assert (job.method, job.preset, job.device, job.precision) == (
        "revdist",
        "quick",
        "cpu",
        "float32",
    )
    assert job.common.image_size == 128
    assert job.alignment.folds == 4
    assert job.method_parameters["iterations"] == 7
    assert Path(job.cache) == filled.cache_folder
    snapshot = read_snapshot(Path(job.snapshot))
    assert snapshot.snapshot_id == row.snapshot_id
    assert len(snapshot.entries) == 16
    assert (row.kind, row.state) == ("train", RunState.RUNNING)
    assert row.spec_json == (row.folder / "job.json").read_bytes()


def test_the_first_preset_is_the_default(filled: Project) -> None:
    jobs = []
    for preset in ("", "quick", "paper"):
        row = prepare_training(filled, "revdist", preset, {}, Computing())
        jobs.append(read_job(row.folder))
    assert jobs[0] == jobs[1]
    assert jobs[0] != jobs[2]


@pytest.mark.parametrize(
    ("method", "preset", "changes"),
    [
        ("padim", "", {}),
        ("revdist", "fast", {}),
        ("revdist", "", {"image_size": 65}),
        ("revdist", "", {"revdist.epochs": 3}),
        ("revdist", "", {"colour.size": 3}),
    ],
)
def test_what_is_not_valid_makes_no_run(
    filled: Project, method: str, preset: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InspectorError) as caught:
        prepare_training(filled, method, preset, changes, Computing())
    assert caught.value.hint
    assert filled.runs() == ()


def test_nothing_to_learn_from_makes_no_run(project: Project, parts: Path) -> None:
    with pytest.raises(InspectorError, match="no usable image"):
        prepare_training(project, "revdist", "", {}, Computing())
    for name in ("bolt", "Dübel 木"):
        shutil.rmtree(parts / name / "train")
    project.import_folder(parts)
    with pytest.raises(InspectorError, match="no normal images") as caught:
        prepare_training(project, "revdist", "", {}, Computing())
    assert "--assume-good" in caught.value.hint
    assert project.runs() == ()


def test_a_finished_training_becomes_a_model(filled: Project, write_model: WriteModel) -> None:
    row = trained(filled, write_model)
    results = settle(filled, row, DONE)
    model = filled.find_model(results["model"])
    assert results["steps"] == 3
    assert model.run_id == row.run_id
    assert (model.folder / CARD_FILE).exists()
    assert filled.find_run(row.run_id).state is RunState.DONE


@pytest.mark.parametrize("state", ["failed", "lost"])
def test_a_failure_is_told_in_the_workers_words(
    filled: Project, write_model: WriteModel, state: str
) -> None:
    row = trained(filled, write_model)
    with pytest.raises(InspectorError, match=r"The lamp broke\.") as caught:
        settle(filled, row, JobOutcome(state=state, message="The lamp broke.", hint="Mend it."))
    assert caught.value.hint == "Mend it."
    assert filled.find_run(row.run_id).state == state
    assert filled.models() == ()
    assert filled.resume_run(row.run_id).state is RunState.RUNNING


def test_a_cancelled_training_leaves_no_model(filled: Project, write_model: WriteModel) -> None:
    row = trained(filled, write_model)
    assert settle(filled, row, JobOutcome(state="cancelled")) == {}
    assert filled.find_run(row.run_id).state is RunState.CANCELLED
    assert filled.models() == ()
    take_over_finished(filled)
    assert filled.models() == ()


def test_a_run_that_was_settled_by_opening_the_project_meanwhile(
    filled: Project, write_model: WriteModel
) -> None:
    """Another window has seen the outcome first."""
    row = trained(filled, write_model)
    write_outcome(row.folder, DONE)
    filled.mark_lost_runs()
    assert filled.find_run(row.run_id).state is RunState.DONE
    assert filled.find_model(settle(filled, row, DONE)["model"]).run_id == row.run_id


def test_what_was_finished_while_nobody_listened_is_taken_over_once(
    tmp_path: Path, parts: Path, write_model: WriteModel
) -> None:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        row = trained(project, write_model)
        write_outcome(row.folder, DONE)
    for _ in range(2):
        with Project.open(tmp_path / "project") as project:
            take_over_finished(project)
            assert [model.run_id for model in project.models()] == [row.run_id]
    with Project.open(tmp_path / "project") as project:
        project.remove_model(1)
        take_over_finished(project)  # what was removed does not come back
        assert project.models() == ()


def test_scoring_and_evaluation_are_written_down_completely(
    filled: Project, model: ModelRow
) -> None:
    row = prepare_scoring(filled, model, Computing("cpu", "bfloat16"), variants=("none",))
    job = read_job(row.folder)
    assert isinstance(job, ScoreJob)
    assert (row.kind, job.subset, job.evaluate, job.variants) == ("score", "all", False, ("none",))
    assert (job.device, job.precision) == ("cpu", "bfloat16")
    assert Path(job.model) == model.folder
    assert read_snapshot(Path(job.snapshot)).snapshot_id == row.snapshot_id
    row = prepare_scoring(filled, model, Computing(), evaluate=True)
    job = read_job(row.folder)
    assert isinstance(job, ScoreJob)
    assert (row.kind, job.subset, job.evaluate, job.variants) == ("evaluate", "test", True, ())


def test_an_alignment_that_the_model_lacks_makes_no_run(filled: Project, model: ModelRow) -> None:
    before = filled.runs()
    with pytest.raises(InspectorError, match="cada-z"):
        prepare_scoring(filled, model, Computing(), evaluate=True, variants=("cada-z",))
    assert filled.runs() == before


def result(image_id: int) -> ImageResult:
    return ImageResult(image_id, "x.png", "bolt", Truth.GOOD, "", 0.5, {"none": 0.5}, {})


def test_scores_are_kept_under_their_model(filled: Project, model: ModelRow) -> None:
    row = prepare_scoring(filled, model, Computing())
    ids = [image.image_id for image in filled.images()]
    write_results(row.folder, Results(tuple(map(result, ids)), ()))
    outcome = JobOutcome(state="done", results={"results": "results.json", "n_scored": 16})
    results = settle(filled, row, outcome)
    assert results["n_scored"] == 16
    stored = filled.scores(model.model_id)
    assert [found.result.image_id for found in stored] == ids
    assert [found.map_row for found in stored] == list(range(16))
    assert {found.run_id for found in stored} == {row.run_id}


def test_a_model_renamed_while_it_scored_keeps_its_scores(filled: Project, model: ModelRow) -> None:
    row = prepare_scoring(filled, model, Computing())
    filled.rename_model(model.model_id, "Schrauben, neu")
    ids = [image.image_id for image in filled.images()]
    write_results(row.folder, Results(tuple(map(result, ids)), ()))
    settle(filled, row, JobOutcome(state="done", results={"results": "results.json"}))
    assert len(filled.scores(model.model_id)) == len(ids)


def test_a_folder_that_is_not_imported_is_scored_by_the_models_windows(
    filled: Project, model: ModelRow, tmp_path: Path, write_image: WriteImage
) -> None:
    change_card(model, windows={"bolt": {"low": 5.0, "high": 800.0}})
    folder = tmp_path / "new"
    write_image(folder / "bolt" / "1.png", 1, high=60_000)
    write_image(folder / "bolt" / "2.png", 2)
    row = prepare_folder_scoring(filled, model, folder, None, Computing("cpu"))
    job = read_job(row.folder)
    assert isinstance(job, ScoreJob)
    assert (job.subset, job.evaluate, job.device) == ("all", False, "cpu")
    assert row.spec_json == (row.folder / "job.json").read_bytes()
    assert not Path(job.snapshot).is_absolute()  # within the run folder
    windows = [entry.window for entry in read_snapshot(row.folder / job.snapshot).entries]
    assert windows == [IntensityWindow(5.0, 800.0), None]

    write_results(row.folder, Results((result(1), result(2)), ()))
    settle(filled, row, JobOutcome(state="done", results={"results": "results.json"}))
    assert filled.scores(model.model_id) == ()  # they are not the project's images
    assert len(filled.images()) == 16


def test_a_folder_without_images_makes_no_run(
    filled: Project, model: ModelRow, tmp_path: Path
) -> None:
    before = filled.runs()
    with pytest.raises(InspectorError, match="nowhere"):
        prepare_folder_scoring(filled, model, tmp_path / "nowhere", None, Computing())
    assert filled.runs() == before


def test_scores_that_were_made_while_nobody_listened_are_taken_over_once(
    filled: Project, model: ModelRow
) -> None:
    image = filled.images()[0].image_id
    older, newer = (prepare_scoring(filled, model, Computing()) for _ in range(2))
    for row, score in ((older, 0.1), (newer, 0.9)):
        found = ImageResult(image, "x.png", "bolt", Truth.GOOD, "", score, {"none": score}, {})
        write_results(row.folder, Results((found,), ()))
        write_outcome(row.folder, JobOutcome(state="done"))
    filled.mark_lost_runs()
    assert take_over_finished(filled) == []
    (stored,) = filled.scores(model.model_id)
    assert (stored.run_id, stored.result.raw_score) == (newer.run_id, 0.9)
    take_over_finished(filled)  # an older scoring never replaces a newer one
    assert filled.newest_scoring(model.model_id) == newer.run_id
