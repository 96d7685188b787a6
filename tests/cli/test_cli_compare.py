"""`inspector compare`: trains what is missing, once; stops; goes on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import inspector.cli.following
from inspector.jobs.events import Event
from inspector.jobs.outcome import JobOutcome
from inspector.project.project import Project
from inspector.project.runs import RunState

Call = Callable[..., Any]

TINY = (
    "image_size=64",
    "revdist.iterations=3",
    "revdist.batch_size=4",
    "patchcore.coreset_points=1000",
    "patchcore.coreset=0.02",
    "alignment.iterations=4",
    "alignment.batch_size=4",
    "alignment.folds=2",
)


def settings(*methods: str) -> list[str]:
    """Options that make some methods take a second."""
    others = tuple(f"{name}." for name in ("revdist", "patchcore") if name not in methods)
    pairs = (pair for pair in TINY if not pair.startswith(others or ("?",)))
    return ["--device", "cpu", *(argument for pair in pairs for argument in ("--set", pair))]


@pytest.fixture
def tiny() -> list[str]:
    return settings("revdist", "patchcore")


def kinds(project: Path) -> list[str]:
    with Project.open(project) as opened:
        return [run.kind for run in opened.runs()]


def test_it_trains_what_is_missing_and_nothing_twice(
    project: Path, call: Call, tiny: list[str], inline: Any, tmp_path: Path
) -> None:
    asked = ["compare", project, "--methods", "revdist,patchcore", *tiny]
    answer = call(*asked, "--seeds", "0,1", "--json", "--out", tmp_path / "table.html")
    assert answer.code == 0, answer.err
    found = answer.document
    assert (found["state"], found["missing"], found["failures"]) == ("done", [], [])
    assert kinds(project)[1:] == ["train", "evaluate"] * 4
    active = call("models", project, "--json").document["active"]
    assert active == "0001-revdist"  # what is only tried takes nobody's place
    methods = {(row["method"], tuple(row["seeds"])) for row in found["rows"]}
    assert methods == {("revdist", (0, 1)), ("patchcore", (0, 1))}
    row = found["rows"][0]
    auroc = row["metrics"]["unified_image_auroc"]
    assert len(auroc["values"]) == 2
    assert auroc["half_range"] == pytest.approx((max(auroc["values"]) - min(auroc["values"])) / 2)
    page = (tmp_path / "table.html").read_text("utf-8")
    assert "PatchCore" in page
    # The same numbers as `evaluate` finds for one of them.
    alone = call("evaluate", project, "--model", row["models"][0], "--device", "cpu", "--json")
    variants = {v["variant"]: v for v in alone.document["evaluation"]["variants"]}
    known = variants[row["alignment"]]["absolute_unified"]["image_auroc"]
    assert auroc["values"][0] == pytest.approx(known)

    started = len(inline.started)
    again = call(*asked, "--seeds", "0,1", "--json")
    assert again.document["rows"] == found["rows"]
    assert len(inline.started) == started
    more = call(*asked, "--seeds", "0,1,2", "--variants", "cada,none")
    assert more.code == 0
    assert len(inline.started) == started + 4
    assert "3 seeds" in more.out
    assert "±" in more.out
    table = [line for line in more.out.splitlines() if "±" in line or "CADA" in line]
    assert len(table) >= 6
    assert max(map(len, table)) <= 100


def test_ctrl_c_stops_and_the_same_command_goes_on(
    project: Path, call: Call, inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["compare", project, "--methods", "revdist", "--seeds", "7,8", "--json"]
    asked += settings("revdist")

    class Interrupted(inline):  # type: ignore[misc]
        """Interrupted from the keyboard in the middle of the first training."""

        started: ClassVar[list[Path]] = []

        def _work(self) -> JobOutcome:
            return JobOutcome(state="lost", message="It is gone.")

        def events(self) -> Iterator[Event]:
            os.kill(os.getpid(), signal.SIGINT)
            yield from ()

        def interrupt(self) -> None:
            self.interrupted = True

    monkeypatch.setattr(inspector.cli.following, "Worker", Interrupted)
    answer = call(*asked)
    assert answer.code == 130
    assert answer.document["state"] == "stopped"
    assert [one["seed"] for one in answer.document["missing"]] == [7, 8]
    with Project.open(project) as opened:
        assert [run.state for run in opened.runs()[1:]] == [RunState.LOST]

    monkeypatch.setattr(inspector.cli.following, "Worker", inline)
    answer = call(*asked)
    assert answer.code == 0
    assert answer.document["missing"] == []
    # Run 2 went on in its own folder; only the other seed needed another one.
    assert inline.started[0].name == "0002-revdist"
    assert kinds(project)[1:] == ["train", "evaluate", "train", "evaluate"]


def test_a_method_that_fails_does_not_stop_the_others(
    project: Path, call: Call, tiny: list[str], inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(inline):  # type: ignore[misc]
        started: ClassVar[list[Path]] = []

        def _work(self) -> JobOutcome:
            job = json.loads((self.run_folder / "job.json").read_text("utf-8"))
            if job.get("method") == "patchcore":
                return JobOutcome(state="failed", message="No weights.", hint="Get them.")
            return super()._work()  # type: ignore[no-any-return]

    monkeypatch.setattr(inspector.cli.following, "Worker", Failing)
    answer = call("compare", project, "--methods", "patchcore,revdist", *tiny)
    assert answer.code == 1
    assert "No weights. Get them." in answer.out
    assert "Reverse distillation" in answer.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--methods", "padim"], "padim"),
        (["--methods", "revdist", "--preset", "slow"], "slow"),
        (["--methods", "revdist", "--seeds", "a"], "no list of seeds"),
        (["--methods", "revdist", "--seeds", "1", "--set", "seed=2"], "twice"),
        (["--methods", "revdist", "--set", "dmad.epochs=2"], "not compared"),
        (["--methods", "revdist", "--set", "image_size=100"], "image_size"),
        (["--methods", "revdist", "--out", "table.pdf"], "ending"),
    ],
)
def test_bad_options_train_nothing(
    project: Path, call: Call, inline: Any, options: list[str], told: str
) -> None:
    answer = call("compare", project, *options)
    assert answer.code == 1
    assert told in answer.err
    assert inline.started == []


def test_without_test_images_there_is_nothing_to_judge_by(
    tmp_path: Path, tiny_parts: Path, call: Call, inline: Any
) -> None:
    good = tiny_parts / "nut" / "train" / "good"
    call("import", tmp_path / "project", good, "--assume-good")
    answer = call("compare", tmp_path / "project", "--methods", "revdist")
    assert answer.code == 1
    assert "no labelled test images" in answer.err
    assert inline.started == []
