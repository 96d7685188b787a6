"""The Train page by mouse and keys, with replayed runs and with a real worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMainWindow, QToolButton
from pytestqt.qtbot import QtBot

from inspector.gui.actions import ActionRegistry
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ResumeRequest, TrainRequest
from inspector.gui.pages.train.curve_panel import CurvePanel
from inspector.gui.pages.train.page import HISTORY, TrainPage
from inspector.gui.pages.train.run_body import CURVES, LOG
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme
from inspector.jobs import backbones, events
from inspector.jobs.outcome import JobOutcome
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.workers import WORKER_FILE, WorkerFile, is_worker_alive

_PATIENCE_MS = 120_000
_TINY: dict[str, Any] = {
    "image_size": 64,
    "revdist.iterations": 12,
    "revdist.batch_size": 4,
    "alignment.iterations": 20,
    "alignment.batch_size": 4,
}
Click = Callable[[QAbstractButton], None]


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> TrainPage:
    """The page in a window, without a project."""
    window = QMainWindow()
    actions = ActionRegistry(window, session)
    made = TrainPage(session, actions)
    window.setCentralWidget(made)
    made.window_of_test = window  # type: ignore[attr-defined]
    qtbot.addWidget(window)
    window.resize(1280, 800)
    actions.set_page("train")
    window.show()
    qtbot.waitExposed(window)
    return made


@pytest.fixture
def click(qtbot: QtBot) -> Click:
    return lambda target: qtbot.mouseClick(target, Qt.MouseButton.LeftButton)


@pytest.fixture
def project(
    session: Session,
    page: TrainPage,
    tmp_path: Path,
    tiny_parts: Path,
    qtbot: QtBot,
    monkeypatch: Any,
) -> Iterator[Project]:
    """Sample parts, open in the window; whatever still runs after the test is ended."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = tmp_path / "project"
    with Project.create(folder) as made:
        made.import_folder(tiny_parts)
    session.open_project(folder)
    assert session.project is not None
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    yield session.project
    for run in (folder / "runs").iterdir():
        if is_worker_alive(run):
            worker = msgspec.json.decode((run / WORKER_FILE).read_bytes(), type=WorkerFile)
            os.kill(worker.pid, signal.SIGKILL)


