"""Learning at once on the Annotate page: real strokes, real clicks, a real worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.learning.changes import most_changed
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.jobs.events import Change
from inspector.jobs.fresh_file import read_fresh_masks

from .hand import drag

Key, Button = Qt.Key, Qt.MouseButton
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_PATIENCE_MS = 180_000


@pytest.fixture
def window(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The window whose workers have ended after the test."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield window
    window.session.close_project()


def opened(window: MainWindow, made: Any, folder: Path, qtbot: QtBot) -> AnnotatePage:
    """The page on a copy of a trained project, its first image on the canvas."""
    shutil.copytree(made.folder, folder)
    assert window.session.open_project(folder)
    session = window.session
    page = window.page("annotate")
    assert isinstance(page, AnnotatePage)
    qtbot.waitUntil(lambda: len(session.library.images) == 30, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
    page.parts.options.set_size(8)
    return page


@pytest.fixture
def page(window: MainWindow, tiny_dmad: Any, tmp_path: Path, qtbot: QtBot) -> AnnotatePage:
    made = opened(window, tiny_dmad, tmp_path / "project", qtbot)
    library = window.session.library
    qtbot.waitUntil(lambda: library.scores.n_scored == 30, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: window.session.learning.n_unlearned == 0, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: heat(made) is not None, timeout=_PATIENCE_MS)
    return made


def raw(page: AnnotatePage, image_id: int) -> float:
    library = page.session.library
    (row,) = library.images.rows_of(np.array([image_id], np.int64))
    return float(library.scores.raw[row])


def fresh_images(page: AnnotatePage) -> list[int]:
    model = page.session.scale.model
    assert model is not None
    return [mask.image_id for mask in read_fresh_masks(model.folder)]


def heat(page: AnnotatePage) -> Any:
    look = page.easel.look
    return look.anomaly_map if look is not None else None


def test_a_stroke_is_learned_when_it_rests(
    page: AnnotatePage, largest_defect: Any, qtbot: QtBot
) -> None:
    session, panel = page.session, page.along.panel
    assert session.project is not None
    image_id, (top, left, bottom, right) = largest_defect(session.project)
    page.queue.jump(int(np.flatnonzero(page.queue.ids == image_id)[0]))
    qtbot.waitUntil(lambda: page.painting.image_id == image_id)
    qtbot.waitUntil(lambda: heat(page) is not None, timeout=_PATIENCE_MS)
    order, before, map_before = page.queue.ids.copy(), raw(page, image_id), heat(page)
    assert panel.switch.isChecked()
    assert not panel.images.isVisible()
    maps: list[Any] = []
    page.stage.shown.connect(lambda: maps.append(heat(page)))
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        drag(page, (left, top), (right, top), (right, bottom), (left, bottom))
        assert session.learning.is_worker_running  # it loads while the strokes rest
    qtbot.waitUntil(lambda: raw(page, image_id) > before + 0.2, timeout=_PATIENCE_MS)
    assert fresh_images(page) == [image_id]
    # The map on the canvas came before all others were scored, and is the stored one now.
    qtbot.waitUntil(lambda: bool(maps), timeout=_PATIENCE_MS)
    assert float(np.max(maps[0] - map_before)) > 0.3
    qtbot.waitUntil(lambda: "→" in panel.current.text() and panel.current.isVisible())
    qtbot.waitUntil(lambda: "Up to date" in panel.state.text())
    # The queue stays as it was under the hands of whoever paints.
    assert page.queue.current == image_id
    assert np.array_equal(page.queue.ids, order)
    assert page.painting.image_id == image_id
    assert page.painting.draft is not None
    assert page.painting.draft.area > 0


def test_taking_it_back_takes_it_out_again(page: AnnotatePage, qtbot: QtBot) -> None:
    session = page.session
    image_id = page.queue.current
    assert image_id is not None
    before = raw(page, image_id)
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        drag(page, (20, 20), (40, 20))
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        QTest.keyClick(page.parts.view, Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: abs(raw(page, image_id) - before) < 1e-3, timeout=_PATIENCE_MS)
    assert fresh_images(page) == []
    qtbot.waitUntil(lambda: not page.along.panel.current.isVisible())
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        QTest.keyClick(page.parts.view, Key.Key_Y, CONTROL)
    assert fresh_images(page) == [image_id]


def test_what_looks_like_normal_parts_is_said_to_change_nothing(
    page: AnnotatePage, qtbot: QtBot
) -> None:
    panel = page.along.panel
    assert not panel.current.isVisible()
    learning = page.session.learning
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        drag(page, (20, 20), (40, 20))
    # Nothing is under way any more that would bring the real changes again.
    qtbot.waitUntil(lambda: learning.has_learned and not learning.is_busy, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: not page.session.background._alive, timeout=_PATIENCE_MS)
    learning.changes = {}  # as where nothing is wrong
    learning.changed.emit()
    qtbot.waitUntil(lambda: "hardly changed" in panel.current.text(), timeout=_PATIENCE_MS)
    assert panel.current.isVisible()


def test_what_changed_most_is_listed_and_leads_there(
    page: AnnotatePage, largest_defect: Any, qtbot: QtBot
) -> None:
    session, images = page.session, page.along.panel.images
    assert session.project is not None
    image_id, (top, left, bottom, right) = largest_defect(session.project)
    page.queue.jump(int(np.flatnonzero(page.queue.ids == image_id)[0]))
    qtbot.waitUntil(lambda: page.painting.image_id == image_id)
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        drag(page, (left, top), (right, bottom))
        drag(page, (right, top), (left, bottom))
    qtbot.waitUntil(lambda: len(images.changed.rows) > 2, timeout=_PATIENCE_MS)
    rows = images.changed.rows
    assert image_id not in [row.image_id for row in rows]
    assert all("→" in row.scores for row in rows)
    learning, scale = session.learning, session.scale
    moved = [
        abs(learning.changes[r.image_id].after[scale.variant]
            - learning.changes[r.image_id].before[scale.variant])
        for r in rows
    ]  # fmt: skip
    assert moved == sorted(moved, reverse=True)
    for row in rows:  # the mark says what the threshold says
        change = learning.changes[row.image_id]
        sides = [score[scale.variant] > scale.threshold for score in (change.before, change.after)]
        assert (row.mark is not None) == (sides[0] != sides[1])
        if row.mark is not None:
            assert row.mark.word == ("now NG" if sides[1] else "now OK")
    page.window().activateWindow()
    wanted = rows[1].image_id
    images.scrollTo(images.changed.index(1))
    place = images.visualRect(images.changed.index(1)).center()
    QTest.mouseClick(images.viewport(), Button.LeftButton, NONE, place)
    assert page.queue.current == wanted
    qtbot.waitUntil(lambda: page.painting.image_id == wanted)
    images.setFocus()
    QTest.keyClick(images, Key.Key_Down)
    target = images.chosen
    QTest.keyClick(images, Key.Key_Return)
    assert page.queue.current == target != wanted


def test_the_switch_is_remembered_and_what_is_painted_waits(
    page: AnnotatePage, qtbot: QtBot
) -> None:
    session, panel = page.session, page.along.panel
    QTest.keyClick(page.parts.view, Key.Key_L)
    assert not panel.switch.isChecked()
    assert session.preferences.text("annotate.learn") == "off"
    drag(page, (20, 20), (40, 20))
    qtbot.waitUntil(lambda: "not learned yet" in panel.state.text(), timeout=_PATIENCE_MS)
    assert not session.learning.is_worker_running
    assert fresh_images(page) == []
    assert panel.now.isVisible()
    with qtbot.waitSignal(session.learning.learned, timeout=_PATIENCE_MS):
        QTest.mouseClick(panel.now, Button.LeftButton)
    assert len(fresh_images(page)) == 1
    qtbot.waitUntil(lambda: not panel.now.isVisible(), timeout=_PATIENCE_MS)
    QTest.mouseClick(panel.switch, Button.LeftButton, NONE, QPoint(8, panel.switch.height() // 2))
    assert page.along.is_on
    assert session.preferences.text("annotate.learn") == "on"


def test_a_model_that_cannot_learn_says_so_and_leads_to_train(
    window: MainWindow, tiny_project: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    page = opened(window, tiny_project, tmp_path / "project", qtbot)
    panel = page.along.panel
    qtbot.waitUntil(lambda: "does not learn" in panel.state.text(), timeout=_PATIENCE_MS)
    assert not panel.switch.isVisible()
    drag(page, (20, 20), (40, 20))
    assert not page.session.learning.is_worker_running
    button: QPushButton = panel.train
    assert button.isVisible()
    QTest.mouseClick(button, Button.LeftButton)
    assert window.current_page == "train"


def change(image_id: int, before: float, after: float) -> Change:
    return Change(image_id=image_id, before={"none": before}, after={"none": after})


def test_the_most_changed_come_first_whatever_the_direction() -> None:
    changes = [change(1, 0, 0.5), change(2, 1, 0.2), change(3, 0, 1e-5), change(4, 0, 3)]
    assert [c.image_id for c in most_changed(changes, "none", None)] == [4, 2, 1]
    assert [c.image_id for c in most_changed(changes, "none", 4, most=1)] == [2]
    assert most_changed(changes, "cada", None) == []
