"""`inspector models`, and what every command says of a project that is none."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save_file

from inspector.jobs.model_card import CARD_FILE, WEIGHTS_FILE, read_model_card
from inspector.jobs.name_file import Naming
from inspector.project.active import threshold_key
from inspector.project.project import Project

Call = Callable[..., Any]


def test_models_are_listed_shown_and_removed(project: Path, call: Call, tiny_project: Any) -> None:
    name = tiny_project.model.name
    assert name in call("models", project).out
    (listed,) = call("models", project, "--json").document["models"]
    assert listed["name"] == name
    assert (listed["n_images"], listed["n_classes"]) == (18, 3)

    shown = call("models", project, "--show", name)
    assert shown.code == 0
    assert "Threshold (cada): " in shown.out
    assert "held-out normal images" in shown.out
    card = call("models", project, "--show", name, "--json").document["card"]
    assert card["method"] == "revdist"

    removed = call("models", project, "--remove", name)
    assert removed.code == 0
    assert f"Removed {name}." in removed.out
    assert not Path(listed["folder"]).exists()
    assert "No model yet" in call("models", project).out
    assert call("models", project, "--json").document["models"] == []


def test_the_active_model_decides_everywhere(
    project: Path, call: Call, tiny_project: Any, tmp_path: Path
) -> None:
    name = tiny_project.model.name
    with Project.open(project) as opened:
        run = opened.new_run("train", "revdist", b"{}", None)
        shutil.copytree(opened.find_model().folder, run.folder / "model")
        newest = opened.add_model(run.run_id, run.folder / "model")
    assert call("models", project, "--json").document["active"] == newest.name
    assert f"{name} is the active model." in call("models", project, "--use", "1").out
    assert f"Active: {name}" in call("models", project).out
    with Project.open(project) as opened:  # as the window keeps it
        opened.set_setting(threshold_key(opened.find_model(1), "cada"), 0.125)
    scored = call("score", project, "--device", "cpu", "--json").document
    assert (scored["model"], scored["threshold"]) == (name, 0.125)
    assert scored["own_threshold"] == pytest.approx(
        read_model_card(tiny_project.model.folder).thresholds["cada"].value
    )
    named = call("score", project, "--device", "cpu", "--model", newest.name, "--json").document
    assert (named["model"], named["threshold"]) == (newest.name, scored["own_threshold"])
    assert call("evaluate", project, "--device", "cpu", "--json").document["model"] == name
    assert "The threshold was set by hand; the model's own is" in (
        call("score", project, "--device", "cpu").out
    )


def test_a_damaged_model_cannot_become_active(project: Path, call: Call, tiny_project: Any) -> None:
    with Project.open(project) as opened:
        (opened.find_model().folder / CARD_FILE).write_bytes(b"{")
    answer = call("models", project, "--use", "1")
    assert answer.code == 1
    with Project.open(project) as opened:
        assert opened.get_setting("active_model", int, 0) == 0


def test_the_trash_gives_a_model_back(project: Path, call: Call, tiny_project: Any) -> None:
    name = tiny_project.model.name
    assert f"{name} is in the trash" in call("models", project, "--trash", "1").out
    listed = call("models", project, "--json").document
    assert (listed["models"], listed["in_trash"]) == ([], [name])
    assert "Restore it first." in call("score", project, "--model", name).err
    assert f"In the trash: {name}" in call("models", project).out
    assert f"{name} is back." in call("models", project, "--restore", name).out
    assert call("models", project, "--json").document["active"] == name
    assert call("models", project, "--trash", name).code == 0
    assert f"Removed {name}." in call("models", project, "--remove", name).out


def test_learned_names_are_told(project: Path, call: Call, tiny_project: Any) -> None:
    nearest = [[("screw", 0.9), ("pin", 0.5)], []]
    text = msgspec.json.encode(Naming(["bolt", "washer"], nearest, "tiny words"))
    with Project.open(project) as opened:
        weights = opened.find_model().folder / WEIGHTS_FILE
    save_file(
        {
            "detector.names.naming": np.frombuffer(text, np.uint8),
            "detector.names.named": np.array([[1, 0], [0.8, 0.6]], np.float32),
            "detector.sample.features": np.zeros((1, 3), np.float16),
            "detector.sample.classes": np.zeros(1, np.int32),
            "detector.sample.synthetic": np.zeros(1, np.uint8),
        },
        weights,
    )
    said = call("models", project, "--show", "1").out
    assert "What it calls the classes, in words of tiny words:" in said
    assert "screw 0.90, pin 0.50" in said
    assert "given, not learned" in said
    names = call("models", project, "--show", "1", "--json").document["names"]
    assert names[0]["nearest_words"] == [["screw", 0.9], ["pin", 0.5]]
    assert names[1]["most_alike"] == {"class": "bolt", "similarity": pytest.approx(0.8)}


@pytest.mark.parametrize("option", ["--show", "--remove", "--use"])
def test_a_model_that_is_not_there(
    project: Path, call: Call, option: str, tiny_project: Any
) -> None:
    answer = call("models", project, option, "nonsense")
    assert answer.code == 1
    assert "nonsense" in answer.err
    assert tiny_project.model.name in answer.err
    with Project.open(project) as opened:
        assert len(opened.models()) == 1


COMMANDS = [
    ("train",),
    ("train", "--resume", "1"),
    ("score",),
    ("evaluate",),
    ("models",),
    ("models", "--remove", "1"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", ["missing", "a file", "another folder"])
def test_a_project_that_is_none(
    tmp_path: Path, call: Call, command: tuple[str, ...], kind: str
) -> None:
    place = tmp_path / "project"
    if kind == "a file":
        place.write_text("I am a file.")
    elif kind == "another folder":
        place.mkdir()
        (place / "letter.txt").write_text("Dear …")
    answer = call(command[0], place, *command[1:])
    assert answer.code == 1
    assert answer.out == ""
    message, hint = answer.err.splitlines()
    assert str(place) in message
    assert hint.strip()
    if kind == "missing":
        assert not place.exists()
    elif kind == "a file":
        assert place.read_text() == "I am a file."
    else:
        assert [path.name for path in place.iterdir()] == ["letter.txt"]


def test_a_damaged_database(project: Path, call: Call) -> None:
    (project / "project.db").write_bytes(b"this is no database, " * 500)
    answer = call("models", project)
    assert answer.code == 1
    assert "project.db" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_project_that_may_not_be_written(project: Path, call: Call) -> None:
    for path in (project, *project.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        answer = call("train", project)
        assert answer.code == 1
        assert "may not be written" in answer.err or "cannot be used" in answer.err
        assert "Traceback" not in answer.err
    finally:
        for path in (project, *project.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_bug_is_shown_whole_and_has_its_own_exit_code(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Project) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Project, "models", broken)
    answer = call("models", project, "--json")
    assert answer.code == 70
    assert "Traceback (most recent call last)" in answer.err
    assert "This is a bug in Inspector" in answer.err
    assert answer.document["error"] == "ZeroDivisionError: division by zero"


def test_interrupting_is_no_bug(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "models", interrupted)
    answer = call("models", project)
    assert answer.code == 130
    assert "Traceback" not in answer.err


def test_paths_that_look_like_markup_are_printed_as_they_are(
    tmp_path: Path, tiny_parts: Path, call: Call
) -> None:
    project = tmp_path / "[bold]tricky[/bold] :smile: project"
    answer = call("import", project, tiny_parts)
    assert answer.code == 0
    answer = call("models", project, "--show", "1")
    assert answer.code == 1
    assert str(project) in answer.err
