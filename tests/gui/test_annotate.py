"""The Annotate page under a real mouse and real keys: tools, strokes, types, queue, and a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core import brushes
from inspector.errors import InspectorError
from inspector.gui.library import Scores
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.annotate_queue import Wish
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.project.project import Project

Key, Button = Qt.Key, Qt.MouseButton
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
Mask = NDArray[np.bool_]


@pytest.fixture
def folder(tmp_path: Path, tiny_parts: Path) -> Path:
    """A project of small images that nobody has trained on."""
    with Project.create(tmp_path / "project") as project:
        project.import_folder(tiny_parts)
    return tmp_path / "project"


@pytest.fixture
def window(session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    if "annotate" in made._pages:
        page = made._pages["annotate"]
        assert isinstance(page, AnnotatePage)
        page.stage.prefetch.wait()
        page.thumbnails.wait()


@pytest.fixture
def page(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> AnnotatePage:
    assert session.open_project(folder)
    made = window.page("annotate")
    assert isinstance(made, AnnotatePage)
    ready(made, qtbot)
    made.parts.options.set_size(6)
    return made


def ready(page: AnnotatePage, qtbot: QtBot) -> int:
    """Waits until the queue's image is on the canvas; its id."""
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
    assert page.painting.image_id is not None
    return page.painting.image_id


def at(page: AnnotatePage, x: float, y: float) -> QPoint:
    """Where on the canvas an image point lies."""
    place = page.parts.view.place
    assert place is not None
    seen = place.to_view((x, y))
    return QPoint(round(seen[0]), round(seen[1]))


def drag(
    page: AnnotatePage,
    *points: tuple[float, float],
    button: Qt.MouseButton = Button.LeftButton,
    held: Qt.KeyboardModifier = NONE,
    release: bool = True,
) -> list[tuple[float, float]]:
    """A stroke with the mouse; the image points that it really went through."""
    canvas = page.parts.view.viewport()
    places = [at(page, *point) for point in points]
    QTest.mousePress(canvas, button, held, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
    if release:
        QTest.mouseRelease(canvas, button, held, places[-1])
    return [page.parts.view.to_image(QPointF(place)) for place in places]


def press(page: AnnotatePage, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(page.parts.view, key, held)


def mask_of(page: AnnotatePage) -> Mask:
    """What is shown of the chosen type now."""
    draft = page.painting.draft
    assert draft is not None
    return draft.mask.copy()


def stored(folder: Path, image_id: int) -> dict[int, Mask]:
    """What another reader finds on the disk now."""
    with Project.open(folder) as project:
        return project.working_masks(image_id)


def assert_stored(page: AnnotatePage, folder: Path) -> None:
    """Shown and stored are the same, for every type."""
    image_id = page.painting.image_id
    assert image_id is not None
    on_disk = stored(folder, image_id)
    for type_id, draft in page.painting.drafts.items():
        kept = on_disk.get(type_id, np.zeros_like(draft.mask))
        np.testing.assert_array_equal(kept, draft.mask)


def message(window: MainWindow) -> str:
    bar = window.statusBar()
    assert bar is not None
    return bar.currentMessage()


def test_a_stroke_is_exact_and_on_the_disk_at_once(page: AnnotatePage, folder: Path) -> None:
    points = drag(page, (10, 10), (30, 14), (31, 40))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_stroke(wanted, points, 3.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)
    assert [one.name for one in page.painting.types] == ["Defect"]
    assert page.parts.painted.area.text().startswith(str(int(wanted.sum())))


@pytest.mark.parametrize("zoom", [1.0, 5.0, 23.0])
def test_a_stroke_is_exact_at_any_zoom(page: AnnotatePage, zoom: float) -> None:
    page.parts.view.zoom_to(zoom)
    points = drag(page, (30.2, 31), (33.7, 32.1))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_stroke(wanted, points, 3.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)


def test_eraser_right_button_and_alt(page: AnnotatePage, folder: Path) -> None:
    drag(page, (10, 30), (50, 30))
    full = mask_of(page)
    press(page, Key.Key_E)
    erased = drag(page, (30, 25), (30, 35))
    wanted = full.copy()
    brushes.paint_stroke(wanted, erased, 3.0, False)
    np.testing.assert_array_equal(mask_of(page), wanted)
    drag(page, (30, 25), (30, 35), button=Button.RightButton)  # inverted, the eraser paints
    assert mask_of(page)[30, 30]
    press(page, Key.Key_B)
    drag(page, (20, 30), button=Button.RightButton)
    assert not mask_of(page)[30, 20]
    drag(page, (40, 30), held=Qt.KeyboardModifier.AltModifier)
    assert not mask_of(page)[30, 40]
    assert_stored(page, folder)


def test_undo_and_redo_go_through_every_stroke_and_across_images(
    page: AnnotatePage, folder: Path, qtbot: QtBot
) -> None:
    first = ready(page, qtbot)
    states = []
    for x in (10, 20, 30):
        drag(page, (x, x), (x + 8, x))
        states.append(mask_of(page))
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[1])
    press(page, Key.Key_Right)
    assert ready(page, qtbot) != first
    press(page, Key.Key_Left)
    assert ready(page, qtbot) == first
    np.testing.assert_array_equal(mask_of(page), states[1])
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[0])
    press(page, Key.Key_Y, CONTROL)
    press(page, Key.Key_Y, CONTROL)
    np.testing.assert_array_equal(mask_of(page), states[2])
    for _ in range(4):
        press(page, Key.Key_Z, CONTROL)
    assert not mask_of(page).any()
    assert "no stroke to undo" in page.parts.options.hint.text()
    assert_stored(page, folder)


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


