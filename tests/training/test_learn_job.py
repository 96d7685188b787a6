"""Learning at once as a job, against ordinary scoring with the model that has learned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.engine.device import Device
from inspector.engine.model_files import load_model
from inspector.engine.rescoring import Rescorer
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.bank_file import read_banks, write_muted
from inspector.jobs.fresh_file import (
    FRESH_FILE,
    encode_fresh,
    read_fresh,
    read_fresh_masks,
    write_fresh,
)
from inspector.jobs.model_card import read_model_card
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import LearnJob, ScoreJob, read_job
from inspector.project.learning import Order, count_unlearned, prepare_learning
from inspector.project.project import Project
from inspector.project.results import (
    CURRENT_FOLDER,
    MAPS_FILE,
    RESULTS_FILE,
    open_maps,
    read_changes,
    read_results,
)
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_scoring
from training.commands import Cancelled
from training.learn_job import Learner
from training.run import Run
from training.score_job import score
from training.shelf import Shelf

CPU = Computing("cpu", "float32")


class Bench:
    """A copy of the trained project in which somebody paints."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.model = project.find_model()
        self.ids = [image.image_id for image in project.images()]
        self.type_id = project.add_defect_type("flaw").type_id
        self.learner = Learner()
        self.said: list[events.Event] = []

    def paint(self, image_id: int, top: int, left: int, side: int = 14) -> None:
        mask = np.zeros((64, 64), np.bool_)
        mask[top : top + side, left : left + side] = side > 0
        self.project.add_annotation(image_id, self.type_id, mask, "anna", "brush")

    def learn(self, learner: Learner | None = None, **wishes: Any) -> RunRow:
        """Carries out what the project asks for, and takes it over."""
        run = prepare_learning(self.project, self.model, CPU, **wishes)
        assert run is not None
        job = read_job(run.folder)
        assert isinstance(job, LearnJob)
        self.said = []
        made = (learner or self.learner).learn(job, Run(run.folder, self.said.append))
        settle(self.project, run, JobOutcome(state=DONE, results=made))
        return run

    def scored_anew(self) -> RunRow:
        """An ordinary scoring with the model as it lies in its folder now."""
        run = prepare_scoring(self.project, self.model, CPU)
        job = read_job(run.folder)
        assert isinstance(job, ScoreJob)
        score(job, Run(run.folder, lambda event: None))
        return run

    def stored(self) -> dict[int, float]:
        found = self.project.scores(self.model.model_id)
        return {one.result.image_id: one.result.raw_score for one in found}


@pytest.fixture
def bench(tiny_dmad: Any, tmp_path: Path) -> Iterator[Bench]:
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    with Project.open(tmp_path / "project") as project:
        yield Bench(project)


def assert_same_scores(learned: RunRow, scored: RunRow) -> None:
    """Equal but for a bit of float16 here and there: the images came in other batches."""
    results = {found.image_id: (row, found) for row, found in by_row(learned)}
    maps, others = open_maps(learned.folder), open_maps(scored.folder)
    for row, wanted in by_row(scored):
        place, found = results[wanted.image_id]
        assert found.raw_score == pytest.approx(wanted.raw_score, abs=1e-3)
        assert found.scores == pytest.approx(wanted.scores, rel=2e-3, abs=1e-3)
        assert (found.class_name, found.path) == (wanted.class_name, wanted.path)
        assert np.allclose(maps[place], others[row], rtol=2e-3, atol=4e-3)
    assert len(results) == len(read_results(scored.folder).scored)


def by_row(run: RunRow) -> list[tuple[int, Any]]:
    return list(enumerate(read_results(run.folder).scored))


def test_it_scores_as_the_model_that_has_learned_does(bench: Bench) -> None:
    """Stroke after stroke with a warm worker; each time as a cold one and ordinary scoring."""
    before = bench.stored()
    bench.paint(bench.ids[19], 13, 0)  # a burn
    first = bench.learn(order=Order(bench.ids[19]))
    assert_same_scores(first, bench.scored_anew())
    assert bench.stored()[bench.ids[19]] > before[bench.ids[19]] + 0.3
    bench.paint(bench.ids[19], 12, 30)
    bench.paint(bench.ids[20], 30, 8)
    second = bench.learn(order=Order(bench.ids[20]))
    assert_same_scores(second, bench.scored_anew())
    bench.paint(bench.ids[19], 0, 0, side=0)  # taken back
    assert_same_scores(bench.learn(order=Order(bench.ids[20])), bench.scored_anew())
    cold = bench.learn(Learner(), anyway=True)
    assert_same_scores(cold, bench.scored_anew())


