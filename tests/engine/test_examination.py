from __future__ import annotations

import shutil
from collections import namedtuple
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import torch

from inspector.engine import examination, weights
from inspector.engine.examination import examine
from inspector.errors import InspectorError

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _much_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """How full the tests' machine is must not decide them."""
    usage = Usage(2**40, 0, 100 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def test_a_sound_installation_has_no_problems(weights_place: Path) -> None:
    found = examine()
    assert found.problems == ()
    assert found.versions["torch"] == torch.__version__ or torch.__version__.startswith(
        found.versions["torch"]
    )
    assert "missing" not in found.versions.values()
    assert found.computing["device"]
    assert int(found.computing["threads"]) >= 1
    assert found.computing["free disk"] == "100 GiB"
    assert found.weights_folder == str(weights_place)


def test_it_tells_for_every_presets_backbone_where_its_weights_are(weights_place: Path) -> None:
    states = {state.backbone: state for state in examine().weights}
    embedded = states["tf_efficientnet_lite0"]
    assert embedded.available
    assert embedded.state.startswith("embedded")
    paper = states["wide_resnet50_2.tv_in1k"]
    assert not paper.available
    assert "wide_resnet50_2.tv_in1k.safetensors" in paper.state
    (weights_place / "wide_resnet50_2.tv_in1k.safetensors").write_bytes(b"weights")
    paper = {s.backbone: s for s in examine().weights}["wide_resnet50_2.tv_in1k"]
    assert paper.available
    assert paper.state.startswith("imported")


def test_a_missing_package_is_a_problem_and_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_timm(name: str) -> str:
        if name == "timm":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(examination, "version", without_timm)
    found = examine()
    assert found.versions["timm"] == "missing"
    assert len(found.problems) == 1
    assert "'timm'" in found.problems[0]
    assert "Install" in found.problems[0]


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = Usage(2**40, 2**40, 2**29)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (problem,) = examine().problems
    assert "0.5 GiB" in problem


def test_a_replaced_embedded_file_is_a_problem(
    weights_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_EMBEDDED_SHA256", "0" * 64)
    found = examine()
    assert any("damaged or was replaced" in problem for problem in found.problems)
    states = {state.backbone: state for state in found.weights}
    assert not states["tf_efficientnet_lite0"].available


def test_examining_never_downloads(weights_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who asks what is wrong must not wait for a download, nor start one unasked."""

    def download(*_: object) -> None:
        pytest.fail("a download was started")

    monkeypatch.setattr("inspector.engine.download.download_weights", download)
    monkeypatch.setattr(weights, "_EMBEDDED_PACKAGE", "no_such_package_at_all")
    found = examine()
    assert any("tf_efficientnet_lite0" in problem for problem in found.problems)


def test_a_backbone_that_does_not_load_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InspectorError("The weights are gone.", "Reinstall.")

    monkeypatch.setattr(examination, "load_backbone", fail)
    assert "The weights are gone. Reinstall." in examine().problems


def test_features_that_are_no_numbers_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        return lambda images: [images * float("nan")]

    monkeypatch.setattr(examination, "load_backbone", broken)
    (problem,) = examine().problems
    assert "not finite" in problem
