"""`inspector train`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.jobs.outcome import JobOutcome
from inspector.project.project import Project
from inspector.project.runs import RunState
from inspector.project.workers import announce_worker

Call = Callable[..., Any]


def test_a_training_makes_a_model(
    project: Path, call: Call, tiny_settings: list[str], inline: Any
) -> None:
    answer = call("train", project, "--seed", 5, *tiny_settings)
    assert answer.code == 0
    assert f"Run 2 in {project / 'runs'}" in answer.out
    assert "is ready." in answer.out
    with Project.open(project) as opened:
        assert len(opened.models()) == 2
        assert opened.find_model().name in answer.out
        assert opened.find_run(2).state is RunState.DONE
    shown = call("models", project, "--show", "2", "--json").document
    assert shown["card"]["seed"] == 5
    assert shown["card"]["image_size"] == 64
    assert len(inline.started) == 1


def test_the_result_as_json(project: Path, call: Call, tiny_settings: list[str]) -> None:
    answer = call("train", project, "--json", "--set", "score_percent=2.5", *tiny_settings)
    assert answer.code == 0
    found = answer.document
    assert found["state"] == "done"
    assert found["run"] == 2
    assert found["steps"] == 3
    with Project.open(project) as opened:
        assert opened.find_model(found["model"]).run_id == 2


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("image_size", "NAME=VALUE"),
        ("=3", "NAME=VALUE"),
        ("image_size=100", "image_size"),
        ("image_size=large", "image_size"),
        ("image_size=", "image_size"),
        ("nonsense=1", "nonsense"),
        ("revdist.nonsense=1", "nonsense"),
        ("padim.iterations=1", "padim"),
        ("revdist.learning_rate=NaN", "learning_rate"),
        ("revdist.learning_rate=-1", "learning_rate"),
        ("alignment.statistics=guessed", "statistics"),
        ("alignment.folds=1", "folds"),
        ("seed=-1", "seed"),
        ("backbone=", "backbone"),
    ],
)
def test_a_bad_parameter_is_refused_before_anything_is_made(
    project: Path, call: Call, inline: Any, setting: str, told: str
) -> None:
    answer = call("train", project, "--set", setting)
    assert answer.code == 1
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert answer.err.count("\n") == 2  # a sentence and a hint
    assert inline.started == []
    with Project.open(project) as opened:
        assert len(opened.runs()) == 1


@pytest.mark.parametrize("backbone", ["no_such_net", "vit_tiny_patch16_224"])
def test_a_backbone_that_cannot_be_used(
    project: Path, call: Call, tiny_settings: list[str], backbone: str
) -> None:
    answer = call("train", project, *tiny_settings, "--set", f"backbone={backbone}")
    assert answer.code == 1
    assert backbone in answer.err
    assert "Traceback" not in answer.err
    with Project.open(project) as opened:
        assert opened.find_run(2).state is RunState.FAILED
        assert len(opened.models()) == 1


def test_an_unknown_preset(project: Path, call: Call) -> None:
    answer = call("train", project, "--preset", "quickest")
    assert answer.code == 1
    assert "quickest" in answer.err
    assert "quick, paper" in answer.err


def test_a_project_without_good_images(tmp_path: Path, tiny_parts: Path, call: Call) -> None:
    bad = tmp_path / "bad only"
    shutil.copytree(tiny_parts / "nut" / "test", bad / "nut" / "test")
    call("import", tmp_path / "project", bad)
    answer = call("train", tmp_path / "project")
    assert answer.code == 1
    assert "no normal images" in answer.err
    assert "--assume-good" in answer.err


def test_an_empty_project(tmp_path: Path, call: Call) -> None:
    Project.create(tmp_path / "project").close()
    answer = call("train", tmp_path / "project")
    assert answer.code == 1
    assert "no usable image" in answer.err


def test_a_lost_run_is_named_and_goes_on(
    project: Path, call: Call, tiny_settings: list[str], inline: Any
) -> None:
    inline.outcome_instead = JobOutcome(state="lost", message="It is gone.", hint="Resume it.")
    answer = call("train", project, *tiny_settings)
    assert answer.code == 1
    assert "It is gone." in answer.err
    assert f"`inspector train {project} --resume 2`" in call("models", project).out
    assert call("models", project, "--json").document["lost_runs"] == [2]

    inline.outcome_instead = None
    answer = call("train", project, "--resume", "2", "--json")
    assert answer.code == 0
    assert answer.document["run"] == 2
    assert call("models", project, "--json").document["lost_runs"] == []


def test_a_failed_run_is_made_ready_for_torchrun(
    project: Path, call: Call, tiny_settings: list[str], inline: Any
) -> None:
    inline.outcome_instead = JobOutcome(state="failed", message="It failed.", hint="Go on.")
    assert call("train", project, *tiny_settings).code == 1
    made = call("train", project, "--resume", "2", "--prepare", "--json").document
    assert (made["state"], len(inline.started)) == ("prepared", 1)
    inline.outcome_instead = None
    inline(Path(made["folder"]))  # as `torchrun` does it
    assert len(call("models", project, "--json").document["models"]) == 2


def test_a_prepared_run_is_not_called_interrupted(
    project: Path, call: Call, tiny_settings: list[str]
) -> None:
    assert call("train", project, *tiny_settings, "--prepare").code == 0
    said = " ".join(call("models", project).out.split())
    assert "Run 2 is prepared and has not begun; `inspector train" in said
    assert "--resume 2` begins it." in said
    listed = call("models", project, "--json").document
    assert (listed["prepared_runs"], listed["lost_runs"]) == ([2], [])
    with Project.open(project) as opened:  # its worker died before it said a word
        announce_worker(opened.find_run(2).folder, 2**22)
    listed = call("models", project, "--json").document
    assert (listed["prepared_runs"], listed["lost_runs"]) == ([], [2])


def test_a_model_that_a_person_chose_stays_active(
    project: Path, call: Call, tiny_settings: list[str], tiny_project: Any
) -> None:
    first = tiny_project.model.name
    answer = call("train", project, *tiny_settings)
    second = call("models", project, "--json").document["active"]
    assert second != first and "stays the active model" not in answer.out
    assert call("models", project, "--use", first).code == 0
    assert f"{first} stays the active model; `inspector models" in (
        call("train", project, *tiny_settings).out
    )
    assert call("models", project, "--json").document["active"] == first


@pytest.mark.parametrize(("run", "told"), [(1, "Run 1 is done"), (9, "Its newest is run 1.")])
def test_a_run_that_cannot_be_resumed(project: Path, call: Call, run: int, told: str) -> None:
    answer = call("train", project, "--resume", run)
    assert answer.code == 1
    assert told in answer.err


def test_cancelling_has_an_exit_code_of_its_own(
    project: Path, call: Call, tiny_settings: list[str], inline: Any
) -> None:
    inline.outcome_instead = JobOutcome(state="cancelled")
    answer = call("train", project, *tiny_settings)
    assert answer.code == 3
    assert "Run 2 was cancelled; nothing of it was kept." in answer.out
    assert call("train", project, "--json", *tiny_settings).document == {
        "state": "cancelled",
        "run": 3,
    }


def test_a_bug_in_the_worker_is_passed_on(
    project: Path, call: Call, tiny_settings: list[str], inline: Any
) -> None:
    inline.outcome_instead = JobOutcome(
        state="failed", message="ZeroDivisionError: division by zero", hint="This is a bug."
    )
    answer = call("train", project, *tiny_settings)
    assert answer.code == 1
    assert "ZeroDivisionError" in answer.err
    with Project.open(project) as opened:
        assert opened.find_run(2).state is RunState.FAILED
        assert len(opened.models()) == 1


def test_a_model_is_trained_again(project: Path, call: Call, inline: Any) -> None:
    with Project.open(project) as opened:
        parent = opened.find_model()
    answer = call("train", project, "--from", parent.name, "--set", "revdist.iterations=3")
    assert answer.code == 0
    assert f"trained again from {parent.name}, which stays" in answer.out
    shown = call("models", project, "--show", "2", "--json").document["card"]
    before = call("models", project, "--show", "1", "--json").document["card"]
    assert (shown["parent"], before["parent"]) == (parent.folder.name, "")
    assert shown["parameters"]["common"] == before["parameters"]["common"]
    assert shown["parameters"]["revdist"] == before["parameters"]["revdist"] | {"iterations": 3}
    with Project.open(project) as opened:
        assert len(opened.models()) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "nobody"], "no model 'nobody'"),
        (["--from", "1", "--method", "revdist"], "keeps its method"),
        (["--from", "1", "--preset", "paper"], "keeps its method"),
        (["--from", "1", "--resume", "1"], "own parameters"),
        (["--from", "1", "--set", "dmad.epochs=3"], "dmad"),
    ],
)
def test_what_cannot_be_trained_again(
    project: Path, call: Call, inline: Any, options: list[str], told: str
) -> None:
    answer = call("train", project, *options)
    assert answer.code == 1
    assert told in answer.err
    assert inline.started == []
