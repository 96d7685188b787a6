"""Dinomaly's loss, its schedules, and its training as a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
import torch

from inspector.engine.detectors.dinomaly import Dinomaly
from inspector.engine.model_files import load_model
from inspector.errors import InspectorError
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.jobs.parameters import DinomalyParameters
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.project import Project
from inspector.project.work import Computing, prepare_training
from training.commands import Interrupted
from training.dinomaly import easy_share_at, rate_at
from training.mined_cosine import easiest, hard_cosine_loss
from training.train_job import train

TINY = "test_vit.r160_in1k"
COMMON: dict[str, Any] = {
    "backbone": TINY,
    "image_size": 64,
    "alignment.iterations": 4,
    "alignment.batch_size": 4,
    "alignment.folds": 2,
    "alignment.statistics": "fitted",
}

MakeJob = Callable[..., TrainJob]
MakeRun = Callable[..., Any]


@pytest.fixture
def make_job(
    tmp_path: Path, tiny_parts: Path, transformer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeJob]:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: transformer_home)

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

    yield make


def weights(run: Any) -> bytes:
    return bytes((run.folder / "model" / WEIGHTS_FILE).read_bytes())


@pytest.mark.parametrize("share", [0.0, 0.35, 0.9])
def test_the_easiest_points_pull_a_tenth(share: float) -> None:
    """Against the gradient of the plain loss, point by point."""
    generator = torch.Generator().manual_seed(5)
    target = torch.randn(3, 8, 4, 5, generator=generator)
    decoded = torch.randn(3, 8, 4, 5, generator=generator).requires_grad_()
    plain = decoded.detach().clone().requires_grad_()
    loss: Any = hard_cosine_loss([target], [decoded], easiest(share), 0.1)
    loss.backward()
    whole: Any = sum(
        1 - torch.dot(plain[b].flatten(), target[b].flatten()) / plain[b].norm() / target[b].norm()
        for b in range(3)
    )
    (whole / 3).backward()
    assert loss.item() == pytest.approx(whole.item() / 3, abs=1e-6)
    p, t = decoded.detach().numpy(), target.numpy()
    distances = {
        (b, y, x): 1
        - p[b, :, y, x]
        @ t[b, :, y, x]
        / np.linalg.norm(p[b, :, y, x])
        / np.linalg.norm(t[b, :, y, x])
        for b in range(3)
        for y in range(4)
        for x in range(5)
    }
    by_ease = sorted(distances, key=distances.__getitem__)
    easy = set(by_ease[: round(60 * share)])
    assert decoded.grad is not None
    assert plain.grad is not None
    for b, y, x in by_ease:
        pull = 0.1 if (b, y, x) in easy else 1.0
        torch.testing.assert_close(decoded.grad[b, :, y, x], pull * plain.grad[b, :, y, x])


def test_the_papers_schedules() -> None:
    paper = DinomalyParameters()
    assert rate_at(0, paper) == pytest.approx(2e-5)
    assert rate_at(99, paper) == pytest.approx(2e-3)
    assert rate_at(100 + 9900 // 2, paper) == pytest.approx((2e-3 + 2e-4) / 2)
    assert rate_at(9999, paper) == pytest.approx(2e-4, rel=1e-3)
    rates = [rate_at(step, paper) for step in range(99, 10_000)]
    assert rates == sorted(rates, reverse=True)
    assert easy_share_at(0, paper) == 0
    assert easy_share_at(500, paper) == pytest.approx(0.45)
    assert easy_share_at(1000, paper) == easy_share_at(9999, paper) == 0.9
    shortest = DinomalyParameters(iterations=1)
    assert 0 < rate_at(0, shortest) < 2e-3
    assert easy_share_at(0, shortest) == 0


def test_stopped_and_resumed_it_ends_with_the_same_weights(
    make_job: MakeJob, new_run: MakeRun
) -> None:
    job = make_job("dinomaly", **{"dinomaly.dropout": 0.4})
    whole = new_run(name="whole")
    train(job, whole)
    torch.manual_seed(8)  # every process has random numbers of its own
    with pytest.raises(Interrupted):
        train(job, new_run(stage="detector", wish=Interrupted, after=2))
    run = new_run()
    train(job, run)
    assert weights(run) == weights(whole)
    pipeline, card = load_model(run.folder / "model")
    assert isinstance(pipeline.detector, Dinomaly)
    assert card.backbone == TINY
    assert not [name for name in pipeline.detector.state_dict() if "network" in name]


def test_a_method_that_needs_a_pyramid_says_so(make_job: MakeJob, new_run: MakeRun) -> None:
    with pytest.raises(InspectorError, match="is a vision transformer, but this method needs"):
        train(make_job("revdist"), new_run())
