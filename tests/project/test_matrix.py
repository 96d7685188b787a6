"""The matrix of methods and alignments, and recognising trainings that are done or begun."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
import pytest

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.catalogue import METHODS
from inspector.jobs.model_card import CARD_FILE, read_model_card
from inspector.jobs.spec import ScoreJob
from inspector.project.durations import training_seconds
from inspector.project.matrix import AVERAGE, UNIFIED, Trained, matrix_rows
from inspector.project.matrix_words import write_matrix
from inspector.project.project import Project
from inspector.project.recipes import make_recipes, painted_images, standing_of
from inspector.project.results import write_evaluation
from inspector.project.runs import RunState
from inspector.project.work import Computing, prepare_training

TINY: dict[str, object] = {
    "image_size": 64,
    "revdist.iterations": 4,
    "revdist.batch_size": 4,
    "alignment.iterations": 8,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
}


def row_of(value: float | None) -> MetricRow:
    rate = None if value is None else value / 10
    return MetricRow(6, 6, value, value, value, value, value, value, value, rate, value)


def evaluation(raw: float, aligned: float | None, *names: str) -> Evaluation:
    first = VariantEvaluation("none", 0.5, {}, row_of(raw), row_of(raw / 2))
    aligned_row = row_of(aligned)
    others = (VariantEvaluation(name, 0.5, {}, aligned_row, aligned_row) for name in names)
    return Evaluation((first, *others))


def trained(method: str, seed: int, value: float, seconds: float | None = 60.0) -> Trained:
    of = evaluation(value, value + 0.1, "cada")
    return Trained(method, "quick", "", seed, f"{method}-{seed}", seconds, of)


def test_seeds_make_a_median_and_a_spread() -> None:
    values = {2: 0.5, 0: 0.9, 1: 0.6}
    rows = matrix_rows(
        [trained("dmad", seed, value, 60.0 * (seed + 1)) for seed, value in values.items()]
        + [trained("revdist", 0, 0.4, None)]
    )
    assert [(r.method, r.variant, r.seeds) for r in rows] == [
        ("dmad", "none", (0, 1, 2)),
        ("dmad", "cada", (0, 1, 2)),
        ("revdist", "none", (0,)),
        ("revdist", "cada", (0,)),
    ]
    first = rows[0]
    assert first.models == ("dmad-0", "dmad-1", "dmad-2")
    found = first.metrics["image_auroc", AVERAGE]
    assert found is not None
    assert found.values == (0.9, 0.6, 0.5)
    assert found.median == median(values.values())
    assert found.half_range == pytest.approx((max(values.values()) - min(values.values())) / 2)
    unified = first.metrics["image_auroc", UNIFIED]
    assert unified is not None
    assert unified.median == pytest.approx(0.3)
    assert first.minutes is not None
    assert (first.minutes.median, first.minutes.half_range) == (2.0, 1.0)
    assert rows[2].minutes is None
    one = rows[2].metrics["image_auroc", AVERAGE]
    assert one is not None
    assert one.half_range is None
    assert [r.variant for r in matrix_rows([trained("dmad", 0, 0.5)], {"cada"})] == ["cada"]


def test_what_is_not_defined_stays_so() -> None:
    of = evaluation(0.5, None, "cada")
    (row,) = matrix_rows([Trained("dmad", "quick", "", 0, "m", None, of)], {"cada"})
    assert all(found is None for found in row.metrics.values())


def test_the_table_as_a_file(tmp_path: Path) -> None:
    rows = matrix_rows([trained("dmad", seed, 0.5 + seed / 10) for seed in (0, 1)])
    for name in ("a.html", "a.csv", "a.md"):
        write_matrix(tmp_path / name, rows, "A <b> & c", ["A remark."])
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<title>A &lt;b&gt; &amp; c</title>" in page
    assert page.count("<tr class=") == len(rows)
    assert "A remark." in page
    found = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8"))))
    assert [line["alignment"] for line in found] == ["none", "cada"]
    assert float(found[0]["average_image_auroc"]) == pytest.approx(0.55)
    assert float(found[0]["average_image_auroc_half_range"]) == pytest.approx(0.05)
    assert (found[0]["seeds"], found[0]["models"]) == ("0 1", "dmad-0 dmad-1")
    lines = (tmp_path / "a.md").read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert len(table) == 2 + len(rows)
    with pytest.raises(InspectorError, match="ending"):
        write_matrix(tmp_path / "a.pdf", rows, "", [])


def test_pauses_do_not_count_as_training(tmp_path: Path) -> None:
    said: list[events.Event] = [
        events.Hello(time=100.0, pid=1, version="0"),
        events.Stage(time=110.0, name="detector", title="", index=1, count=1),
        events.Hello(time=5000.0, pid=2, version="0"),
        events.Stage(time=5020.0, name="detector", title="", index=1, count=1),
    ]
    file = tmp_path / events.EVENTS_FILE
    file.write_bytes(b"".join(map(events.encode_event, said)))
    assert training_seconds(tmp_path) is None
    with file.open("ab") as opened:
        opened.write(events.encode_event(events.Done(time=5030.0, state="done")))
    assert training_seconds(tmp_path) == pytest.approx(40.0)
    assert training_seconds(tmp_path / "gone") is None


def test_a_parameter_of_one_method_leaves_the_others_alone() -> None:
    changes = {"image_size": 64, "revdist.iterations": 7, "alignment.folds": 4}
    recipes = make_recipes(["patchcore", "revdist"], "", [3, 3, 1], changes)
    assert [(r.method.name, r.seed) for r in recipes] == [
        ("patchcore", 3),
        ("patchcore", 1),
        ("revdist", 3),
        ("revdist", 1),
    ]
    assert recipes[2].parameters.method.iterations == 7
    for recipe in recipes:
        assert recipe.parameters.common.image_size == 64
        assert recipe.parameters.alignment.folds == 4
    with pytest.raises(InspectorError, match="not compared"):
        make_recipes(["patchcore"], "", [], changes)
    with pytest.raises(InspectorError, match="nonsense"):
        make_recipes(["patchcore"], "", [], {"nonsense.x": 1})


def test_every_method_of_the_catalogue_can_be_asked_for() -> None:
    assert [r.method.name for r in make_recipes(list(METHODS), "", [], {})] == list(METHODS)


@pytest.fixture
def project(tmp_path: Path, tiny_project: Any) -> Iterator[Project]:
    """A copy of the small trained project."""
    shutil.copytree(tiny_project.folder, tmp_path / "trained")
    with Project.open(tmp_path / "trained") as opened:
        yield opened


def evaluated(project: Project, left_out: tuple[str, ...] = (), variants: Any = None) -> None:
    """An evaluation of the newest model, as a worker leaves it."""
    model = project.find_model()
    names = [n for n in read_model_card(model.folder).alignments if n != "none"]
    job = ScoreJob(model=str(model.folder), snapshot="", evaluate=True, left_out=left_out)
    snapshot = project.take_snapshot().snapshot_id
    run = project.new_run("evaluate", model.method, msgspec.json.encode(job), snapshot)
    (run.folder / "job.json").write_bytes(msgspec.json.encode(job))
    write_evaluation(run.folder, evaluation(0.8, 0.9, *(names if variants is None else variants)))
    project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)


def test_a_model_is_recognised_by_what_made_it(project: Project) -> None:
    snapshot = project.take_snapshot()
    (same,) = make_recipes(["revdist"], "quick", [], TINY)
    assert standing_of(project, same, snapshot).model == project.find_model()
    for changes in ({"seed": 1}, {"revdist.iterations": 5}, {"alignment.folds": 3}):
        (other,) = make_recipes(["revdist"], "quick", [], TINY | changes)
        assert standing_of(project, other, snapshot).model is None
    (other,) = make_recipes(["revdist"], "paper", [], TINY)
    assert standing_of(project, other, snapshot).model is None
    image = project.images()[0]
    types = project.add_defect_type("scratch")
    painted = np.ones((image.record.height or 1, image.record.width or 1), np.bool_)
    project.set_mask(image.image_id, types.type_id, painted, "brush", "Ada")
    assert standing_of(project, same, project.take_snapshot()).model is None


def test_one_of_before_a_parameter_was_there_does_not_count(project: Project) -> None:
    model = project.find_model()
    card = read_model_card(model.folder)
    older = {name: v for name, v in card.parameters["revdist"].items() if name != "plateau"}
    card = msgspec.structs.replace(card, parameters=card.parameters | {"revdist": older})
    (model.folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
    usual = TINY | {"revdist.plateau": METHODS["revdist"].parameters().plateau}  # type: ignore[attr-defined]
    (recipe,) = make_recipes(["revdist"], "quick", [], usual)
    assert standing_of(project, recipe, project.take_snapshot()).model is None


def test_one_that_was_ended_early_does_not_count(project: Project) -> None:
    model = project.find_model()
    card = msgspec.structs.replace(read_model_card(model.folder), steps={"detector": 3})
    (model.folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
    (recipe,) = make_recipes(["revdist"], "quick", [], TINY)
    assert standing_of(project, recipe, project.take_snapshot()).model is None


def test_a_begun_training_goes_on(project: Project) -> None:
    (recipe,) = make_recipes(["revdist"], "quick", [5], TINY)
    snapshot = project.take_snapshot()
    assert standing_of(project, recipe, snapshot).run is None
    run = prepare_training(project, "revdist", "quick", TINY | {"seed": 5}, Computing("cpu"))
    assert standing_of(project, recipe, snapshot).run is None  # nobody has found it lost yet
    project.mark_lost_runs()
    found = standing_of(project, recipe, snapshot)
    assert found.run is not None
    assert (found.run.run_id, found.is_running) == (run.run_id, False)
    (other,) = make_recipes(["revdist"], "quick", [6], TINY)
    assert standing_of(project, other, snapshot).run is None


def test_an_evaluation_counts_where_it_judged_by_the_same_images(project: Project) -> None:
    (recipe,) = make_recipes(["revdist"], "quick", [], TINY)
    snapshot = project.take_snapshot()
    assert standing_of(project, recipe, snapshot).evaluated is None
    evaluated(project, variants=())  # of raw scores only
    assert standing_of(project, recipe, snapshot).evaluated is None
    evaluated(project)
    found = standing_of(project, recipe, snapshot).evaluated
    assert found is not None
    assert standing_of(project, recipe, snapshot, ["abc"]).evaluated is None
    evaluated(project, left_out=("abc",))
    assert standing_of(project, recipe, snapshot, ["abc"]).evaluated is not None
    again = standing_of(project, recipe, snapshot).evaluated
    assert again is not None
    assert again.run_id == found.run_id


def test_painted_images_judge_nobody_where_one_learns_from_them(project: Project) -> None:
    image = project.images()[-1]
    type_id = project.add_defect_type("scratch").type_id
    mask = np.ones((image.record.height or 1, image.record.width or 1), np.bool_)
    project.set_mask(image.image_id, type_id, mask, "brush", "Ada")
    snapshot = project.take_snapshot()
    assert painted_images(snapshot, make_recipes(["revdist"], "", [], {})) == ()
    both = make_recipes(["revdist", "dmad"], "", [], {})
    assert painted_images(snapshot, both) == (image.record.sha256,)
