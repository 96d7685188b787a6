"""Which images the Review page offers: order, bands between two thresholds, classes, the end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.review_order import Band, Order, bands_of
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.pages.dataset.page import DatasetPage
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.pages.review.review_queue import Criteria
from inspector.gui.session import Session
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .hand import ALL, press, shown

Key = Qt.Key
AddModel = Callable[[Project], ModelRow]


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


def test_a_line_dragged_over_a_change_of_variant_or_model_is_dropped(
    page: ReviewPage, session: Session, add_second_model: AddModel, qtbot: QtBot
) -> None:
    assert session.project is not None
    other = add_second_model(session.project)
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
    window: MainWindow, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    copy = tmp_path / "unscored"
    shutil.copytree(tiny_project.folder, copy)
    assert session.open_project(copy)
    page = window.page("review")
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: len(session.library.images) > 0 and not page._is_stale)
    empty = page.parts.empty
    assert empty is not None
    asked: list[str] = []
    monkeypatch.setattr(session, "score_images", asked.append)
    qtbot.mouseClick(empty.buttons[0], Qt.MouseButton.LeftButton)
    assert asked == [tiny_project.model.name]


def test_a_leads_to_annotating(
    page: ReviewPage, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    with qtbot.waitSignal(session.images_wanted) as wanted:
        press(page, Key.Key_A)
    assert wanted.args == ["annotate", [image_id]]
    annotate = window.page("annotate")
    assert isinstance(annotate, AnnotatePage)
    assert annotate.queue.ids.tolist() == [image_id]
    dataset = window.page("dataset")
    assert isinstance(dataset, DatasetPage)
    ids = session.library.images.ids[[3, 5]]
    dataset.browser.choose(ids)
    with qtbot.waitSignal(session.images_wanted) as wanted:
        QTest.keyClick(dataset.main_focus(), Key.Key_A)
    assert wanted.args[0] == "annotate"
    assert sorted(wanted.args[1]) == ids.tolist()
