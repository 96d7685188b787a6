"""Verdicts on the Review page under real keys: on the disk at once, never for the wrong image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.pages.review.prefetch import Look
from inspector.gui.session import Session
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.verdicts import Verdict

from .hand import ALL, opened, press, shown, stored

Key = Qt.Key
AddModel = Callable[[Project], ModelRow]
KillWhen = Callable[[Path, Path, Callable[[str], bool]], list[str]]


def test_a_verdict_is_on_the_disk_before_the_next_image_shows(
    page: ReviewPage, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on = page.parts.canvas.show_image
    on_disk: list[dict[int, Verdict]] = []

    def watched(look: Look | None) -> None:
        on_disk.append(stored(folder))  # before anything of another image is to be seen
        put_on(look)

    monkeypatch.setattr(page.parts.canvas, "show_image", watched)
    for key, verdict in (
        (Key.Key_N, Verdict.NG),
        (Key.Key_O, Verdict.OK),
        (Key.Key_U, Verdict.UNSURE),
    ):
        image_id = shown(page, qtbot)
        on_disk.clear()
        press(page, key)
        assert page.queue.current != image_id
        shown(page, qtbot)
        assert on_disk
        assert all(said.get(image_id) is verdict for said in on_disk)


def test_the_trace_says_what_was_seen(page: ReviewPage, session: Session, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None
    trace, scale, scores = row.trace, session.scale, session.library.scores
    (place,) = session.library.images.rows_of(np.array([image_id]))
    assert scale.model is not None
    assert (trace.model_name, trace.model_id) == (scale.model.name, scale.model.model_id)
    assert (trace.variant, trace.threshold) == (scale.variant, scale.threshold)
    assert trace.score == scores.of(scale.variant)[place]
    assert trace.raw_score == scores.raw[place]
    run = session.project.find_run(int(scores.run_ids[place]))
    assert trace.snapshot_id == run.snapshot_id is not None
    assert row.operator == "Ada"


def test_a_verdict_that_cannot_be_written_keeps_the_image(
    page: ReviewPage, session: Session, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)

    def full(*_: object) -> None:
        raise InspectorError("The disk is full.", "Free some space.")

    assert session.project is not None
    monkeypatch.setattr(session.project, "add_verdict", full)
    press(page, Key.Key_N)
    assert page.queue.current == image_id
    assert page.parts.verdicts.problem.isVisible()
    assert "disk is full" in page.parts.verdicts.problem.text()
    assert session.notices.history[-1].text == "The disk is full."
    monkeypatch.undo()
    press(page, Key.Key_N)
    assert not page.parts.verdicts.problem.isVisible()
    assert page.queue.current != image_id


def test_what_is_not_on_the_canvas_is_not_judged(page: ReviewPage, folder: Path) -> None:
    page.stage.clear()
    press(page, Key.Key_N)
    assert stored(folder) == {}


def test_a_held_key_judges_one_image(page: ReviewPage) -> None:
    for name in ("ok", "ng", "unsure", "undo", "redo"):
        assert not page.actions_table.action(f"review.{name}").autoRepeat()


def test_an_image_that_is_gone_can_be_judged(
    window: MainWindow, session: Session, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    page = opened(window, session, folder, qtbot)
    image = session.library.images.images[0]
    wanted = page.material.wanted(image.image_id)
    assert wanted is not None

    def gone(image_id: int) -> object:
        return replace(wanted, image_id=image_id, path=tmp_path / "gone.png")

    page.material.wanted = gone  # type: ignore[method-assign,assignment]
    page._set_criteria(ALL)
    image_id = shown(page, qtbot)
    assert page.parts.canvas.image.view.place is None
    assert "gone.png" in page.parts.canvas.image.view.accessibleDescription()
    press(page, Key.Key_U)
    assert stored(folder) == {image_id: Verdict.UNSURE}


def test_while_another_model_is_read_no_verdict_is_written(
    page: ReviewPage, session: Session, add_second_model: AddModel, qtbot: QtBot
) -> None:
    assert session.project is not None
    other = add_second_model(session.project)
    before = session.scale.model
    image_id = shown(page, qtbot)
    press(page, Key.Key_O)
    press(page, Key.Key_Left)
    assert shown(page, qtbot) == image_id
    page.queue.jump(2)
    looked_at = shown(page, qtbot)
    page.queue.criteria = replace(ALL, classes=frozenset())  # a queue that lacks what is shown
    read = session.library.reload_scores
    session.library.reload_scores = lambda: None  # type: ignore[method-assign]
    session.scale.set_model(other)
    assert before is not None and session.library.scores_model_id == before.model_id
    press(page, Key.Key_N)
    page._say_of(image_id, "scratch", "deep")
    rows = session.project.verdicts_since(0)
    assert [(row.image_id, row.verdict, row.note) for row in rows] == [(image_id, Verdict.OK, "")]
    window = page.window()
    assert isinstance(window, MainWindow)
    assert "Not written" in window.statusBar().currentMessage()
    session.library.reload_scores = read  # type: ignore[method-assign]
    session.library.reload_scores()
    qtbot.waitUntil(lambda: page._is_current)
    assert shown(page, qtbot) == looked_at  # still, though the new queue lacks it
    press(page, Key.Key_N)
    row = session.project.latest_verdict(looked_at)
    assert row is not None and row.trace.model_id == other.model_id
    (place,) = session.library.images.rows_of(np.array([looked_at]))
    assert row.trace.score == session.library.scores.of(session.scale.variant)[place]
    page.show_images([image_id])  # what was refused is written when it can be
    shown(page, qtbot)
    again = session.project.latest_verdict(image_id)
    assert again is not None and (again.verdict, again.note) == (Verdict.OK, "deep")


def test_a_kill_in_the_middle_loses_no_verdict(folder: Path, kill_when: KillWhen) -> None:
    script = Path(__file__).with_name("review_killed.py")
    seen = max(map(int, kill_when(script, folder, lambda line: int(line) >= 40)))
    with Project.open(folder) as project:
        rows = project.verdicts_since(0)
    # Every verdict that the page took is there; one more may be, written but not yet told.
    assert seen >= 40
    assert len(rows) in (seen, seen + 1)
    verdicts = [row.verdict for row in rows]
    expected = [(Verdict.NG, Verdict.OK, Verdict.UNSURE)[i % 3] for i in range(len(rows))]
    assert verdicts == expected
