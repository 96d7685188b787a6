"""Measuring this computer from the Help menu, in a process of its own."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.notify import Level
from inspector.gui.shell import measuring


def timing(runtime: str, batch_ms: float) -> dict[str, Any]:
    return {
        "runtime": runtime,
        "version": "1",
        "batch_ms": batch_ms,
        "single_ms": 1.0,
        "difference": 0.0,
    }


def answer(runtime: str) -> str:
    choice = {
        "runtime": runtime,
        "machine": "here",
        "image_size": 256,
        "batch": 16,
        "measured": [timing("torch", 400.0), timing("openvino", 100.0)],
        "created": "",
    }
    return json.dumps({"backbone": "tf_efficientnet_lite0", "choice": choice})


def pretend(monkeypatch: pytest.MonkeyPatch, script: str) -> list[tuple[str, ...]]:
    """Lets a script answer instead of `inspector bench`; what it was asked with."""
    asked: list[tuple[str, ...]] = []

    def command(*arguments: str) -> list[str]:
        asked.append(arguments)
        return [sys.executable, "-c", script]

    monkeypatch.setattr(measuring, "own_command", command)
    return asked


@pytest.mark.parametrize(
    ("runtime", "level", "told"),
    [
        ("openvino", Level.SUCCESS, "OpenVINO computes features 4.0 times as fast"),
        ("torch", Level.INFO, "Torch stays"),
    ],
)
def test_what_is_fastest_is_told(
    window: MainWindow,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    runtime: str,
    level: Level,
    told: str,
) -> None:
    asked = pretend(monkeypatch, f"print({answer(runtime)!r})")
    notices = window.session.notices
    window.registry.action("help.bench").trigger()
    window.registry.action("help.bench").trigger()  # it runs already
    qtbot.waitUntil(lambda: len(notices.history) == 2)
    assert asked == [("bench", "--json", "--backbone", "tf_efficientnet_lite0")]
    assert {notice.level for notice in notices.history} >= {level}
    assert any(told in notice.text for notice in notices.history)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ('print(\'{"error": "No such backbone.", "hint": "Use another."}\')', "No such backbone."),
        ("import sys; sys.exit('it broke')", "it broke"),
        ("pass", "it gave no answer"),
    ],
)
def test_what_went_wrong_is_told_and_it_can_be_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    pretend(monkeypatch, script)
    notices = window.session.notices
    for number in (1, 2):
        window.registry.action("help.bench").trigger()
        qtbot.waitUntil(lambda: len(notices.history) == 2 * number)  # noqa: B023  (called now)
    errors = [notice for notice in notices.history if notice.level is Level.ERROR]
    assert len(errors) == 2 and all(told in notice.text for notice in errors)


def test_a_closed_window_ends_the_measurement(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pretend(monkeypatch, "import time; time.sleep(600)")
    window.registry.action("help.bench").trigger()
    qtbot.waitUntil(lambda: bool(asked))
    window.session.background.wait()
