"""The session on a real project: library, scale, and what it does when a job has ended."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui import library
from inspector.gui.notify import Level, NoticeAction
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict


def opened(session: Session, folder: Path, qtbot: QtBot) -> Project:
    with qtbot.waitSignal(session.library.images_changed):
        assert session.open_project(folder)
    qtbot.waitUntil(lambda: not session.library.is_loading and len(session.library.images) > 0)
    assert session.project is not None
    return session.project


def test_opening_shows_the_images_and_the_newest_model(
    session: Session, folder: Path, qtbot: QtBot
) -> None:
    project = opened(session, folder, qtbot)
    assert len(session.library.images) == len(project.images()) == 30
    assert session.scale.model == project.find_model()
    assert session.scale.variant == "cada"
    assert session.scale.variants == (
        "none",
        "cada-a",
        "cada-b",
        "cada",
        "cada-sigma",
        "cada-q",
    )
    assert session.library.scores.n_scored == 0
    assert session.preferences.recent_projects == [folder]


def test_what_is_no_project_is_said_and_the_open_one_stays(
    session: Session, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    project = opened(session, folder, qtbot)
    assert not session.open_project(tmp_path)
    assert session.project is project
    assert session.notices.history[-1].level is Level.ERROR


def test_thresholds_are_kept_in_the_project(session: Session, folder: Path, qtbot: QtBot) -> None:
    opened(session, folder, qtbot)
    scale = session.scale
    own = scale.threshold
    assert scale.is_threshold_default
    assert scale.lower_threshold <= own
    with qtbot.waitSignal(scale.threshold_changed):
        scale.set_threshold(own + 1)
    scale.set_lower_threshold(own + 5)
    assert scale.lower_threshold == scale.threshold == own + 1
    scale.set_variant("none")
    assert scale.threshold == scale.default_threshold("none")
    session.close_project()
    opened(session, folder, qtbot)
    assert scale.variant == "none"
    scale.set_variant("cada")
    assert scale.threshold == own + 1
    scale.reset_threshold()
    assert scale.threshold == own


def test_verdicts_reach_the_columns(session: Session, folder: Path, qtbot: QtBot) -> None:
    project = opened(session, folder, qtbot)
    image = int(session.library.images.ids[3])
    project.add_verdict(image, Verdict.NG, "Ada", Trace())
    with qtbot.waitSignal(session.library.verdicts_changed) as changed:
        session.library.reload_verdicts([image])
    assert changed.args == [[image]]
    assert session.library.verdicts[image].verdict is Verdict.NG
    assert np.flatnonzero(session.library.verdict_codes).tolist() == [3]
    project.undo_verdict("Ada")
    session.library.reload_verdicts([image])
    assert not session.library.verdict_codes.any()


def test_verdicts_are_there_after_a_restart(
    session: Session, folder: Path, qtbot: QtBot, preferences: Preferences
) -> None:
    with Project.open(folder) as project:
        image = project.images()[7].image_id
        project.add_verdict(image, Verdict.UNSURE, "Ada", Trace())
    opened(session, folder, qtbot)
    assert session.library.verdicts[image].verdict is Verdict.UNSURE
    assert np.flatnonzero(session.library.verdict_codes).tolist() == [7]


def test_closing_forgets_everything(session: Session, folder: Path, qtbot: QtBot) -> None:
    opened(session, folder, qtbot)
    session.close_project()
    assert session.project is None
    assert session.scale.model is None
    assert len(session.library.images) == 0
    assert session.jobs.jobs == []


def test_a_second_window_on_the_same_project_is_refused(
    session: Session, folder: Path, qtbot: QtBot, preferences: Preferences
) -> None:
    opened(session, folder, qtbot)
    assert session.open_project(folder)  # the same window may ask again
    other = Session(preferences)
    try:
        assert not other.open_project(folder)
        assert "another window" in other.notices.history[-1].text
        session.close_project()
        assert other.open_project(folder)
    finally:
        other.close_project()
        other.background.wait()


def test_images_of_a_project_that_was_closed_do_not_come_back(
    session: Session, folder: Path, qtbot: QtBot
) -> None:
    session.open_project(folder)
    session.close_project()
    ended: list[int] = []
    session.background.run(lambda task: 1, ended.append)
    qtbot.waitUntil(lambda: ended == [1])
    qtbot.wait(50)  # what was queued before has been delivered
    assert len(session.library.images) == 0


def test_a_verdict_given_while_the_images_are_read_stays(
    session: Session, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(session, folder, qtbot)
    image = int(session.library.images.ids[2])
    read, go_on = threading.Event(), threading.Event()
    latest = Project.latest_verdicts

    def slow(self: Project) -> Any:
        found = latest(self)
        read.set()
        go_on.wait(10)
        return found

    monkeypatch.setattr(Project, "latest_verdicts", slow)
    session.library.reload_images()
    assert read.wait(10)
    project.add_verdict(image, Verdict.OK, "Ada", Trace())
    session.library.reload_verdicts([image])
    go_on.set()
    qtbot.waitUntil(lambda: not session.library.is_loading)
    assert session.library.verdicts[image].verdict is Verdict.OK
    assert session.library.verdict_codes[2] != 0


def test_scores_say_whose_they_are(session: Session, folder: Path, qtbot: QtBot) -> None:
    opened(session, folder, qtbot)
    model = session.scale.model
    assert model is not None
    qtbot.waitUntil(lambda: session.library.scores_model_id == model.model_id)


def test_a_project_that_fails_while_it_opens_is_closed_again(
    session: Session, folder: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of it stays beside half of the one before."""
    opened(session, folder, qtbot)
    other = tmp_path / "other"
    Project.create(other).close()
    take = session.jobs.set_project

    def full(project: Project | None) -> None:
        if project is not None:
            raise InspectorError("The disk is full.")
        take(project)

    with monkeypatch.context() as patch:
        patch.setattr(session.jobs, "set_project", full)
        assert not session.open_project(other)
    assert session.project is None
    assert len(session.library.images) == 0
    assert session.notices.history[-1].text == "The disk is full."
    assert session.open_project(other)


