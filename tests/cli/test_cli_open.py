"""`inspector open` and `inspector` alone: a window in a process of its own, or a clear reason."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inspector.__main__
import inspector.cli.open_
from inspector.cli.window import window_command

Call = Callable[..., Any]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """What the window was opened on, on a machine with a display."""
    opened: list[Path | None] = []
    monkeypatch.setattr(inspector.cli.open_, "has_display", lambda: True)
    monkeypatch.setattr(inspector.cli.open_, "open_window", opened.append)
    return opened


def test_it_opens_with_and_without_a_project(
    call: Call, project: Path, started: list[Path | None]
) -> None:
    assert call("open").code == 0
    assert call("open", project).code == 0
    assert started == [None, project]
    answer = call("open", project, "--json")
    assert answer.document == {"state": "opened", "project": str(project)}


def test_what_is_no_project_is_refused(
    call: Call, tmp_path: Path, started: list[Path | None]
) -> None:
    answer = call("open", tmp_path / "nothing")
    assert answer.code == 1
    assert "nothing" in answer.err
    assert started == []


def test_without_a_display_it_says_so(
    call: Call, project: Path, started: list[Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector.cli.open_, "has_display", lambda: False)
    answer = call("open", project)
    assert answer.code == 1
    assert "no display" in answer.err
    assert started == []


def test_the_command_line_of_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = [sys.executable, "-m", "inspector", "--window"]
    assert window_command(None) == python
    assert window_command(tmp_path) == [*python, str(tmp_path.resolve())]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert window_command(tmp_path) == [sys.executable, "--window", str(tmp_path.resolve())]


@pytest.mark.parametrize(
    ("arguments", "expected"), [([], []), (["--window"], []), (["--window", "a"], ["a"])]
)
def test_the_entry_point_leads_to_the_window(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: list[str]
) -> None:
    pytest.importorskip("PySide6")
    import inspector.gui.app

    monkeypatch.setattr(sys, "argv", ["inspector", *arguments])
    monkeypatch.setattr(inspector.gui.app, "main", lambda given: 7 if given == expected else 8)
    assert inspector.__main__.main() == 7


def test_a_real_window_opens_on_a_project(project: Path, tmp_path: Path) -> None:
    """The process that `window_command` names: it comes up and puts the project on its list."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    if sys.platform != "linux":
        pytest.skip("the folder of the preferences can be set by a variable on Linux only")
    preferences = tmp_path / "config" / "inspector" / "preferences.ini"
    with subprocess.Popen(window_command(project), env=environment) as window:
        try:
            deadline = time.monotonic() + 60
            while project.name not in _text(preferences):
                assert window.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            window.kill()


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""
