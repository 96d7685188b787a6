"""Trainings that wait or run on the Train page, with a real worker."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QAbstractButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.job import Job, JobState
from inspector.gui.pages.train.page import TrainPage
from inspector.gui.session import Session
from inspector.project.project import Project

from .trainings import TINY

_PATIENCE_MS = 120_000
Click = Callable[[QAbstractButton], None]


def test_the_queue_can_be_put_in_another_order(
    page: TrainPage,
    project: Project,
    session: Session,
    held_jobs: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    for seed in (1, 2, 3):
        page.setup.form.set_changes({"seed": seed})
        click(page.setup.start)

    def seeds() -> list[int]:
        return [job.request.changes["seed"] for job in session.jobs.waiting]  # type: ignore[union-attr]

    def buttons(name: str) -> list[QToolButton]:
        found = page.now.queue.findChildren(QToolButton)
        return [one for one in found if one.accessibleName() == name and one.isVisible()]

    assert "3" in page.now.queue.title.text()
    qtbot.waitUntil(lambda: len(buttons("Earlier")) == 3)
    assert [one.isEnabled() for one in buttons("Earlier")] == [False, True, True]
    click(buttons("Earlier")[2])
    assert seeds() == [1, 3, 2]
    qtbot.waitUntil(lambda: len(buttons("Earlier")) == 3)
    click(buttons("Take out of the queue")[0])
    assert seeds() == [3, 2]


def test_a_real_training_is_seen_from_start_to_end(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot, click: Click
) -> None:
    page.setup.form.set_changes(TINY)
    page.setup.device.setCurrentIndex(page.setup.device.findData("cpu"))
    page.setup.precision.setCurrentIndex(page.setup.precision.findData("float32"))
    ended: list[Job] = []
    session.jobs.finished.connect(ended.append)
    click(page.setup.start)
    card = page.now.card
    qtbot.waitUntil(lambda: "Stage" in card.stage.text(), timeout=_PATIENCE_MS)
    assert card.isVisible()
    assert page.setup.start.text() == "Add to the queue"
    qtbot.waitUntil(lambda: bool(ended), timeout=_PATIENCE_MS)
    assert ended[0].state is JobState.DONE
    recording = page.now.body.runs[0].recording
    assert recording.state == "done"
    assert all(stage.is_over for stage in recording.stages)
    panel = page.now.body.panel
    assert panel is not None
    shown = panel.plots["validation_score"].curves
    assert [curve.label for curve in shown] == ["Held-out part 1", "Held-out part 2"]
    page.history.choose(1)
    assert page.history.model.rows[0].texts[5] == "0001-revdist"
    qtbot.waitUntil(lambda: "run 1" in page.setup.estimate.basis.text())


def test_stop_early_keeps_and_cancel_asks_first(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot, click: Click
) -> None:
    page.setup.form.set_changes(TINY | {"revdist.iterations": 100_000})
    page.setup.device.setCurrentIndex(page.setup.device.findData("cpu"))
    ended: list[Job] = []
    session.jobs.finished.connect(ended.append)
    click(page.setup.start)
    card = page.now.card
    assert not card.stop.isEnabled()
    qtbot.waitUntil(card.stop.isEnabled, timeout=_PATIENCE_MS)
    job = session.jobs.current
    assert job is not None
    qtbot.waitUntil(lambda: job.progress is not None and job.progress.done > 1)
    click(card.stop)
    assert not card.stop.isEnabled()
    qtbot.waitUntil(
        lambda: job.stage is not None and job.stage.name == "fold-1", timeout=_PATIENCE_MS
    )
    click(card.cancel)
    assert card.confirm.isVisible()
    click(card.go_on)
    assert not card.confirm.isVisible()
    assert not ended
    click(card.cancel)
    click(card.confirm)
    qtbot.waitUntil(lambda: bool(ended), timeout=_PATIENCE_MS)
    assert ended[0].state is JobState.CANCELLED
    assert project.models() == ()
    assert "Cancelled" in page.history.model.rows[0].texts
