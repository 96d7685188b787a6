"""The extras are those of pyproject.toml, and bring what other tables say that they bring."""

from __future__ import annotations

import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from inspector.errors import InspectorError
from inspector.jobs import extras
from inspector.jobs.cluster import require_ray
from inspector.jobs.export_formats import EXPORT_FORMATS
from inspector.jobs.extras import EXTRAS, install_hint, missing, not_found, pip_command
from inspector.jobs.runtime_choice import PACKAGES, TORCH

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
OPTIONAL: dict[str, list[str]] = PROJECT["optional-dependencies"]


def test_they_are_the_projects_own() -> None:
    assert set(EXTRAS) == set(OPTIONAL) - {"test", "bundle"}
    whole = Requirement(OPTIONAL["test"][0])  # tests have all of them
    assert (whole.name, whole.extras) == (PROJECT["name"], set(EXTRAS))


@pytest.mark.parametrize("extra", EXTRAS)
def test_modules_are_those_of_its_packages(extra: str) -> None:
    packages = [Requirement(line).name.replace("-", "_") for line in OPTIONAL[extra]]
    for package, module in zip(packages, EXTRAS[extra], strict=True):
        assert package in (module, f"{module}_torch")


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_hint_installs_this_project(extra: str) -> None:
    requirement = Requirement(pip_command(extra).split("'")[1])
    assert (requirement.name, requirement.extras) == (PROJECT["name"], {extra})
    assert pip_command(extra) in install_hint(extra)


def test_other_runtimes_come_with_one_extra() -> None:
    needed = {package for format_ in EXPORT_FORMATS.values() for package in format_.packages}
    needed |= {package for name in PACKAGES if name != TORCH for package in PACKAGES[name]}
    assert needed == set(EXTRAS["export"])


def test_what_is_missing_is_told_by_module(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ("onnx", "torch")
    monkeypatch.setattr(
        extras, "find_spec", lambda name: ModuleSpec(name, None) if name in found else None
    )
    assert missing("export") == ("onnxruntime", "openvino")
    assert not_found(("torch", "nowhere")) == ("nowhere",)
    with pytest.raises(InspectorError, match="needs Ray") as caught:
        require_ray()
    assert caught.value.hint == install_hint("cluster")