def test_buttons_of_notices_end_with_their_project(
    session: Session, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(session, folder, qtbot)
    session.notices.info("Model 1 is in the trash.", "", NoticeAction("Undo", lambda: None))
    Project.create(tmp_path / "other").close()
    assert session.open_project(tmp_path / "other")
    assert [notice.actions for notice in session.notices.history] == [()]


def test_a_run_that_goes_on_is_no_longer_offered_to(
    session: Session, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(session, folder, qtbot)
    number = project.runs()[0].run_id
    monkeypatch.setattr(session.jobs, "add", lambda request: None)
    resume = NoticeAction("Resume", lambda: session.resume(number))
    session.notices.warning("Ended before it was done.", "", resume, about=f"run {number}")
    session.notices.warning("Another one.", "", resume, about="run 99")
    session.resume(number)
    assert [notice.actions for notice in session.notices.history] == [(), (resume,)]


def test_scores_stored_while_images_are_read_are_shown(
    session: Session, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(session, folder, qtbot)
    reads, begun, goes_on = [], threading.Event(), threading.Event()
    load = library._load_scores

    def slow(*arguments: Any) -> Any:
        found = load(*arguments)
        reads.append(found)
        begun.set()
        assert goes_on.wait(60)
        return found

    monkeypatch.setattr(library, "_load_scores", slow)
    session.library.reload_images()
    assert begun.wait(60)
    session.library.reload_scores()
    goes_on.set()
    qtbot.waitUntil(lambda: len(reads) == 2)


def test_a_lock_of_another_machine_names_it(session: Session, folder: Path) -> None:
    (folder / "window.lock").write_text("1\ninspector\nline-pc-7\n\n\n")
    assert not session.open_project(folder)
    said = session.notices.history[-1]
    assert "line-pc-7" in said.text
    assert "window.lock" in said.hint
