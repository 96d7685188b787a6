"""Trainings of the past on the Train page, with replayed runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.job import JobState
from inspector.gui.jobs.requests import ResumeRequest
from inspector.gui.pages.train.curve_panel import CurvePanel
from inspector.gui.pages.train.page import HISTORY, TrainPage
from inspector.gui.pages.train.run_body import CURVES, LOG
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme
from inspector.jobs.events import EVENTS_FILE
from inspector.project.project import Project
from inspector.project.runs import RunState

from .trainings import add_run

Click = Callable[[QAbstractButton], None]


def panel_of(page: TrainPage) -> CurvePanel:
    panel = page.history.body.panel
    assert panel is not None
    return panel


def replayed(page: TrainPage, qtbot: QtBot, *run_ids: int) -> CurvePanel:
    """Waits until the history shows these runs."""
    body = page.history.body
    qtbot.waitUntil(lambda: [f.run.run_id for f in body.runs] == list(run_ids))
    return panel_of(page)


def test_a_chosen_run_replays_its_curves_and_its_log(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot, click: Click
) -> None:
    add_run(project, RunState.FAILED, message="The training diverged.")
    session.runs_changed.emit()
    page.show_view(HISTORY)
    page.history.choose(1)
    panel = replayed(page, qtbot, 1)
    assert [curve.label for curve in panel.plots["loss"].curves] == ["Detector", "Held-out part 1"]
    assert panel.plots["loss"].curves[0].values.tolist() == [5, 4, 3, 2, 1]
    assert panel.plots["validation_score"].curves[0].values.tolist() == [0.5]
    assert "The training diverged. Try this." in page.history.outcome.text()
    texts = page.history.model.rows[0].texts
    assert "Failed" in texts and "The training diverged." in texts
    click(page.history.body.views.button_of(LOG))
    log = page.history.body.log.toPlainText()
    assert "A note to read." in log and "what the worker wrote" in log
    click(page.history.body.views.button_of(CURVES))
    panel.stages.setCurrentIndex(panel.stages.findData("fold-1"))
    panel.stages.activated.emit(panel.stages.currentIndex())
    assert [curve.label for curve in panel.plots["loss"].curves] == ["Held-out part 1"]


def test_several_runs_lie_over_each_other(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot
) -> None:
    add_run(project, RunState.FAILED, end=0.5)
    add_run(project, RunState.FAILED, end=0.25)
    session.runs_changed.emit()
    page.show_view(HISTORY)
    page.history.table.setFocus()
    qtbot.keyClick(page.history.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    panel = replayed(page, qtbot, 2, 1)
    found = panel.plots["validation_score"].curves
    assert [curve.values.tolist() for curve in found] == [[0.25], [0.5]]
    assert {curve.label[:5] for curve in found} == {"Run 1", "Run 2"}
    assert found[0].slot != found[1].slot
    losses = panel.plots["loss"].curves
    assert len({curve.dash for curve in losses}) == len(losses) == 4


def test_a_lost_run_can_be_resumed(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    add_run(project, RunState.LOST)
    session.runs_changed.emit()
    page.show_view(HISTORY)
    page.history.choose(1)
    assert "Interrupted" in page.history.model.rows[0].texts
    click(page.history.resume)
    assert [job.request for job in session.jobs.waiting] == [ResumeRequest(run_id=1)]


def test_a_prepared_run_is_not_called_interrupted(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot
) -> None:
    run = add_run(project, RunState.LOST)
    (run.folder / EVENTS_FILE).unlink()
    session.runs_changed.emit()
    page.show_view(HISTORY)
    page.history.choose(1)
    assert "Prepared" in page.history.model.rows[0].texts
    assert "has not begun yet" in page.history.outcome.text()
    assert page.history.resume.isVisible()


def test_a_resumed_run_is_live_again(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    add_run(project, RunState.LOST)
    session.runs_changed.emit()
    page.activate()
    qtbot.waitUntil(lambda: bool(page.now.body.runs))
    assert page.now.body.stages.running is None
    click(page.now.resume)
    (job,) = session.jobs.waiting
    job.run, job.state = project.resume_run(1), JobState.RUNNING
    session.jobs.changed.emit()
    assert page.now.body.stages.running is not None
    assert page.now.card.isVisible()
    session.jobs.jobs.clear()


def test_log_scale_and_smoothing_reach_the_plots(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot, click: Click
) -> None:
    add_run(project, RunState.FAILED)
    session.runs_changed.emit()
    page.show_view(HISTORY)
    page.history.choose(1)
    panel = replayed(page, qtbot, 1)
    panel.log_scale.click()
    assert panel.plots["loss"].plot.getPlotItem().getAxis("left").logMode
    panel.smoothing.setValue(0)
    assert len(panel.plots["loss"].plot.getPlotItem().listDataItems()) == 2
    panel.smoothing.setValue(50)
    assert len(panel.plots["loss"].plot.getPlotItem().listDataItems()) == 4


def test_everything_fits_a_small_window_with_large_type(
    page: TrainPage, project: Project, session: Session, themed: Any, qtbot: QtBot
) -> None:
    add_run(project, RunState.FAILED)
    session.runs_changed.emit()
    apply_theme(themed, THEMES["light"], 1.25)
    for view in ("now", HISTORY):
        page.show_view(view)
    page.history.choose(1)
    replayed(page, qtbot, 1)
    assert page.minimumSizeHint().width() <= 1280 - 110  # the rail
    assert page.minimumSizeHint().height() <= 800 - 70  # menu and status line
