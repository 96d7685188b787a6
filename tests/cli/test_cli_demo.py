"""`inspector demo`: from nothing, from half, from everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inspector.cli.demo
import inspector.project.demo
from inspector.core.sampleparts import SamplePlan
from inspector.project.project import Project
from inspector.project.runs import RunState

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def tiny_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {
        "image_size": 64,
        "revdist.iterations": 2,
        "revdist.batch_size": 4,
        "alignment.iterations": 3,
        "alignment.folds": 2,
    }
    monkeypatch.setattr(SamplePlan, "demo", classmethod(lambda plan: plan.tiny()))
    monkeypatch.setattr(inspector.project.demo, "PARAMETERS", parameters)
    monkeypatch.setattr(inspector.cli.demo, "has_display", lambda: False)


def test_an_interrupted_demo_goes_on_and_a_finished_one_is_opened(
    tmp_path: Path, call: Call, inline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    with monkeypatch.context() as patch:

        def interrupted(*arguments: Any) -> int:
            raise KeyboardInterrupt

        patch.setattr(inspector.cli.demo, "train_and_settle", interrupted)
        assert call("demo", folder).code == 130
    assert inline.started == []
    made = {path: path.stat().st_mtime_ns for path in (folder / "parts").rglob("*.png")}
    assert len(made) == 30 + 6  # images and masks

    answer = call("demo", folder, "--device", "cpu")
    assert answer.code == 0
    assert "Images: raw beside aligned" in answer.out
    assert "absolute-unified" in answer.out
    assert "no window was opened" in answer.out
    assert {path: path.stat().st_mtime_ns for path in (folder / "parts").rglob("*.png")} == made
    with Project.open(folder) as project:
        kinds = [(run.kind, run.state) for run in project.runs()]
        assert kinds == [("train", RunState.DONE), ("evaluate", RunState.DONE)]
    assert len(inline.started) == 2

    again = call("demo", folder, "--json")
    assert again.code == 0
    assert len(inline.started) == 2  # nothing was computed
    assert again.document["state"] == "done"
    report = Path(again.document["report"])
    assert report.is_relative_to(folder)
    assert report.exists()
    assert f"Report: {report}" in answer.out


def test_a_demo_for_machines_prints_one_document(tmp_path: Path, call: Call) -> None:
    answer = call("demo", tmp_path / "demo", "--device", "cpu", "--json")
    assert answer.code == 0
    assert answer.out.count("\n") == 1
    assert Path(answer.document["report"]).exists()
    assert {v["variant"] for v in answer.document["evaluation"]["variants"]} == {
        "none",
        "cada-a",
        "cada-b",
        "cada",
        "cada-sigma",
        "cada-q",
    }


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path, call: Call) -> None:
    (tmp_path / "letter.txt").write_text("Dear …")
    answer = call("demo", tmp_path)
    assert answer.code == 1
    assert "not empty" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("at_a_terminal", [True, False])
def test_where_there_is_a_display_the_window_opens_on_it(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, at_a_terminal: bool
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(inspector.cli.demo, "has_display", lambda: True)
    monkeypatch.setattr(inspector.cli.demo, "open_window", opened.append)
    monkeypatch.setattr(inspector.cli.demo, "_is_watched", lambda: at_a_terminal)
    monkeypatch.setattr(
        inspector.cli.demo, "_make", lambda project, options, output: 0
    )  # what comes before was tested above
    answer = call("demo", project)
    assert answer.code == 0
    assert opened == ([project.resolve()] if at_a_terminal else [])
    assert at_a_terminal or f"inspector open {project.resolve()}" in answer.out