def test_what_was_learned_is_a_file_that_tells_where_it_comes_from(bench: Bench) -> None:
    image = bench.ids[5]
    bench.paint(image, 20, 20)
    assert count_unlearned(bench.project, bench.model) == 1
    run = bench.learn()
    fresh = read_fresh(bench.model.folder)
    assert fresh is not None
    (mask,) = fresh.masks
    (version,) = bench.project.annotations()
    assert (mask.annotation_id, mask.image_id) == (version.annotation_id, image)
    assert (mask.mask_sha256, mask.defect_type) == (version.sha256, "flaw")
    assert set(fresh.sources[:, 3].tolist()) == {version.annotation_id}
    assert fresh.snapshot_digest == bench.project.snapshot(run.snapshot_id or 0).digest
    assert len(read_banks(bench.model.folder)["fresh"].features) == len(fresh.features) > 0
    assert count_unlearned(bench.project, bench.model) == 0
    assert prepare_learning(bench.project, bench.model, CPU) is None
    entry = next(e for e in bench.project.take_snapshot().entries if e.image_id == image)
    assert read_model_card(bench.model.folder).annotated_images == [entry.sha256]


def test_an_image_that_it_was_shown_does_not_judge_it(bench: Bench) -> None:
    snapshot = bench.project.take_snapshot()
    bench.paint(snapshot.test()[0].image_id, 20, 20)
    bench.learn()
    run = prepare_scoring(bench.project, bench.model, CPU, evaluate=True)
    job = read_job(run.folder)
    assert isinstance(job, ScoreJob)
    made = score(job, Run(run.folder, lambda event: None))
    assert made["n_painted_left_out"] == 1


def test_forgetting_gives_the_scores_of_the_training(bench: Bench) -> None:
    before = bench.stored()
    bench.paint(bench.ids[5], 20, 20)
    bench.learn()
    assert bench.stored() != before
    bench.learn(forget=True)
    assert not (bench.model.folder / FRESH_FILE).exists()
    assert bench.stored() == pytest.approx(before, abs=1e-5)
    assert read_model_card(bench.model.folder).annotated_images == []
    assert prepare_learning(bench.project, bench.model, CPU, forget=True) is None


def test_muted_patches_count_no_more(bench: Bench) -> None:
    before = bench.stored()
    bench.paint(bench.ids[5], 20, 20)
    bench.learn()
    places = read_banks(bench.model.folder)["fresh"].places()
    write_muted(bench.model.folder, places[:-1])
    run = bench.learn(anyway=True)
    assert len(read_banks(bench.model.folder)["fresh"].features) == 1
    assert_same_scores(run, bench.scored_anew())
    write_muted(bench.model.folder, places)
    assert_same_scores(bench.learn(anyway=True), bench.scored_anew())
    assert bench.stored() == pytest.approx(before, abs=1e-5)
    write_muted(bench.model.folder, [])
    bench.learn(anyway=True)
    assert len(read_banks(bench.model.folder)["fresh"].features) == len(places)


def test_the_current_image_comes_first_then_what_looks_like_it(bench: Bench) -> None:
    current = bench.ids[12]
    bench.paint(current, 10, 10)
    run = bench.learn(order=Order(current, bench.ids[:5]))
    order = [found.image_id for _, found in by_row(run)]
    job = read_job(run.folder)
    assert isinstance(job, LearnJob)
    assert order[0] == current
    assert current not in job.first
    assert sorted(order) == bench.ids
    classes = {e.image_id: e.class_name for e in bench.project.take_snapshot().entries}
    assert {classes[i] for i in job.first[:3]} == {classes[current]}
    told = [event for event in bench.said if isinstance(event, events.Rescored)]
    assert (told[0].current, told[0].done) == (current, 1)
    assert (told[-1].done, told[-1].total) == (30, 30)
    changes = {change.image_id: change for event in told for change in event.changes}
    assert changes[current].after["none"] > changes[current].before["none"]
    stored = read_changes(run.folder)
    assert {change.image_id for change in stored} == set(changes)
    assert stored[0].image_id == current
    assert np.array_equal(open_maps(run.folder / CURRENT_FOLDER)[0], open_maps(run.folder)[0])


def test_what_is_stopped_leaves_nothing_behind(bench: Bench) -> None:
    bench.paint(bench.ids[5], 20, 20)
    before = bench.stored()
    run = prepare_learning(bench.project, bench.model, CPU)
    assert run is not None
    job = read_job(run.folder)
    assert isinstance(job, LearnJob)

    class Stopped(Run):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.learner.learn(job, Stopped(run.folder, lambda event: None))
    assert not (run.folder / RESULTS_FILE).exists()
    assert not (run.folder / MAPS_FILE).exists()
    settle(bench.project, run, JobOutcome(state="cancelled"))
    assert bench.stored() == before
    assert read_fresh_masks(bench.model.folder) == ()
    bench.learn()  # what it had looked at is good still