def versions(folder: Path, image_id: int) -> int:
    with Project.open(folder) as project:
        return len(project.annotation_history(image_id))


def test_escape_takes_back_a_stroke_under_way(page: AnnotatePage, folder: Path) -> None:
    drag(page, (10, 10))
    before = mask_of(page)
    drag(page, (30, 30), (50, 50), release=False)
    assert mask_of(page).sum() > before.sum()
    press(page, Key.Key_Escape)
    QTest.mouseRelease(page.parts.view.viewport(), Button.LeftButton, NONE, at(page, 50, 50))
    np.testing.assert_array_equal(mask_of(page), before)
    assert_stored(page, folder)


def test_size_by_keys_and_wheel_and_the_smallest_brush_paints_one_pixel(
    page: AnnotatePage,
) -> None:
    press(page, Key.Key_BracketRight)
    assert page.parts.options.pixels.value() == 7
    press(page, Key.Key_BracketLeft)
    press(page, Key.Key_BracketLeft)
    assert page.parts.options.pixels.value() == 5
    scale = page.parts.view.place
    turn(page, -1)
    assert page.parts.options.pixels.value() == 4
    assert page.parts.view.place == scale
    for _ in range(9):
        turn(page, -1)
    assert page.parts.options.pixels.value() == 1
    drag(page, (20.9, 20.9))
    assert mask_of(page).sum() == 1
    assert mask_of(page)[20, 20]


