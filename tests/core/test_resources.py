"""Resources are found in a checkout, in a wheel and in a frozen bundle."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inspector.core import resources
from inspector.errors import InspectorError


def test_finds_the_report_template() -> None:
    assert resources.resource_path("report", "report.html.jinja").is_file()


@pytest.mark.parametrize("place", ["inspector/_resources", "resources"])
def test_finds_wheel_and_checkout(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "inspector/core/resources.py"))
    wanted = tmp_path / place / "icons" / "x.svg"
    wanted.parent.mkdir(parents=True)
    wanted.touch()
    assert resources.resource_path("icons", "x.svg") == wanted


def test_a_frozen_bundle_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    wanted = tmp_path / "inspector" / "_resources" / "report"
    wanted.mkdir(parents=True)
    assert resources.resource_path("report") == wanted


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(InspectorError, match=r"report/none\.txt.*install"):
        resources.resource_path("report", "none.txt")
