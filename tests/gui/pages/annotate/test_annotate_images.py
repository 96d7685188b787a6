"""Which images the Annotate page offers, in which order, and which it refuses to paint on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.library import Scores
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.annotate_queue import Wish
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session

from .hand import drag, press, ready, stored

Key, Button = Qt.Key, Qt.MouseButton


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
