"""`inspector bench`, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from inspector.jobs import extras
from inspector.jobs.runtime_choice import FORCED, OPENVINO, installed_runtimes, read_choices

Call = Callable[..., Any]
LITE = "tf_efficientnet_lite0"
SMALL = ("--size", 64, "--batch", 2, "--repeats", 1)


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs and choices of this test alone."""
    for name in ("user_cache_path", "user_data_path"):
        monkeypatch.setattr(platformdirs, name, lambda *_, **__: tmp_path / "home")


def test_it_measures_and_remembers(call: Call) -> None:
    answer = call("bench", *SMALL)
    assert answer.code == 0
    choice = read_choices()[LITE]
    assert {found.runtime for found in choice.measured} == set(installed_runtimes())
    assert "is used from now on" in answer.out


def test_a_dry_run_remembers_nothing(call: Call) -> None:
    document = call("bench", *SMALL, "--dry-run", "--json").document
    assert document["backbone"] == LITE
    assert document["choice"]["measured"][0]["runtime"] == "torch"
    assert not read_choices()


def test_it_says_what_could_be_installed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: name == "torch" or None)
    answer = call("bench", *SMALL, "--dry-run")
    assert "OpenVINO, ONNX Runtime" in answer.out and "[export]" in answer.out


@pytest.mark.parametrize("arguments", [("--size", 0), ("--batch", 0), ("--repeats", 0)])
def test_numbers_below_one_are_refused(call: Call, arguments: tuple[str, int]) -> None:
    assert call("bench", *arguments).code == 1


@pytest.mark.skipif(OPENVINO not in installed_runtimes(), reason="OpenVINO is not installed")
def test_training_and_scoring_take_the_chosen_runtime(
    call: Call,
    project: Path,
    tiny_settings: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = {}
    for runtime in ("torch", OPENVINO):
        monkeypatch.setenv(FORCED, runtime)
        model = call("train", project, *tiny_settings, "--json").document["model"]
        card = call("models", project, "--show", model, "--json").document["card"]
        assert (OPENVINO in card["versions"]) is (runtime == OPENVINO)
        answer = call("evaluate", project, "--model", model, "--json").document
        variants = answer["evaluation"]["variants"]
        scores[runtime] = [v["absolute_unified"]["image_auroc"] for v in variants]
    folders = {f.name.split("-", 2)[2] for f in (project / "cache" / "features").iterdir()}
    assert any(name.endswith(OPENVINO) for name in folders)
    assert scores["torch"] == pytest.approx(scores[OPENVINO], abs=0.05)
