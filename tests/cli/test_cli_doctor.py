"""`inspector doctor`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

import inspector.engine.examination
from inspector.errors import InspectorError

Call = Callable[..., Any]


def test_a_sound_installation(call: Call) -> None:
    answer = call("doctor")
    assert answer.code == (0 if "No problems found." in answer.out else 1)
    for line in ("Versions", "Optional parts", "Computing", "Weights"):
        assert line in answer.out.splitlines()
    assert version("torch") in answer.out
    found = call("doctor", "--json").document
    assert found["versions"]["torch"] == version("torch")
    weights = {entry["backbone"]: entry for entry in found["weights"]}
    assert weights["tf_efficientnet_lite0"]["available"]
    assert "embedded" in weights["tf_efficientnet_lite0"]["state"]
    assert int(found["computing"]["threads"]) >= 1
    assert found["computing"]["features by"].startswith("torch")
    assert set(found["extras"]) == {"ltad", "export", "cluster"}
    for name, state in found["extras"].items():
        assert state == "installed" or f"[{name}]" in state


def test_what_is_wrong_is_said_with_what_to_do(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*arguments: Any, **options: Any) -> None:
        raise InspectorError("The embedded weights file is damaged.", "Reinstall the package.")

    monkeypatch.setattr(inspector.engine.examination, "load_backbone", damaged)
    answer = call("doctor")
    assert answer.code == 1
    assert "Problems" in answer.out.splitlines()
    assert "The embedded weights file is damaged. Reinstall the package." in answer.out
    assert "The embedded weights" in " ".join(call("doctor", "--json").document["problems"])