@pytest.fixture
def no_workers(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait for ever: nothing is started."""
    monkeypatch.setattr(session.jobs, "_start_next", lambda: None)


def add_run(project: Project, state: RunState, *, end: float = 0.5, message: str = "") -> RunRow:
    """A training as one that ran has left it."""
    from inspector.gui.jobs.requests import prepare

    request = TrainRequest(method="revdist", preset="quick", changes=_TINY, device="cpu")
    run = prepare(request, project)
    said: list[events.Event] = [
        events.Hello(time=100, pid=1, version="0"),
        events.Stage(time=101, name="features", title="Computing features", index=1, count=9),
        events.Stage(time=103, name="detector", title="Learning", index=2, count=9),
    ]
    for stage in ("detector", "fold-1"):
        if stage != "detector":
            said.append(events.Stage(time=120, name=stage, title="Holding out", index=3, count=9))
        for step in range(5):
            done = events.Progress(time=104 + step, done=step + 1, total=12, unit="steps")
            loss = events.Metric(time=104, stage=stage, name="loss", step=step, value=5 - step)
            rate = events.Metric(time=104, stage=stage, name="learning_rate", step=step, value=0.1)
            said += [done, loss, rate]
    said.append(events.Metric(time=130, stage="fold-1", name="validation_score", step=4, value=end))
    said.append(events.Note(time=131, message="A note to read."))
    (run.folder / events.EVENTS_FILE).write_bytes(b"".join(map(events.encode_event, said)))
    (run.folder / "worker.log").write_text("what the worker wrote", "utf-8")
    if state is RunState.LOST:
        return project.mark_lost_runs()[-1]
    outcome = JobOutcome(state=state, message=message, hint="Try this.")
    return project.finish_run(run.run_id, msgspec.json.encode(outcome), state)


def panel_of(page: TrainPage) -> CurvePanel:
    panel = page.history.body.panel
    assert panel is not None
    return panel


def replayed(page: TrainPage, qtbot: QtBot, *run_ids: int) -> CurvePanel:
    """Waits until the history shows these runs."""
    body = page.history.body
    qtbot.waitUntil(lambda: [f.run.run_id for f in body.runs] == list(run_ids))
    return panel_of(page)


def test_without_normal_images_start_is_off_and_says_why(
    page: TrainPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    assert not page.setup.start.isEnabled()
    assert "Open a project" in page.setup.reason.text()
    Project.create(tmp_path / "empty").close()
    session.open_project(tmp_path / "empty")
    qtbot.waitUntil(lambda: "no normal images" in page.setup.reason.text())
    assert not page.setup.start.isEnabled()
    assert page.setup.import_button.isVisible()
    assert page.now.first_steps.isVisible()


def test_start_asks_for_what_the_form_says(
    page: TrainPage,
    project: Project,
    session: Session,
    no_workers: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    click(page.setup.presets.button_of("paper"))
    click(page.setup.backbones.cards["tf_efficientnet_lite0"].radio)
    click(page.setup.more)
    editor = page.setup.form.row_of("image_size").editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "64")
    click(page.setup.start)
    (job,) = session.jobs.waiting
    assert job.request == TrainRequest(
        method="revdist",
        preset="paper",
        changes={"image_size": 64, "backbone": "tf_efficientnet_lite0"},
    )


def test_while_something_is_invalid_start_is_off(
    page: TrainPage,
    project: Project,
    session: Session,
    no_workers: None,
    qtbot: QtBot,
    click: Click,
) -> None:
    click(page.setup.more)
    row = page.setup.form.row_of("alignment.folds")
    assert isinstance(row.editor, QLineEdit)
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "1")
    assert not page.setup.start.isEnabled()
    assert "Folds" in page.setup.reason.text()
    page.actions_table.action("train.start").trigger()
    assert session.jobs.waiting == []
    qtbot.keyClicks(row.editor, "0")
    assert page.setup.start.isEnabled()


def test_values_that_do_not_go_together_are_said(
    page: TrainPage, project: Project, session: Session, no_workers: None, click: Click
) -> None:
    click(page.setup.methods.cards["dmad"].radio)
    page.setup.form.set_changes({"tiles": 2})
    assert not page.setup.start.isEnabled()
    assert "whole images only" in page.setup.reason.text()
    page.actions_table.action("train.start").trigger()
    assert session.jobs.waiting == []
    click(page.setup.methods.cards["patchcore"].radio)
    page.setup.form.set_changes({"tiles": 2})
    assert page.setup.start.isEnabled()


def test_a_choice_is_found_again(
    page: TrainPage, project: Project, session: Session, no_workers: None, click: Click
) -> None:
    click(page.setup.presets.button_of("paper"))
    page.setup.form.set_changes({"seed": 5})
    click(page.setup.start)
    folder = project.folder
    session.close_project()
    page.setup.form.reset()
    session.open_project(folder)
    assert page.setup.presets.value == "paper"
    assert page.setup.form.changes == {"seed": 5}


def test_backbones_say_whether_their_weights_are_here(
    page: TrainPage, project: Project, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, click: Click
) -> None:
    def origin(name: str) -> str | None:
        return None if name == "resnet18.tv_in1k" else "imported"

    monkeypatch.setattr("inspector.gui.pages.train.setup_panel.weights_origin", origin)
    page.activate()
    cards = page.setup.backbones.cards
    qtbot.waitUntil(lambda: cards["resnet50.tv_in1k"].note == "At hand")
    assert cards["resnet18.tv_in1k"].note == "Not here"
    click(cards["resnet18.tv_in1k"].radio)
    assert "fetches them" in page.setup.caution.text()
    assert page.setup.start.isEnabled()  # they can be fetched
    click(cards["other"].radio)
    assert not page.setup.start.isEnabled()
    qtbot.keyClicks(page.setup.backbones.other_name, "resnet34.tv_in1k")
    assert page.setup.start.isEnabled()
    assert page.setup.request.changes["backbone"] == "resnet34.tv_in1k"
    qtbot.waitUntil(lambda: cards["other"].note == "At hand")


def test_a_method_offers_the_backbones_that_it_takes(
    page: TrainPage, project: Project, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, click: Click
) -> None:
    monkeypatch.setattr("inspector.gui.pages.train.setup_panel.weights_origin", lambda _: None)
    setup = page.setup
    cards = setup.backbones.cards

    def offered() -> set[str]:
        return {name for name, card in cards.items() if not card.isHidden()}

    pyramids = {known.name for known in backbones.KNOWN_BACKBONES if known.kind == "pyramid"}
    transformers = {known.name for known in backbones.KNOWN_BACKBONES} - pyramids
    assert offered() == pyramids | {"other"}
    click(setup.methods.cards["dinomaly"].radio)
    assert offered() == transformers | {"other"}
    assert setup.backbones.name == "vit_small_patch14_reg4_dinov2.lvd142m"
    assert not setup.request.changes
    qtbot.waitUntil(lambda: "weights of this backbone" in setup.caution.text())
    assert str(backbones.weights_folder()) in setup.caution.text()
    assert setup.start.isEnabled()  # they can be fetched
    click(setup.methods.cards["uniad"].radio)
    assert offered() == pyramids | transformers | {"other"}
    click(setup.methods.cards["revdist"].radio)
    assert setup.backbones.name == "tf_efficientnet_lite0"
    assert offered() == pyramids | {"other"}


def test_weights_are_found_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "weights_folder", lambda: tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert backbones.weights_origin("tf_efficientnet_lite0") == backbones.EMBEDDED
    assert backbones.weights_origin("resnet18.tv_in1k") is None
    repository = tmp_path / "hub" / "models--timm--resnet18.tv_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc", "utf-8")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    assert backbones.weights_origin("resnet18.tv_in1k") is None
    (repository / "snapshots" / "abc" / "model.safetensors").write_bytes(b"")
    assert backbones.weights_origin("resnet18.tv_in1k") == backbones.HUB_CACHE
    (tmp_path / "resnet18.tv_in1k.pth").write_bytes(b"")
    assert backbones.weights_origin("resnet18.tv_in1k") == backbones.IMPORTED


def test_the_queue_can_be_put_in_another_order(
    page: TrainPage,
    project: Project,
    session: Session,
    no_workers: None,
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
    no_workers: None,
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


def test_a_resumed_run_is_live_again(
    page: TrainPage,
    project: Project,
    session: Session,
    no_workers: None,
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


def test_a_real_training_is_seen_from_start_to_end(
    page: TrainPage, project: Project, session: Session, qtbot: QtBot, click: Click
) -> None:
    page.setup.form.set_changes(_TINY)
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
    page.setup.form.set_changes(_TINY | {"revdist.iterations": 100_000})
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
