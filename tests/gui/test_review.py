"""The Review page under real keys: verdicts, undo, queue, heat map, export, and a kill."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.review_order import Band, Order, bands_of
from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.comparisons import NOTHING, Comparison, _Finder
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.pages.review.prefetch import Look
from inspector.gui.pages.review.review_queue import Criteria
from inspector.gui.session import Session
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict
from inspector.project.work import Computing, prepare_scoring, settle

Key = Qt.Key
ALL = Criteria(Order.LISTED, frozenset(Band), None, only_open=False)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, tiny_project: Any) -> Path:
    """The small project with every image scored; to be copied."""
    from training.run import Run
    from training.score_job import score

    folder = tmp_path_factory.mktemp("scored") / "project"
    shutil.copytree(tiny_project.folder, folder)
    with Project.open(folder) as project:
        row = prepare_scoring(project, project.find_model(), Computing("cpu", "float32"))
        job = read_job(row.folder)
        assert isinstance(job, ScoreJob)
        results = score(job, Run(row.folder, lambda event: None))
        settle(project, row, JobOutcome(state=DONE, results=results))
    return folder


@pytest.fixture
def folder(tmp_path: Path, scored: Path) -> Path:
    """A copy of the scored project."""
    copy = tmp_path / "project"
    shutil.copytree(scored, copy)
    return copy


@pytest.fixture
def real_window(session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    if "review" in made._pages:
        page = made.page("review")
        assert isinstance(page, ReviewPage)
        page.stage.prefetch.wait()
        page.thumbnails.wait()


@pytest.fixture
def page(real_window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> ReviewPage:
    """The page on the scored project, with all images in the queue as they are listed."""
    made = opened(real_window, session, folder, qtbot)
    made._set_criteria(ALL)
    shown(made, qtbot)
    return made


def opened(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> ReviewPage:
    assert session.open_project(folder)
    made = window.page("review")
    assert isinstance(made, ReviewPage)
    qtbot.waitUntil(lambda: session.library.scores.n_scored > 0)
    qtbot.waitUntil(lambda: not made._is_stale)
    return made


def shown(page: ReviewPage, qtbot: QtBot) -> int:
    """Waits until the queue's image is on the canvas; its id."""
    qtbot.waitUntil(lambda: page.stage.shown_id == page.queue.current is not None)
    assert page.stage.shown_id is not None
    return page.stage.shown_id


