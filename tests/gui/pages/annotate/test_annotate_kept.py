"""What was painted is kept: across restarts, in versions, over a full disk and a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.project.project import Project

from .hand import assert_stored, drag, mask_of, press, ready

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
KillWhen = Callable[[Path, Path, Callable[[str], bool]], list[str]]


def test_undo_survives_a_restart(
    page: AnnotatePage, window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> None:
    image_id = ready(page, qtbot)
    drag(page, (10, 10))
    one = mask_of(page)
    drag(page, (40, 40))
    two = mask_of(page)
    session.close_project()
    assert session.open_project(folder)
    window.show_page("annotate")
    qtbot.waitUntil(lambda: len(page.queue) > 0)
    page.show_images([image_id])
    ready(page, qtbot)
    np.testing.assert_array_equal(mask_of(page), two)
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), one)
    press(page, Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_array_equal(mask_of(page), two)


def versions(folder: Path, image_id: int) -> int:
    with Project.open(folder) as project:
        return len(project.annotation_history(image_id))


def test_leaving_the_image_the_page_and_the_project_cuts_versions(
    page: AnnotatePage, window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> None:
    image_id = ready(page, qtbot)
    drag(page, (10, 10))
    assert versions(folder, image_id) == 0
    press(page, Key.Key_Right)
    assert versions(folder, image_id) == 1
    press(page, Key.Key_Left)
    ready(page, qtbot)
    drag(page, (20, 20))
    window.show_page("models")
    assert versions(folder, image_id) == 2
    window.show_page("annotate")
    drag(page, (30, 30), release=False)  # ended and kept when the project closes
    session.close_project()
    assert versions(folder, image_id) == 3
    with Project.open(folder) as project:
        newest = project.annotation_history(image_id)[-1]
    assert (newest.operator, newest.tool) == ("Ada", "brush")


def test_a_stroke_that_cannot_be_written_is_taken_back_and_told(
    page: AnnotatePage, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drag(page, (10, 10))
    before = mask_of(page)

    def full(*given: object) -> None:
        raise InspectorError("The disk is full.", "Make room.")

    monkeypatch.setattr(Project, "add_stroke", full)
    drag(page, (40, 40))
    np.testing.assert_array_equal(mask_of(page), before)
    assert session.notices.history[-1].text == "The disk is full."
    assert_stored(page, folder)


def test_a_kill_in_mid_stroke_loses_no_finished_stroke(folder: Path, kill_when: KillWhen) -> None:
    script = Path(__file__).with_name("annotate_killed.py")
    lines = kill_when(script, folder, lambda line: line == "holding")
    finished = lines[:-1]
    assert len(finished) == 12
    assert len(set(finished)) == 1
    image_id = int(finished[0])
    with Project.open(folder) as project:
        assert project.stroke_counts(image_id) == (12, 0)
        (mask,) = project.working_masks(image_id).values()
        for _ in range(12):
            assert project.undo_stroke(image_id) is not None
        assert project.working_masks(image_id) == {}
        assert mask.any()
