"""Scores: stored per model, image and variant, and replaced by a new scoring."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.core.evaluation import ImageResult
from inspector.project.models import ModelRow
from inspector.project.project import Project
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
            u=n / 11,
            gamma=n / 13 if n else None,
        )
        for n, entry in enumerate(snapshot.test())
    ]
    return snapshot, _model(project, write_model), results


def _model(project: Project, write_model: WriteModel) -> ModelRow:
    run = project.new_run("train", "revdist", b"{}", None)
    return project.add_model(run.run_id, write_model(run.folder / "model"))


def test_scores_come_back_as_they_were(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results)
    loaded = project.scores(model.model_id)
    assert list(loaded) == results
    assert list(loaded[0].scores) == ["none", "cada", "a-last-one"]  # in the order given


def test_one_variant_alone(project: Project, parts: Path, write_model: WriteModel) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results)
    assert list(project.scores(model.model_id, "cada")) == [
        replace(result, scores={"cada": result.scores["cada"]}) for result in results
    ]
    assert project.scores(model.model_id, "unheard-of") == ()


def test_scoring_again_replaces_and_leaves_other_images_and_models_alone(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    other = _model(project, write_model)
    for scored_by in (model, other):
        project.save_scores(scored_by.model_id, snapshot.snapshot_id, results)
    again = replace(results[0], raw_score=5.0, scores={"none": 5.0})
    project.save_scores(model.model_id, snapshot.snapshot_id, [again])
    assert list(project.scores(model.model_id)) == [again, *results[1:]]
    assert list(project.scores(other.model_id)) == results


def test_a_score_that_is_no_number_stores_nothing_at_all(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    project.save_scores(model.model_id, snapshot.snapshot_id, results)
    bad = [replace(results[0], raw_score=9.0), replace(results[1], raw_score=float("nan"))]
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id, snapshot.snapshot_id, bad)
    assert list(project.scores(model.model_id)) == results


def test_every_score_names_a_model_and_a_snapshot_that_exist(
    project: Project, parts: Path, write_model: WriteModel
) -> None:
    snapshot, model, results = _setup(project, parts, write_model)
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id + 1, snapshot.snapshot_id, results)
    with pytest.raises(sqlite3.IntegrityError):
        project.save_scores(model.model_id, snapshot.snapshot_id + 1, results)
