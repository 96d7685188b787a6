"""Preferences are typed, survive a restart, and damaged values count as none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from inspector.gui.preferences import MAX_ZOOM, RECENT_SHOWN, Preferences


def again(preferences: Preferences, file: Path) -> Preferences:
    preferences.save()
    return Preferences(file)


def test_they_survive(tmp_path: Path) -> None:
    file = tmp_path / "p.ini"
    preferences = Preferences(file)
    preferences.theme, preferences.zoom, preferences.operator = "light", 1.25, " Ada "
    preferences.reduced_motion = True
    preferences.set_bytes("window", QByteArray(b"state"))
    preferences.set_text("sort", "score")
    read = again(preferences, file)
    assert (read.theme, read.zoom, read.operator, read.reduced_motion) == (
        "light",
        1.25,
        "Ada",
        True,
    )
    assert read.bytes("window") == b"state"
    assert read.text("sort") == "score"
    assert read.text("other", "name") == "name"


@pytest.mark.parametrize("zoom", ["", "wide", "nan-ish"])
def test_a_damaged_zoom_is_the_usual_one(tmp_path: Path, zoom: str) -> None:
    file = tmp_path / "p.ini"
    file.write_text(f"[General]\nzoom={zoom}\ntheme=pink\n", "utf-8")
    preferences = Preferences(file)
    assert preferences.zoom == 1.0
    assert preferences.theme == "dark"


def test_zoom_has_bounds(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "p.ini")
    preferences.zoom = 9.0
    assert preferences.zoom == MAX_ZOOM


def test_recent_projects_are_few_and_there(tmp_path: Path) -> None:
    file = tmp_path / "p.ini"
    preferences = Preferences(file)
    folders = [tmp_path / f"project {n}, grün" for n in range(RECENT_SHOWN + 2)]
    for folder in folders:
        folder.mkdir()
        preferences.add_recent(folder)
    preferences.add_recent(folders[-2])
    folders[-1].rmdir()
    recent = again(preferences, file).recent_projects
    assert recent[0] == folders[-2]
    assert len(recent) == RECENT_SHOWN - 1
    assert folders[-1] not in recent
