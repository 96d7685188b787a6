"""Training ReContrast and UniAD as jobs: schedules, and that a stop changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.core.images import read_for_model
from inspector.engine.backbones import load_backbone
from inspector.engine.detectors.recontrast import ReContrast
from inspector.engine.detectors.uniad import UniAd
from inspector.engine.model_files import load_model
from inspector.jobs import events
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.jobs.parameters import ReContrastParameters
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.project import Project
from inspector.project.work import Computing, prepare_training
from training.commands import Interrupted
from training.features import FeatureCache
from training.recontrast import hardness_at
from training.train_job import train

METHODS = ["recontrast", "uniad"]
COMMON = {
    "image_size": 64,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
    "alignment.statistics": "fitted",
}

MakeJob = Callable[..., TrainJob]
MakeRun = Callable[..., Any]


@pytest.fixture
def make_job(tmp_path: Path, tiny_parts: Path) -> MakeJob:
    def make(method: str, **changes: Any) -> TrainJob:
        own = {f"{method}.iterations": 4, f"{method}.batch_size": 4}
        with Project.create(tmp_path / "project") as project:
            project.import_folder(tiny_parts)
            row = prepare_training(
                project, method, "quick", COMMON | own | changes, Computing("cpu", "float32")
            )
            job = read_job(row.folder)
            assert isinstance(job, TrainJob)
            return job

    return make


def weights(run: Any) -> bytes:
    return bytes((run.folder / "model" / WEIGHTS_FILE).read_bytes())


def metrics(run: Any, name: str) -> list[tuple[int, float]]:
    return [(e.step, e.value) for e in run.of(events.Metric) if e.name == name]


@pytest.mark.parametrize("method", METHODS)
def test_stopped_and_resumed_it_ends_with_the_same_weights(
    method: str, make_job: MakeJob, new_run: MakeRun
) -> None:
    job = make_job(method)
    whole = new_run(name="whole")
    train(job, whole)
    for seed, after in enumerate((1, 1)):
        torch.manual_seed(seed)  # every process has random numbers of its own
        with pytest.raises(Interrupted):
            train(job, new_run(stage="detector", wish=Interrupted, after=after))
    run = new_run()
    train(job, run)
    done = [e.step for e in run.of(events.Checkpoint) if e.stage == "detector"]
    assert done == [4]
    assert weights(run) == weights(whole)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_cache_it_learns_as_well(
    method: str, make_job: MakeJob, new_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeatureCache, "fits", lambda *_: False)
    job = make_job(method)
    run = new_run()
    train(job, run)
    assert any("would not fit" in note for note in run.notes)
    assert (run.folder / "model" / WEIGHTS_FILE).is_file()
    assert not list(Path(job.cache).rglob("*.npy"))


def test_recontrast_adapts_its_encoder_a_little_and_its_copy_not_at_all(
    make_job: MakeJob, new_run: MakeRun
) -> None:
    run = new_run()
    train(make_job("recontrast"), run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, ReContrast)
    pretrained = load_backbone("tf_efficientnet_lite0")
    frozen = dict(pretrained.body.named_parameters())
    moved = 0
    for name, parameter in detector.encoder.named_parameters():
        step = (parameter - frozen[name]).detach().abs().max()
        moved += bool(step > 0)
        assert float(step) < 1e-3, name  # four steps at a rate of 1e-5
    assert moved == len(frozen)
    for name, buffer in detector.encoder.named_buffers():
        assert torch.equal(buffer, dict(pretrained.body.named_buffers())[name]), name
    for name, parameter in detector.backbone.body.named_parameters():
        assert torch.equal(parameter, frozen[name]), name


def test_recontrasts_statistics_adapt_where_asked_for(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run()
    train(make_job("recontrast", **{"recontrast.batch_norm": "adapted"}), run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, ReContrast)
    before = dict(load_backbone("tf_efficientnet_lite0").body.named_buffers())
    means = [n for n, _ in detector.encoder.named_buffers() if n.endswith("running_mean")]
    after = dict(detector.encoder.named_buffers())
    assert means
    assert not any(torch.equal(before[name], after[name]) for name in means)


def test_mining_gets_harder_in_the_first_tenth() -> None:
    parameters = ReContrastParameters(iterations=1000)
    assert hardness_at(0, parameters) == -3
    assert hardness_at(50, parameters) == pytest.approx(-1)
    assert hardness_at(100, parameters) == hardness_at(999, parameters) == 1
    assert hardness_at(0, ReContrastParameters(iterations=1)) == -3


@pytest.mark.parametrize(
    ("method", "rate", "drop"), [("recontrast", 2e-3, 0.2), ("uniad", 3e-4, 0.1)]
)
def test_the_rate_drops_when_four_fifths_are_done(
    method: str,
    rate: float,
    drop: float,
    make_job: MakeJob,
    new_run: MakeRun,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"training.{method}._METRIC_EVERY", 1)
    monkeypatch.setattr(f"training.{method}._WARM_UP_STEPS", 2)
    changes = {"iterations": 5, "batch_size": 2, "learning_rate": rate}
    run = new_run()
    train(make_job(method, **{f"{method}.{name}": value for name, value in changes.items()}), run)
    rates = [value for _, value in metrics(run, "learning_rate")][:5]
    assert rates == pytest.approx([rate / 2, rate, rate, rate, rate * drop])


def test_uniads_scale_is_that_of_the_features(make_job: MakeJob, new_run: MakeRun) -> None:
    run = new_run()
    job = make_job("uniad")
    train(job, run)
    detector = load_model(run.folder / "model")[0].detector
    assert isinstance(detector, UniAd)
    squares, count = 0.0, 0
    with Project.open(Path(job.snapshot).parent.parent) as project:
        entries = [e for e in project.take_snapshot().entries if e.is_normal_for_training]
    for entry in entries:
        pixels = torch.from_numpy(read_for_model(Path(entry.path), 64, entry.window))
        with torch.no_grad():
            features = detector.gather(detector.observe(pixels.permute(2, 0, 1)[None]))
        squares += float(features.square().sum())
        count += features.numel()
    assert float(detector.scale) == pytest.approx((squares / count) ** 0.5, rel=1e-3)
