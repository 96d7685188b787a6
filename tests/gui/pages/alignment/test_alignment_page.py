"""The Alignment page as a whole: without scores or a model, its choices, larger type."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.alignment import empty
from inspector.gui.pages.alignment.header import MORPH
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme
from inspector.project.project import Project

LEFT = Qt.MouseButton.LeftButton


def test_a_project_without_scores_leads_on_and_fills_by_itself(
    window: MainWindow, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    shutil.copytree(tiny_project.folder, tmp_path / "bare")
    assert session.open_project(tmp_path / "bare")
    page = window.page("alignment")
    assert isinstance(page, AlignmentPage)
    not_scored = page.empty.states[empty.NOT_SCORED]
    qtbot.waitUntil(
        lambda: page.empty.currentWidget() is not_scored and not empty.awaits_scores(session)
    )
    asked: list[str] = []
    session.score_images = asked.append  # type: ignore[method-assign]
    qtbot.mouseClick(not_scored.buttons[0], LEFT)
    assert session.scale.model is not None and asked == [session.scale.model.name]
    job = Job(ScoreRequest(model=asked[0]), "Scoring", state=JobState.RUNNING)
    session.jobs.jobs = [job]
    session.jobs.changed.emit()
    assert page.empty.currentWidget() is page.empty.states[empty.SCORING]
    session.jobs.jobs = []


def test_without_a_model_it_leads_to_training(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    Project.create(tmp_path / "new").close()
    assert session.open_project(tmp_path / "new")
    page = window.page("alignment")
    assert isinstance(page, AlignmentPage)
    no_model = page.empty.states[empty.NO_MODEL]
    qtbot.waitUntil(lambda: page.empty.currentWidget() is no_model)
    qtbot.mouseClick(no_model.buttons[0], LEFT)
    assert window.current_page == "train"


def test_choices_are_kept(page: AlignmentPage, session: Session) -> None:
    page.set_view(MORPH)
    page.header.order.set_value("name")
    page.header.order.activated.emit(page.header.order.currentIndex())
    again = AlignmentPage(session, page.actions_table)
    assert again.plots.view == MORPH and again.header.order.value == "name"
    again.deleteLater()


def test_nothing_is_cut_with_larger_type(
    page: AlignmentPage, window: MainWindow, themed: QApplication, qtbot: QtBot
) -> None:
    apply_theme(themed, THEMES["light"], 1.25)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.minimumSizeHint().width() <= 1280)
    parts = [page.header.variant, page.header.images, page.header.classes, page.header.order]
    for part in (*page.strip.cells.values(), *parts):
        qtbot.waitUntil(lambda part=part: part.width() >= part.minimumSizeHint().width())
