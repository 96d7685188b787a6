"""Portions of a scoring on a cluster, without one: what they are called, kept and told."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import training.cluster
from inspector.core.evaluation import ImageResult
from inspector.errors import InspectorError
from inspector.jobs.bank_file import MUTED_FILE
from inspector.jobs.fresh_file import FreshBank, encode_fresh, write_fresh
from inspector.jobs.spec import ScoreJob
from inspector.project.project import Project
from inspector.project.results import Results, UnreadImage, write_results
from inspector.project.snapshots import SnapshotEntry
from training.attempt import EventWriter, carry_out
from training.cluster import _appears, _connect, _cut, _put_together
from training.commands import Cancelled
from training.run import Run


@pytest.fixture
def model(tmp_path: Path, tiny_project: Any) -> Path:
    with Project.open(tiny_project.folder) as project:
        return Path(shutil.copytree(project.find_model().folder, tmp_path / "a model"))


def entries(count: int) -> list[SnapshotEntry]:
    unknown: Any = ("", "", "test", "unknown", "", (), None)
    return [SnapshotEntry(n, f"/{n}.png", *unknown) for n in range(1, count + 1)]


def names(job: ScoreJob, count: int = 6) -> list[str]:
    return [portion.name for portion in _cut(job, entries(count))]


def test_a_portion_is_called_after_all_that_its_scores_depend_on(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def job(**changes: Any) -> ScoreJob:
        known = {"snapshot": "s.json", "batch_size": 1}
        return ScoreJob(**{"model": str(model), **known, **changes})

    first = names(job())
    assert [name[:7] for name in first] == ["000000-", "000001-"]
    assert names(job(cluster="elsewhere:1", cache="/c")) == first
    assert names(job(), 7)[0] == first[0]
    others = [names(job(), 7)[1], names(job(variants=("none",)))[1]]
    (model / MUTED_FILE).write_bytes(b"1")
    others.append(names(job())[1])
    nothing = FreshBank(np.zeros((0, 4), np.float16), np.zeros((0, 4), np.int32), (), "")
    write_fresh(model, encode_fresh(nothing))
    others.append(names(job())[1])
    with (model / "model.safetensors").open("ab") as file:
        file.write(b" ")
    others.append(names(job())[1])
    monkeypatch.setattr("inspector.__version__", "0.0")
    others.append(names(job())[1])
    assert len({first[1], *others}) == 1 + len(others)


def test_scores_of_other_images_are_not_put_together(tmp_path: Path, model: Path) -> None:
    job = ScoreJob(model=str(model), snapshot="s.json", batch_size=1, keep_maps=False)
    cut = _cut(job, entries(3))
    folder = tmp_path / "portions" / cut[0].name
    folder.mkdir(parents=True)
    unread = tuple(UnreadImage(n, f"/{n}.png", "", "") for n in (3, 1, 2))
    none: tuple[ImageResult, ...] = ()
    write_results(folder, Results(none, unread))
    assert _put_together(tmp_path, cut, job).unread == unread
    write_results(folder, Results(none, unread[:2]))
    with pytest.raises(InspectorError, match="other images") as caught:
        _put_together(tmp_path, cut, job)
    assert "--resume" in caught.value.hint


def test_cancelled_nothing_stays_and_half_removed_portions_do_not_count(
    tmp_path: Path, model: Path
) -> None:
    (tmp_path / "portions" / "000000").mkdir(parents=True)
    (tmp_path / ".portions.gone" / "000000").mkdir(parents=True)  # of a killed removal

    def work() -> dict[str, Any]:
        raise Cancelled

    carry_out(work, tmp_path, EventWriter(tmp_path), tmp_path)
    assert not list(tmp_path.glob("*portions*"))
    (tmp_path / ".portions.gone" / "000000").mkdir(parents=True)
    job = ScoreJob(model=str(model), snapshot="s.json", cluster="127.0.0.1:1")
    pytest.importorskip("ray")
    with pytest.raises(InspectorError, match=r"No Ray cluster answers at '127\.0\.0\.1:1'"):
        training.cluster.score_on_cluster(job, Run(tmp_path, lambda event: None), entries(3))
    assert [found.name for found in tmp_path.glob("*portions*")] == ["portions"]


def test_a_portion_may_appear_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.cluster, "_LOOK_SECONDS", 0.01)

    def check() -> None:
        (tmp_path / "1").mkdir(exist_ok=True)
        (tmp_path / "1" / "results.json").touch()

    assert _appears(tmp_path, "1", check)
    monkeypatch.setattr(training.cluster, "_APPEAR_SECONDS", 0.0)
    assert not _appears(tmp_path, "2", lambda: None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [ConnectionError("nobody"), AttributeError("something else")])
def test_whatever_goes_wrong_in_connecting_is_told(error: Exception) -> None:
    ended: list[bool] = []

    def init(**_: object) -> None:
        raise error

    ray = SimpleNamespace(init=init, shutdown=lambda: ended.append(True))
    with pytest.raises(InspectorError, match="No Ray cluster answers at 'auto'"):
        _connect(ray, "auto", lambda: None)
    assert ended == [True]