def test_images_that_cannot_be_read_are_listed(bench: Bench, tmp_path: Path) -> None:
    snapshot = bench.project.take_snapshot()
    parts = tmp_path / "parts"
    shutil.copytree(Path(snapshot.entries[0].path).parents[3], parts)
    with Project.create(tmp_path / "other") as project:
        project.import_folder(parts)
        images = project.images()
        flaw = project.add_defect_type("flaw").type_id
        mask = np.ones((64, 64), np.bool_)
        project.add_annotation(images[4].image_id, flaw, mask, "anna", "brush")
        taken = project.take_snapshot()
        images[2].path.unlink()
        numbers = tuple(a.annotation_id for a in project.annotations())
        job = LearnJob(
            model=str(bench.model.folder),
            snapshot=str(project.snapshot_file(taken.snapshot_id)),
            annotations=numbers,
            device="cpu",
        )
        run = tmp_path / "run"
        run.mkdir()
        made = Learner().learn(job, Run(run, lambda event: None))
        assert (made["n_scored"], made["n_unread"]) == (29, 1)
        assert read_results(run).unread[0].image_id == images[2].image_id
        images[4].path.unlink()
        with pytest.raises(InspectorError, match=r"could not be|cannot be|does not exist"):
            Learner().learn(job, Run(run, lambda event: None))


def test_replaced_runs_do_not_pile_up(bench: Bench) -> None:
    runs = len(bench.project.runs())
    for place in range(6):
        bench.paint(bench.ids[5], 5 * place, 20)
        bench.learn()
    assert len(bench.project.runs()) == runs + 2
    folder = bench.project.folder
    assert len(list((folder / "runs").iterdir())) == runs + 2
    assert len(list((folder / "snapshots").iterdir())) <= 3
    newest = bench.project.runs()[-1]
    assert {s.run_id for s in bench.project.scores(bench.model.model_id)} == {newest.run_id}


def test_what_scoring_has_found_is_not_looked_for_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first painted mask after a scoring needs no pass through the network at all."""
    assert list((bench.project.cache_folder / "assessed").glob("*/*/*.npy"))

    def never(*arguments: Any) -> Any:
        raise AssertionError("an image was looked at again")

    bench.paint(bench.ids[5], 20, 20)
    with monkeypatch.context() as patch:
        patch.setattr(Rescorer, "score", never)
        run = bench.learn()
    assert_same_scores(run, bench.scored_anew())


def test_a_shelf_that_is_damaged_or_gone_costs_only_time(bench: Bench) -> None:
    folder = bench.project.cache_folder / "assessed"
    bench.paint(bench.ids[5], 20, 20)
    (shard,) = folder.glob("*/*/*.npy")
    shard.write_bytes(shard.read_bytes()[:1000])
    torn = bench.learn()
    assert_same_scores(torn, bench.scored_anew())
    shutil.rmtree(folder)
    bench.paint(bench.ids[5], 30, 20)
    gone = bench.learn(Learner())
    assert_same_scores(gone, bench.scored_anew())
    assert list(folder.glob("*/*/*.npy"))  # and what was found lies there again


def test_a_shelf_that_another_process_clears_away_is_made_again(bench: Bench) -> None:
    folder = bench.project.cache_folder / "assessed"
    with Shelf(bench.project.cache_folder, bench.model.folder, Device("cpu")) as shelf:
        known = shelf.get(next(iter(shelf._places)))
        assert known is not None
        shelf.add("another", known)
        shutil.rmtree(folder)
    again = Shelf(bench.project.cache_folder, bench.model.folder, Device("cpu"))
    found = again.get("another")
    assert found is not None
    assert found.trained.raw_score == known.trained.raw_score


def test_the_shelf_is_of_one_model_and_of_what_is_muted_in_it(bench: Bench) -> None:
    folder = bench.project.cache_folder / "assessed"
    (folder / "0099-gone").mkdir()
    (before,) = folder.glob("0001-dmad/*")
    bench.paint(bench.ids[5], 20, 20)
    bench.learn()
    places = read_banks(bench.model.folder)["fresh"].places()
    write_muted(bench.model.folder, places[:1])
    bench.learn(anyway=True)
    assert [*folder.glob("0001-dmad/*")] == [before]  # nothing that it was trained with is muted
    assert not (folder / "0099-gone").exists()


def test_a_file_of_another_model_is_refused(bench: Bench) -> None:
    bench.paint(bench.ids[5], 20, 20)
    bench.learn()
    fresh = read_fresh(bench.model.folder)
    assert fresh is not None
    other = replace(fresh, features=fresh.features[:, :-1])
    write_fresh(bench.model.folder, encode_fresh(other))
    with pytest.raises(InspectorError, match="of another model") as caught:
        load_model(bench.model.folder)
    assert FRESH_FILE in caught.value.hint
