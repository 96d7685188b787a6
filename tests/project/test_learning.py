"""Learning at once from the project's side; no worker, its results are written by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.jobs.fresh_file import (
    FRESH_FILE,
    FreshBank,
    FreshMask,
    encode_fresh,
    read_fresh_masks,
)
from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import JobOutcome, write_outcome
from inspector.jobs.spec import LearnJob, read_job
from inspector.project.learned import LEARN
from inspector.project.learning import (
    Order,
    count_unlearned,
    learns_at_once,
    newest_learning,
    prepare_learning,
)
from inspector.project.project import Project
from inspector.project.results import Results, write_changes, write_results
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import settle, take_over_finished
from inspector.project.snapshots import read_snapshot
from inspector.project.work import Computing
from inspector.project.workers import announce_worker, is_worker_alive

DONE = JobOutcome(state="done", results={"n_scored": 30})


@pytest.fixture
def project(tiny_dmad: Any, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    with Project.open(tmp_path / "project") as opened:
        opened.add_defect_type("flaw")
        yield opened


def paint(project: Project, image_id: int = 3, area: int = 20) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[:area, :area] = True
    (flaw,) = project.defect_types()
    project.add_annotation(image_id, flaw.type_id, mask, "anna", "brush")


def prepared(project: Project, **wishes: Any) -> RunRow:
    run = prepare_learning(project, project.find_model(), Computing("cpu"), **wishes)
    assert run is not None
    return run


def job_of(run: RunRow) -> LearnJob:
    job = read_job(run.folder)
    assert isinstance(job, LearnJob)
    return job


def fill(project: Project, run: RunRow, score: float = 5.0) -> None:
    """What a worker would have left."""
    results = tuple(
        ImageResult(
            image.image_id, str(image.path), "nut", Truth.GOOD, "", score, {"none": score}, {}
        )
        for image in project.images()
    )
    write_results(run.folder, Results(results, ()))
    write_changes(run.folder, [])
    job = job_of(run)
    snapshot = read_snapshot(Path(job.snapshot))
    masks = tuple(
        FreshMask(a.annotation_id, e.image_id, e.sha256, a.sha256, a.defect_type)
        for e in snapshot.entries
        for a in e.annotations
        if a.annotation_id in job.annotations
    )
    if masks:
        bank = FreshBank(np.zeros((1, 3), np.float16), np.zeros((1, 4), np.int32), masks, "")
        (run.folder / FRESH_FILE).write_bytes(encode_fresh(bank))


def test_a_job_is_written_down_completely(project: Project) -> None:
    paint(project)
    run = prepared(project, order=Order(3, (9, 8)))
    job = job_of(run)
    assert (run.kind, run.state) == (LEARN, RunState.RUNNING)
    (version,) = project.annotations()
    assert job.annotations == (version.annotation_id,)
    assert job.current == 3
    assert {9, 8} <= set(job.first)
    assert Path(job.model) == project.find_model().folder
    snapshot = read_snapshot(Path(job.snapshot))
    assert snapshot.snapshot_id == run.snapshot_id
    assert [e.image_id for e in snapshot.annotated()] == [3]
    assert is_worker_alive(run.folder)  # nobody takes it for lost


def test_nothing_new_makes_no_run(project: Project) -> None:
    model, computing = project.find_model(), Computing("cpu")
    assert prepare_learning(project, model, computing) is None
    assert prepare_learning(project, model, computing, forget=True) is None
    assert count_unlearned(project, model) == 0
    paint(project)
    assert count_unlearned(project, model) == 1
    run = prepared(project)
    fill(project, run)
    settle(project, run, DONE)
    assert count_unlearned(project, model) == 0
    assert prepare_learning(project, model, computing) is None
    project.undo_stroke(3)
    project.redo_stroke(3)  # painted as before
    assert prepare_learning(project, model, computing) is None
    assert job_of(prepared(project, anyway=True)).annotations


def test_other_methods_are_refused(tiny_project: Any, tmp_path: Path) -> None:
    shutil.copytree(tiny_project.folder, tmp_path / "other")
    with Project.open(tmp_path / "other") as project:
        model = project.find_model()
        assert not learns_at_once(model)
        runs = project.runs()
        with pytest.raises(InspectorError, match="does not learn from painted") as caught:
            prepare_learning(project, model, Computing("cpu"))
        assert "dmad" in caught.value.hint
        assert project.runs() == runs


def test_what_a_run_learned_becomes_the_models(project: Project) -> None:
    paint(project)
    run = prepared(project)
    fill(project, run)
    settle(project, run, DONE)
    model = project.find_model()
    assert [mask.image_id for mask in read_fresh_masks(model.folder)] == [3]
    scores = project.scores(model.model_id)
    assert {(s.run_id, s.snapshot_id, s.result.raw_score) for s in scores} == {
        (run.run_id, run.snapshot_id, 5.0)
    }
    assert newest_learning(project, model) == project.find_run(run.run_id)
    (entry,) = project.snapshot(run.snapshot_id or 0).annotated()
    assert read_model_card(model.folder).annotated_images == [entry.sha256]
    # All taken back: the file goes.
    for _ in range(1):
        project.undo_stroke(3)
    run = prepared(project)
    assert job_of(run).annotations == ()
    fill(project, run, 1.0)
    settle(project, run, DONE)
    assert not (model.folder / FRESH_FILE).exists()
    assert read_model_card(model.folder).annotated_images == []


def test_what_was_cancelled_or_failed_changes_nothing(project: Project) -> None:
    paint(project)
    model = project.find_model()
    before = project.scores(model.model_id)
    run = prepared(project)
    fill(project, run)
    settle(project, run, JobOutcome(state="cancelled"))
    failed = prepared(project)
    with pytest.raises(InspectorError, match="lamp"):
        settle(project, failed, JobOutcome(state="failed", message="The lamp broke."))
    assert project.scores(model.model_id) == before
    assert not (model.folder / FRESH_FILE).exists()
    project.clear_away_learnings()
    assert not run.folder.exists()
    assert not failed.folder.exists()
    assert LEARN not in {run.kind for run in project.runs()}


def test_what_was_learned_while_the_window_died_is_taken_over(project: Project) -> None:
    """The worker had ended its work; between its outcome and the project nobody was there."""
    paint(project)
    run = prepared(project)
    fill(project, run)
    write_outcome(run.folder, DONE)
    announce_worker(run.folder, 2**22 + 1)  # a process that is gone
    half_done = prepared(project)
    announce_worker(half_done.folder, 2**22 + 1)
    folder = project.folder
    project.close()
    with Project.open(folder) as again:
        assert take_over_finished(again) == []
        model = again.find_model()
        assert {s.run_id for s in again.scores(model.model_id)} == {run.run_id}
        assert len(read_fresh_masks(model.folder)) == 1
        assert not half_done.folder.exists()
        assert take_over_finished(again) == []


def test_a_snapshot_that_somebody_names_stays(project: Project) -> None:
    model = project.find_model()
    kept: list[RunRow] = []
    for area in (10, 20, 30, 40, 50):
        paint(project, area=area)
        run = prepared(project)
        fill(project, run)
        settle(project, run, DONE)
        kept.append(run)
        if area == 10:
            from inspector.project.verdicts import Trace, Verdict

            trace = Trace(model.name, model.model_id, "none", 0.5, 5.0, 5.0, run.snapshot_id)
            project.add_verdict(3, Verdict.NG, "anna", trace)
    assert [run.folder.exists() for run in kept] == [False, False, False, True, True]
    files = [
        Path(job).exists() for job in (msgspec.json.decode(r.spec_json)["snapshot"] for r in kept)
    ]
    assert files == [True, False, False, True, True]
