"""The newest evaluation of each model."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation
from inspector.jobs.spec import ScoreJob
from inspector.project import evaluations
from inspector.project.evaluations import newest_evaluations
from inspector.project.project import Project
from inspector.project.results import EVALUATION_FILE, REPORT_FILE, write_evaluation
from inspector.project.runs import RunRow
from inspector.project.settling import report_file

Evaluate = Callable[..., RunRow]


def evaluation_of(auroc: float) -> Evaluation:
    row = MetricRow(4, 4, auroc, None, None, None, None, None, None, 0.1, 0.9)
    return Evaluation((VariantEvaluation("none", 1.0, {"bolt": row}, row, row),))


@pytest.fixture
def evaluate(project: Project) -> Evaluate:
    """Add an evaluate run of a model folder, with metrics unless `auroc` is None."""

    def run(model: str, auroc: float | None, kind: str = "evaluate") -> RunRow:
        job = ScoreJob(model=f"/elsewhere/models/{model}", snapshot="s.json", evaluate=True)
        made = project.new_run(kind, "revdist", msgspec.json.encode(job), None)
        if auroc is not None:
            write_evaluation(made.folder, evaluation_of(auroc))
        return made

    return run


def test_the_newest_evaluation_of_each_model_is_found(project: Project, evaluate: Evaluate) -> None:
    evaluate("0001-revdist", 0.5)
    newest = evaluate("0001-revdist", 0.75)
    evaluate("0002-revdist", 0.25)
    found = newest_evaluations(project)
    assert set(found) == {"0001-revdist", "0002-revdist"}
    assert found["0001-revdist"].run_id == newest.run_id
    assert found["0001-revdist"].evaluation == evaluation_of(0.75)


def test_runs_without_readable_metrics_do_not_hide_an_older_one(
    project: Project, evaluate: Evaluate
) -> None:
    older = evaluate("0001-revdist", 0.5)
    evaluate("0001-revdist", None)
    damaged = evaluate("0001-revdist", 0.6)
    (damaged.folder / EVALUATION_FILE).write_text("{")
    assert newest_evaluations(project)["0001-revdist"].run_id == older.run_id


def test_other_kinds_of_runs_and_unreadable_jobs_are_passed_over(
    project: Project, evaluate: Evaluate
) -> None:
    evaluate("0001-revdist", 0.5, kind="score")
    broken = project.new_run("evaluate", "revdist", b"{}", None)
    write_evaluation(broken.folder, evaluation_of(0.5))
    assert newest_evaluations(project) == {}


def test_the_kept_report_is_preferred_to_the_runs_own(project: Project, evaluate: Evaluate) -> None:
    run = evaluate("0001-revdist", 0.5)
    assert newest_evaluations(project)["0001-revdist"].report is None
    own = run.folder / REPORT_FILE
    own.write_text("<html>")
    assert newest_evaluations(project)["0001-revdist"].report == own
    report_file(project, run).write_text("<html>")
    assert newest_evaluations(project)["0001-revdist"].report == report_file(project, run)


def test_a_file_is_decoded_once_and_again_when_it_changed(
    project: Project, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    read = evaluations.read_evaluation

    def counted(folder: Path) -> Evaluation:
        reads.append(folder)
        return read(folder)

    monkeypatch.setattr(evaluations, "read_evaluation", counted)
    run = evaluate("0001-revdist", 0.5)
    newest_evaluations(project)
    newest_evaluations(project)
    assert reads == [run.folder]
    write_evaluation(run.folder, evaluation_of(0.9))
    os.utime(run.folder / EVALUATION_FILE, ns=(1, 1))
    found = newest_evaluations(project)["0001-revdist"]
    assert found.evaluation == evaluation_of(0.9)
    assert len(reads) == 2
