"""Scores: stored per model, image and variant, and replaced by a new scoring."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.evaluation import Expected, ImageResult
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.schema import open_database
from inspector.project.scores import UNKNOWN_ROW, load_score_columns, load_scores
from inspector.project.snapshots import Snapshot

WriteModel = Callable[..., Path]


def _setup(
    project: Project, parts: Path, write_model: WriteModel
) -> tuple[Snapshot, ModelRow, list[ImageResult]]:
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    results = [
        ImageResult(
            image_id=entry.image_id,
            path=entry.path,
            class_name=entry.class_name,
            truth=entry.truth,
            defect_kind=entry.defect_kind,
            raw_score=n / 7,
            scores={"none": n / 7, "cada": n / 3, "a-last-one": -1e-30 * n},
            statistics={"cada": Expected(n / 11, n / 13)} if n else {},
        )
        for n, entry in enumerate(snapshot.test())
    ]
    return snapshot, _model(project, write_model), results


def _model(project: Project, write_model: WriteModel) -> ModelRow:
    run = project.new_run("train", "revdist", b"{}", None)
    return project.add_model(run.run_id, write_model(run.folder / "model"))


def _run(project: Project) -> int:
    return project.new_run("score", "revdist", b"{}", None).run_id


def _results(project: Project, model: ModelRow, variant: str | None = None) -> list[ImageResult]:
    return [stored.result for stored in project.scores(model.model_id, variant)]


def test_scores_come_back_as_they_were(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results, model.run_id)
    loaded = _results(project, model)
    assert loaded == results
    assert list(loaded[0].scores) == ["none", "cada", "a-last-one"]  # in the order given


def test_one_variant_alone(project: Project, parts: Path, write_model: WriteModel) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results, model.run_id)
    assert _results(project, model, "cada") == [
        replace(result, scores={"cada": result.scores["cada"]}) for result in results
    ]
    assert _results(project, model, "none") == [
        replace(result, scores={"none": result.scores["none"]}, statistics={}) for result in results
    ]
    assert project.scores(model.model_id, "unheard-of") == ()


def test_scoring_again_replaces_and_leaves_other_images_and_models_alone(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    other = _model(project, write_model)
    for scored_by in (model, other):
        project.save_scores(scored_by.model_id, snapshot.snapshot_id, results, model.run_id)
    again = replace(results[0], raw_score=5.0, scores={"none": 5.0})
    project.save_scores(model.model_id, snapshot.snapshot_id, [again], model.run_id)
    assert _results(project, model) == [again, *results[1:]]
    assert _results(project, other) == results


def test_a_score_that_is_no_number_stores_nothing_at_all(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results, model.run_id)
    bad = [replace(results[0], raw_score=9.0), replace(results[1], raw_score=float("nan"))]
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id, snapshot.snapshot_id, bad, model.run_id)
    assert _results(project, model) == results


def test_every_score_names_a_model_and_a_snapshot_that_exist(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id + 1, snapshot.snapshot_id, results, model.run_id)
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id, snapshot.snapshot_id + 1, results, model.run_id)


def test_every_score_can_be_traced_to_its_map(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    first, second = _run(project), _run(project)
    shuffled = results[::-1]  # rows are the run's; the project lists by image
    project.save_scores(model.model_id, snapshot.snapshot_id, shuffled, first)
    again = [results[3], results[1]]
    project.save_scores(model.model_id, snapshot.snapshot_id, again, second)
    stored = project.scores(model.model_id)
    assert [s.result for s in stored] == results
    assert {s.snapshot_id for s in stored} == {snapshot.snapshot_id}
    for s in stored:
        assert s.run_id is not None
        assert s.map_row is not None
        rows = {first: shuffled, second: again}[s.run_id]
        assert rows[s.map_row] == s.result
    assert [s.run_id == second for s in stored[:5]] == [False, True, False, True, False]
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id, snapshot.snapshot_id, results, second + 1)


def test_columns_hold_the_same_as_the_records(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    run_id = _run(project)
    results[2] = replace(results[2], scores={"none": 3.0, "later": 4.0}, statistics={})
    project.save_scores(model.model_id, snapshot.snapshot_id, results[::-1], run_id)
    with contextlib.closing(open_database(project.folder)) as database:
        database.run(
            "UPDATE score SET run_id = NULL, map_row = NULL WHERE image_id = ?",
            (results[0].image_id,),
        )
        columns = load_score_columns(database, model.model_id)
        stored = load_scores(database, model.model_id)
    assert columns.image_ids.tolist() == [s.result.image_id for s in stored]
    assert columns.raw.tolist() == [s.result.raw_score for s in stored]
    assert (stored[0].run_id, stored[0].map_row) == (None, None)
    known = [UNKNOWN_ROW if s.run_id is None else s.run_id for s in stored]
    assert columns.run_ids.tolist() == known
    rows = [UNKNOWN_ROW if s.map_row is None else s.map_row for s in stored]
    assert columns.map_rows.tolist() == rows
    assert set(columns.scores) == set(columns.u) == {"none", "cada", "a-last-one", "later"}
    nan = float("nan")
    for name in columns.scores:
        scores = [s.result.scores.get(name, nan) for s in stored]
        np.testing.assert_array_equal(columns.scores[name], scores)
        expected = [s.result.statistics.get(name, Expected(nan, nan)) for s in stored]
        np.testing.assert_array_equal(columns.u[name], [e.u for e in expected])
        np.testing.assert_array_equal(columns.gamma[name], [e.gamma for e in expected])
    for array in (columns.raw, *columns.scores.values(), *columns.u.values()):
        assert array.dtype == np.float64
    for array in (columns.image_ids, columns.run_ids, columns.map_rows):
        assert array.dtype == np.int64


def test_columns_of_a_model_that_scored_nothing_are_empty(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    _, model, _ = _setup(project, parts, write_model)
    with contextlib.closing(open_database(project.folder)) as database:
        columns = load_score_columns(database, model.model_id)
    assert columns.image_ids.shape == columns.raw.shape == columns.run_ids.shape == (0,)
    assert columns.scores == columns.u == columns.gamma == {}