def press(page: ReviewPage, key: Key, held: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(page.main_focus(), key, held or Qt.KeyboardModifier.NoModifier)


def stored(folder: Path) -> dict[int, Verdict]:
    """What another reader finds on the disk now."""
    with Project.open(folder) as project:
        return {key: row.verdict for key, row in project.latest_verdicts().items()}


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


def test_undo_and_redo_go_back_and_forth_over_any_number(
    page: ReviewPage, folder: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(3)
    keys = (Key.Key_O, Key.Key_N, Key.Key_U)
    states, order = [stored(folder)], []
    for choice in rng.integers(0, 3, 9):
        order.append(shown(page, qtbot))
        press(page, keys[choice])
        states.append(stored(folder))
    for step in range(8, -1, -1):
        press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert page.queue.current == order[step]
        assert stored(folder) == states[step]
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(folder) == {}
    for step in range(9):
        press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert stored(folder) == states[step + 1]
        assert page.queue.current == order[step]


def test_undo_shows_an_image_that_the_queue_lacks(page: ReviewPage, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    page._set_criteria(replace(ALL, only_open=True))
    assert image_id not in page.queue.ids
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.queue.current == image_id
    assert shown(page, qtbot) == image_id


def test_another_project_begins_anew(
    page: ReviewPage, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    shown(page, qtbot)
    press(page, Key.Key_N)
    copy = tmp_path / "other"
    shutil.copytree(tiny_project.folder, copy)
    assert session.open_project(copy)
    assert page.stage.shown_id is None
    assert page.queue.current is None
    assert page.desk.n_given == 0
    qtbot.waitUntil(lambda: len(session.library.images) > 0 and not page._is_stale)
    assert page.parts.empty is not None


def test_what_is_not_on_the_canvas_is_not_judged(page: ReviewPage, folder: Path) -> None:
    page.stage.clear()
    press(page, Key.Key_N)
    assert stored(folder) == {}


def test_a_held_key_judges_one_image(page: ReviewPage) -> None:
    for name in ("ok", "ng", "unsure", "undo", "redo"):
        assert not page.actions_table.action(f"review.{name}").autoRepeat()


def test_the_queue_does_not_jump_when_a_verdict_is_given(page: ReviewPage, qtbot: QtBot) -> None:
    page._set_criteria(Criteria(Order.HIGHEST, frozenset(Band), None, only_open=True))
    before = page.queue.ids.copy()
    for place in range(4):
        assert shown(page, qtbot) == before[place]
        press(page, Key.Key_O)
        np.testing.assert_array_equal(page.queue.ids, before)
    assert page.queue.position == 4
    assert page.queue.n_open == len(before) - 4
    assert page.parts.left.text().startswith(str(len(before) - 4))


def test_two_thresholds_make_the_bands_of_the_queue(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    scores = session.library.scores.of(session.scale.variant)
    lower, upper = np.quantile(scores, [0.3, 0.7])
    session.scale.set_threshold(float(upper))
    session.scale.set_lower_threshold(float(lower))
    qtbot.waitUntil(lambda: not page._is_stale)
    codes = bands_of(scores, upper, lower)
    for code, band in enumerate(Band):
        page._set_criteria(replace(ALL, bands=frozenset({band})))
        wanted = set(session.library.images.ids[codes == code].tolist())
        assert set(page.queue.ids.tolist()) == wanted
        assert str(len(wanted)) in page.parts.bar.bands[band].text()
    field = page.parts.thresholds.threshold_field
    field.selectAll()
    QTest.keyClicks(field, f"{float(scores.max()) + 1:.4f}")
    QTest.keyClick(field, Key.Key_Return)
    qtbot.waitUntil(lambda: not page._is_stale)
    assert session.scale.threshold == pytest.approx(scores.max() + 1, abs=1e-3)
    assert "0" in page.parts.bar.bands[Band.NG].text()


def test_a_line_that_is_dragged_moves_the_threshold(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    strip = page.parts.thresholds.strip
    before = session.scale.threshold
    start = QPoint(round(strip.x_of(strip.threshold)) + 1, strip.height() // 2)
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(strip, start + QPoint(25, 0))
    assert session.scale.threshold == before  # nothing is kept while it is dragged
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=start + QPoint(25, 0))
    assert session.scale.threshold > before


def test_only_the_wanted_classes(page: ReviewPage, session: Session) -> None:
    names = session.library.images.class_names
    page._set_criteria(replace(ALL, classes=frozenset(names[:1])))
    images = {image.image_id: image.record for image in session.library.images.images}
    assert {images[int(i)].class_name for i in page.queue.ids} == {names[0]}


def test_chosen_images_are_the_queue(page: ReviewPage, qtbot: QtBot) -> None:
    page.show_images([7, 3, 5])
    assert page.queue.ids.tolist() == [7, 3, 5]
    assert shown(page, qtbot) == 7
    qtbot.mouseClick(page.parts.bar.chosen, Qt.MouseButton.LeftButton)
    assert len(page.queue) == 30


def test_the_heat_map_shows_while_h_is_held(page: ReviewPage, qtbot: QtBot) -> None:
    shown(page, qtbot)
    canvas = page.parts.canvas
    assert not canvas.is_heat_visible
    QTest.keyPress(page.main_focus(), Key.Key_H)
    assert canvas.is_heat_visible
    QTest.keyRelease(page.main_focus(), Key.Key_H)
    assert not canvas.is_heat_visible
    press(page, Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.is_heat_visible


def test_the_heat_map_has_one_scale_for_all_images(page: ReviewPage, qtbot: QtBot) -> None:
    shown(page, qtbot)
    before = page.material.scale
    for _ in range(4):
        press(page, Key.Key_Right)
        shown(page, qtbot)
        assert page.material.scale == before
        assert page.parts.canvas._scale == before


def test_kind_note_and_operator_go_with_the_verdict(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_D)
    assert page.chooser is not None
    kinds = page.chooser.kinds
    assert kinds, "the data set names kinds of defects"
    QTest.keyClick(page.chooser, Key.Key_1)
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "onu")  # letters that are verdicts elsewhere
    QTest.keyClick(page.parts.verdicts.note, Key.Key_Return)
    page.parts.operator.setText("Grace")
    page.parts.operator.editingFinished.emit()
    page._focus_image()
    press(page, Key.Key_N)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None
    assert (row.verdict, row.defect_kind, row.note) == (Verdict.NG, kinds[0], "onu")
    assert row.operator == "Grace"
    assert page.session.preferences.operator == "Grace"


def test_a_note_on_a_judged_image_is_written_at_once(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    press(page, Key.Key_Left)
    assert shown(page, qtbot) == image_id
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "edge")
    QTest.keyClick(page.parts.verdicts.note, Key.Key_Return)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None
    assert (row.verdict, row.note) == (Verdict.NG, "edge")


def test_beside_it_stands_the_nearest_normal_image(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    comparisons = page.stage.comparisons
    qtbot.waitUntil(lambda: comparisons.get(image_id) is not None)
    found = comparisons.get(image_id)
    assert found is not None
    assert found.image_id not in (None, image_id)
    (row,) = session.library.images.rows_of(np.array([found.image_id]))
    assert session.library.images.is_training[row]
    qtbot.waitUntil(lambda: page.parts.canvas.reference.view.place is not None)
    press(page, Key.Key_B)
    assert not page.parts.canvas.reference.isVisible()


def test_an_image_that_is_gone_can_be_judged(
    real_window: MainWindow, session: Session, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    page = opened(real_window, session, folder, qtbot)
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


def test_a_click_on_the_strip_goes_there(page: ReviewPage, qtbot: QtBot) -> None:
    strip = page.parts.filmstrip
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.centre_of(3).toPoint())
    assert page.queue.position == 3


def test_when_nothing_is_left_it_says_so(page: ReviewPage, qtbot: QtBot) -> None:
    page.show_images([2, 4])
    page._set_criteria(replace(page.queue.criteria, only_open=True))
    for _ in range(2):
        shown(page, qtbot)
        press(page, Key.Key_O)
    assert page.queue.current is None
    assert page.parts.empty is not None
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.parts.empty is None
    assert page.queue.current == 4
    assert page.main_focus().hasFocus()


def test_without_scores_it_leads_to_scoring(
    real_window: MainWindow, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    copy = tmp_path / "unscored"
    shutil.copytree(tiny_project.folder, copy)
    assert session.open_project(copy)
    page = real_window.page("review")
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: len(session.library.images) > 0 and not page._is_stale)
    empty = page.parts.empty
    assert empty is not None
    asked: list[str] = []
    monkeypatch.setattr(session, "score_images", asked.append)
    qtbot.mouseClick(empty.buttons[0], Qt.MouseButton.LeftButton)
    assert asked == [tiny_project.model.name]


def test_the_summary_counts_the_session(page: ReviewPage, qtbot: QtBot) -> None:
    for key in (Key.Key_N, Key.Key_O, Key.Key_O):
        shown(page, qtbot)
        press(page, key)
    summary, said = page.desk.summary(page.material.class_names())
    assert summary.by_verdict == {Verdict.OK: 2, Verdict.NG: 1, Verdict.UNSURE: 0}
    assert len(said) == 3
    press(page, Key.Key_S)
    assert page.reports.summary is not None
    assert page.reports.summary.isVisible()
    QTest.keyClick(page.reports.summary, Key.Key_Escape)


def test_the_export_holds_what_was_said(
    page: ReviewPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    said = []
    for key in (Key.Key_N, Key.Key_O):
        said.append(shown(page, qtbot))
        press(page, key)
    done: list[int] = []
    file = tmp_path / "out.csv"
    page.reports.exporter.write(file, said[:1], done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert done == [1]
    (row,) = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (row["verdict"], row["operator"]) == ("ng", "Ada")
    assert session.scale.model is not None
    assert row["model"] == session.scale.model.name
    assert float(row["threshold"]) == session.scale.threshold
    assert row["snapshot_digest"]


def test_a_kill_in_the_middle_loses_no_verdict(folder: Path, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    script = Path(__file__).with_name("review_killed.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(tmp_path / "preferences.ini")],
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    seen = 0
    for line in process.stdout:
        seen = int(line)
        if seen >= 40:
            break
    if os.name == "posix":
        process.send_signal(signal.SIGKILL)
    else:
        process.kill()
    rest = process.stdout.read().split()
    process.wait()
    seen = max([seen, *map(int, rest)])
    with Project.open(folder) as project:
        rows = project.verdicts_since(0)
    # Every verdict that the page took is there; one more may be, written but not yet told.
    assert seen >= 40
    assert len(rows) in (seen, seen + 1)
    verdicts = [row.verdict for row in rows]
    expected = [(Verdict.NG, Verdict.OK, Verdict.UNSURE)[i % 3] for i in range(len(rows))]
    assert verdicts == expected


def add_second_model(project: Project, copy: Path) -> ModelRow:
    """A copy of the project's model, which has scored every image ten times as high."""
    model = project.find_model()
    shutil.copytree(model.folder, copy)
    made = project.add_model(model.run_id, copy)
    columns = "snapshot_id, image_id, variant, raw_score, u, gamma, run_id, map_row"
    with project._database.transaction():
        project._database.run(
            f"INSERT INTO score (model_id, {columns}, score) "
            f"SELECT ?, {columns}, 10 * score FROM score WHERE model_id = ?",
            (made.model_id, model.model_id),
        )
    return made


def test_while_another_model_is_read_no_verdict_is_written(
    page: ReviewPage, session: Session, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    assert session.project is not None
    other = add_second_model(session.project, tmp_path / "copy")
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


def test_undo_stops_before_what_was_said_in_an_earlier_session(
    real_window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        ids = project.image_columns().ids.tolist()
        for image_id in ids[:2]:
            project.add_verdict(image_id, Verdict.NG, "Grace", Trace())
    page = opened(real_window, session, folder, qtbot)
    page._set_criteria(ALL)
    shown(page, qtbot)
    undo = page.actions_table.action("review.undo")
    assert [keys.toString() for keys in undo.shortcuts()] == ["Ctrl+Z"]
    page.queue.jump(3)
    mine = shown(page, qtbot)
    press(page, Key.Key_O)
    undo.trigger()
    assert stored(folder) == dict.fromkeys(ids[:2], Verdict.NG)
    for left in (1, 0):
        before = len(session.notices.history)
        undo.trigger()
        qtbot.waitUntil(lambda before=before: len(session.notices.history) > before)
        notice = session.notices.history[-1]
        assert "Grace" in notice.hint
        assert set(stored(folder)) == set(ids[: left + 1])  # nothing yet
        notice.actions[0].run()
        assert set(stored(folder)) == set(ids[:left])
    notice.actions[0].run()  # once more hits nothing
    assert stored(folder) == {}
    for _ in range(3):
        page.actions_table.action("review.redo").trigger()
    assert set(stored(folder)) == {*ids[:2], mine}


def test_the_pace_counts_verdicts_not_notes_and_redo(page: ReviewPage, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    shown(page, qtbot)
    press(page, Key.Key_O)
    page._say_of(image_id, "scratch", "")
    assert page.desk.n_given == 2
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 2  # the kind was taken back
    press(page, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 1
    press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    press(page, Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert page.desk.n_given == 2 and page.desk.pace is not None


def test_a_line_dragged_over_a_change_of_variant_or_model_is_dropped(
    page: ReviewPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    assert session.project is not None
    other = add_second_model(session.project, tmp_path / "copy")
    strip, scale = page.parts.thresholds.strip, session.scale
    for change in (lambda: scale.set_variant("cada-a"), lambda: scale.set_model(other)):
        start = QPoint(round(strip.x_of(strip.threshold)) + 1, strip.height() // 2)
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(strip, start - QPoint(25, 0))
        field = page.parts.thresholds.lower_field
        field.lineEdit().setText("0.01")
        change()
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=start - QPoint(25, 0))
        field.editingFinished.emit()
        assert scale.is_threshold_default
        assert scale.lower_threshold != pytest.approx(0.01)
        qtbot.waitUntil(lambda: page._is_current)
        assert strip.threshold == scale.threshold


def test_kind_and_note_outlive_the_project(
    page: ReviewPage, session: Session, folder: Path, qtbot: QtBot, real_window: MainWindow
) -> None:
    image_id = shown(page, qtbot)
    page._say_of(image_id, "scratch", "")
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "half a")
    real_window.commands.close_project()
    assert not page.parts.verdicts.note.hasFocus()
    again = opened(real_window, session, folder, qtbot)
    again._set_criteria(ALL)
    assert shown(again, qtbot) == image_id
    assert again.parts.verdicts.note.text() == "half a"
    press(again, Key.Key_N)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None and (row.defect_kind, row.note) == ("scratch", "half a")
    assert session.project.get_setting("review_pending", dict, None) == {}


def test_each_project_has_its_own_spread(
    page: ReviewPage, session: Session, folder: Path, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    image_id = shown(page, qtbot)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.lock"))
    monkeypatch.setattr(
        "inspector.gui.pages.review.material.minimum_spread",
        lambda model_folder, variant: 0.75 if copy in model_folder.parents else 0.25,
    )
    page.session.scale.set_variant("cada-a")
    qtbot.waitUntil(lambda: page._is_current)
    wanted = page.material.wanted(image_id)
    assert wanted is not None and wanted.epsilon == 0.25
    assert session.open_project(copy)  # whose model has the same number
    qtbot.waitUntil(lambda: page._is_current and session.library.scores.n_scored > 0)
    wanted = page.material.wanted(image_id)
    assert wanted is not None and wanted.epsilon == 0.75


def test_arrows_move_a_slider_that_has_the_keyboard(page: ReviewPage, qtbot: QtBot) -> None:
    shown(page, qtbot)
    slider = page.parts.canvas.opacity
    slider.setFocus()
    before, place = slider.value(), page.queue.position
    QTest.keyClick(slider, Key.Key_Left)
    assert slider.value() < before
    assert page.queue.position == place
    page._focus_image()
    press(page, Key.Key_Right)
    assert page.queue.position == place + 1


def test_one_image_is_compared_at_a_time_and_kept(
    page: ReviewPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparisons = page.stage.comparisons
    page.parts.canvas.set_compare(False)
    qtbot.waitUntil(lambda: comparisons._task is None)
    comparisons.clear()
    gate, asked = threading.Event(), list[int]()

    def slow(finder: object, image_id: int, folder: object) -> Comparison:
        asked.append(image_id)
        gate.wait(10)
        return NOTHING

    monkeypatch.setattr(_Finder, "find", slow)
    for image_id in (4, 5, 6):
        comparisons.ask([image_id])
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [4]
    gate.set()
    qtbot.waitUntil(lambda: comparisons.get(6) is not None)
    assert comparisons.get(4) is NOTHING
    assert asked == [4, 6]  # nobody waits for 5 any more


def test_names_and_times_are_read_once(page: ReviewPage, session: Session) -> None:
    names = page.material.class_names()
    assert names == {i.image_id: i.record.class_name for i in session.library.images.images}
    assert page.material.class_names() is names