def turn(page: AnnotatePage, steps: int) -> None:
    view = page.parts.view
    position = QPointF(at(page, 30, 30))
    event = QWheelEvent(
        position,
        QPointF(view.viewport().mapToGlobal(position)),
        QPoint(),
        QPoint(0, 120 * steps),
        Button.NoButton,
        CONTROL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def test_the_circle_lies_where_and_as_large_as_the_brush_paints(page: AnnotatePage) -> None:
    view = page.parts.view
    spot = at(page, 33, 21)
    # Not by the pointer of the platform: a window that another test left may lie over this one.
    place = QPointF(spot)
    over = view.viewport().mapToGlobal(place)
    kind = QEvent.Type.MouseMove
    event = QMouseEvent(kind, place, over, Button.NoButton, Button.NoButton, NONE)
    QApplication.sendEvent(view.viewport(), event)
    assert view._circle.isVisible()
    x, y = view.to_image(QPointF(spot))
    assert (view._circle.pos().x(), view._circle.pos().y()) == (x, y)
    assert view._circle._diameter == 6
    press(page, Key.Key_R)
    assert not view._circle.isVisible()


def test_polygon(page: AnnotatePage, folder: Path, window: MainWindow) -> None:
    press(page, Key.Key_P)
    corners = [drag(page, point)[0] for point in ((10, 10), (50, 12), (30, 50), (60, 60))]
    press(page, Key.Key_Backspace)
    assert page.polygon_tool.corners == corners[:3]
    press(page, Key.Key_Return)
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_polygon(wanted, corners[:3], True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert not page.polygon_tool.is_busy
    drag(page, (1, 1))
    press(page, Key.Key_Escape)
    assert not page.polygon_tool.is_busy
    for point in ((10, 10), (50, 12), (30, 50)):
        drag(page, point, button=Button.RightButton)
    drag(page, (10, 10))  # closed on its first corner
    assert not mask_of(page).any()
    assert_stored(page, folder)


def test_a_polygon_with_two_points_paints_nothing_and_says_so(
    page: AnnotatePage, window: MainWindow, folder: Path
) -> None:
    press(page, Key.Key_P)
    drag(page, (10, 10))
    drag(page, (50, 50))
    press(page, Key.Key_Return)
    assert "at least three points" in message(window)
    assert "at least three points" in page.parts.options.hint.text()
    assert not mask_of(page).any()
    assert page.painting.image_id is not None
    with Project.open(folder) as project:
        assert project.stroke_counts(page.painting.image_id) == (0, 0)
    drag(page, (10, 50))  # it can still be finished
    press(page, Key.Key_Return)
    assert mask_of(page).any()


def test_rectangle_and_fill(page: AnnotatePage, folder: Path) -> None:
    press(page, Key.Key_R)
    corners = drag(page, (40, 30), (12, 20))
    wanted = np.zeros((64, 64), np.bool_)
    brushes.paint_rectangle(wanted, corners[0], corners[1], True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    press(page, Key.Key_F)
    page.parts.options.tolerance.setValue(30)
    (seed,) = drag(page, (32, 32))
    pixels = page.easel.pixels
    assert pixels is not None
    box, region = brushes.flood_region(pixels, seed, 30)
    brushes.paint_region(wanted, box, region, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)


def test_invert_and_clear_can_be_undone(page: AnnotatePage, folder: Path) -> None:
    drag(page, (20, 20), (40, 40))
    before = mask_of(page)
    press(page, Key.Key_I)
    np.testing.assert_array_equal(mask_of(page), ~before)
    press(page, Key.Key_Delete)
    assert not mask_of(page).any()
    assert_stored(page, folder)
    press(page, Key.Key_Z, CONTROL)
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), before)
    assert_stored(page, folder)


def hot_map() -> NDArray[np.float32]:
    y, x = np.mgrid[0:16, 0:16].astype(np.float32)
    heat: NDArray[np.float32] = np.exp(-((x - 4) ** 2 + (y - 10) ** 2) / 8).astype(np.float32)
    return heat


def test_growing_from_the_heat_map(page: AnnotatePage, folder: Path) -> None:
    look = page.easel.look
    assert look is not None
    page.stage._show(replace(look, anomaly_map=hot_map()))
    press(page, Key.Key_H)
    page.parts.options.share.setValue(20)
    small = mask_of(page)
    page.parts.options.share.setValue(70)
    large = mask_of(page)
    assert small[42, 18]
    assert large[small].all()
    assert large.sum() > small.sum()
    with Project.open(folder) as project:
        assert project.annotated_image_ids() == frozenset()  # it is only shown so far
    press(page, Key.Key_Return)
    assert_stored(page, folder)
    drag(page, (18, 42))
    press(page, Key.Key_Escape)
    np.testing.assert_array_equal(mask_of(page), large)
    press(page, Key.Key_Z, CONTROL)
    assert not mask_of(page).any()
    press(page, Key.Key_B)
    press(page, Key.Key_H)
    assert mask_of(page).any()
    press(page, Key.Key_B)  # it was only proposed: going on does not paint it
    assert not mask_of(page).any()
    press(page, Key.Key_H)
    page.parts.options.share.setValue(40)
    grown = mask_of(page)
    press(page, Key.Key_B)  # it was wanted: what is seen is kept
    np.testing.assert_array_equal(mask_of(page), grown)
    assert grown.any()
    assert_stored(page, folder)


def test_without_a_score_the_heat_tool_says_why(page: AnnotatePage, window: MainWindow) -> None:
    press(page, Key.Key_H)
    assert "no heat map" in page.parts.options.hint.text()
    assert not page.parts.options.share.isEnabled()
    assert not page.painting.drafts


def test_snapping_changes_the_mask_in_the_background(
    page: AnnotatePage, folder: Path, qtbot: QtBot
) -> None:
    press(page, Key.Key_G)
    assert "nothing to snap" in page.parts.options.hint.text()
    page.parts.options.set_size(20)
    drag(page, (30, 30), (40, 34))
    rough = mask_of(page)
    with qtbot.waitSignal(page.snapper.ended):
        press(page, Key.Key_G)
        assert page.parts.options.stop.isVisible()
    assert page.window().width() == 1280
    assert not page.parts.options.stop.isVisible()
    assert (mask_of(page) != rough).any()
    assert_stored(page, folder)
    press(page, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(mask_of(page), rough)


def test_snapping_can_be_cancelled_and_gives_way_to_a_stroke(
    page: AnnotatePage, session: Session, folder: Path, qtbot: QtBot
) -> None:
    page.parts.options.set_size(20)
    drag(page, (30, 30), (40, 34))
    rough = mask_of(page)
    press(page, Key.Key_G)
    assert page.snapper.is_busy
    press(page, Key.Key_Escape)
    assert not page.snapper.is_busy
    press(page, Key.Key_G)
    points = drag(page, (5, 5))
    assert not page.snapper.is_busy
    qtbot.waitUntil(lambda: not session.background._alive)
    wanted = rough.copy()
    brushes.paint_stroke(wanted, points, 10.0, True)
    np.testing.assert_array_equal(mask_of(page), wanted)
    assert_stored(page, folder)


def test_types_by_digit_with_masks_of_their_own(page: AnnotatePage, folder: Path) -> None:
    press(page, Key.Key_N)
    QTest.keyClicks(page.parts.types.name, "Scratch")
    QTest.keyClick(page.parts.types.name, Key.Key_Return)
    page.painting.add_type("Dent")
    scratch, dent = page.painting.types
    assert (scratch.name, dent.name) == ("Scratch", "Dent")
    assert scratch.pattern != dent.pattern
    press(page, Key.Key_1)
    drag(page, (10, 10))
    press(page, Key.Key_2)
    drag(page, (50, 50))
    assert mask_of(page)[50, 50]
    assert not mask_of(page)[10, 10]
    press(page, Key.Key_9)  # there is none: nothing happens
    assert page.painting.type_id == dent.type_id
    press(page, Key.Key_Z, CONTROL)
    press(page, Key.Key_Z, CONTROL)  # of whichever type they were
    assert not any(draft.mask.any() for draft in page.painting.drafts.values())
    assert_stored(page, folder)


def test_types_are_hidden_recoloured_renamed_and_removed(page: AnnotatePage) -> None:
    made = page.painting.add_type("Scratch")
    assert made is not None
    drag(page, (10, 10))
    row = page.parts.types.rows[made.type_id]
    QTest.mouseClick(row.visible, Button.LeftButton)
    assert not page.masks.layers[made.type_id].isVisible()
    QTest.mouseClick(row.visible, Button.LeftButton)
    assert page.masks.layers[made.type_id].isVisible()
    press(page, Key.Key_V)
    assert not page.masks.layers[made.type_id].isVisible()
    press(page, Key.Key_V)
    row.colours.actions()[3].trigger()
    page.parts.types.rows[made.type_id].patterns.actions()[2].trigger()
    page.parts.types.rows[made.type_id].rename.trigger()
    page.parts.types.name.setText("Deep scratch")
    QTest.keyClick(page.parts.types.name, Key.Key_Return)
    (changed,) = page.painting.types
    assert (changed.name, changed.colour, changed.pattern) == ("Deep scratch", "#cc79a7", "dots")
    page.parts.types.rows[made.type_id].remove.trigger()  # it was painted with
    assert page.painting.types == (changed,)
    other = page.painting.add_type("Dent")
    assert other is not None
    page.parts.types.rows[other.type_id].remove.trigger()
    assert page.painting.types == (changed,)


def test_a_name_that_is_taken_is_told(page: AnnotatePage, session: Session) -> None:
    page.painting.add_type("Scratch")
    assert page.painting.add_type("scratch") is None
    assert "already" in session.notices.history[-1].text


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


def test_the_queue_brings_flagged_images_without_annotation_first(
    page: AnnotatePage, session: Session, qtbot: QtBot
) -> None:
    images = session.library.images
    scores = np.linspace(-1, 1, len(images))
    nowhere = np.full(len(images), -1, np.int64)
    session.library.scores = Scores(scores, {"none": scores}, run_ids=nowhere, map_rows=nowhere)
    page.painting.annotated.add(int(images.ids[-1]))
    page.queue.rebuild(keep=False)
    order = page.queue.ids.tolist()
    by_score = images.ids[np.argsort(-scores)].tolist()
    assert order == [*by_score[1:], by_score[0]]  # the highest is annotated already: last
    assert page._mark_at(len(order) - 1) is page.words.annotated
    assert page._mark_at(0) is None
    page._set_wish(Wish(only_open=True))
    assert int(images.ids[-1]) not in page.queue.ids
    name = images.class_names[1]
    page._set_wish(Wish(classes=frozenset({name})))
    rows = images.rows_of(page.queue.ids)
    assert set(images.classes[rows].tolist()) == {1}


def test_next_without_annotation_and_chosen_images(page: AnnotatePage, qtbot: QtBot) -> None:
    ids = page.queue.ids.tolist()
    page.show_images([ids[3], ids[1], ids[2]])
    assert page.queue.ids.tolist() == [ids[3], ids[1], ids[2]]
    assert ready(page, qtbot) == ids[3]
    drag(page, (10, 10))
    press(page, Key.Key_Right)
    ready(page, qtbot)
    drag(page, (10, 10))
    press(page, Key.Key_Left)
    press(page, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert ready(page, qtbot) == ids[2]
    QTest.mouseClick(page.parts.bar.chosen, Button.LeftButton)
    assert sorted(page.queue.ids.tolist()) == sorted(ids)


def test_without_images_the_page_leads_to_the_dataset(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    assert session.create_project(tmp_path / "empty")
    page = window.page("annotate")
    assert isinstance(page, AnnotatePage)
    qtbot.waitUntil(lambda: page.parts.empty is not None and len(page.parts.empty.buttons) == 1)
    assert page.parts.empty is not None
    QTest.mouseClick(page.parts.empty.buttons[0], Button.LeftButton)
    assert window.current_page == "dataset"


def test_a_file_of_another_size_is_not_painted_on(
    page: AnnotatePage, folder: Path, qtbot: QtBot
) -> None:
    from PIL import Image

    image = page.pictures.image(int(page.queue.ids[3]))
    assert image is not None
    with Image.open(image.path) as picture:
        larger = picture.resize((80, 70))
    before = image.path.read_bytes()  # other tests share the file
    try:
        larger.save(image.path)
        page.queue.jump(3)
        qtbot.waitUntil(lambda: page.stage.shown_id == image.image_id)
    finally:
        image.path.write_bytes(before)
    assert page.painting.image_id is None
    assert "has changed since it was imported" in page.parts.options.hint.text()
    drag(page, (10, 10))
    assert stored(folder, image.image_id) == {}


def test_a_kill_in_mid_stroke_loses_no_finished_stroke(folder: Path, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    script = Path(__file__).with_name("annotate_killed.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), str(tmp_path / "preferences.ini")],
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == "holding":
            break
    if os.name == "posix":
        process.send_signal(signal.SIGKILL)
    else:
        process.kill()
    process.wait()
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
