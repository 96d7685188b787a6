"""What the Review page shows: the image, its heat map on one scale, the nearest normal image."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.samples import Truth
from inspector.gui.pages.review.comparisons import NOTHING, Comparison, _Finder
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.project.columns import TRUTHS
from inspector.project.results import DESCRIPTORS_FILE

from .hand import press, shown

Key = Qt.Key


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
    assert session.library.images.truths[row] == TRUTHS.index(Truth.GOOD)
    qtbot.waitUntil(lambda: page.parts.canvas.reference.view.place is not None)
    press(page, Key.Key_B)
    assert not page.parts.canvas.reference.isVisible()


def test_one_image_is_compared_at_a_time_and_kept(
    page: ReviewPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparisons = page.stage.comparisons
    page.parts.canvas.set_compare(False)
    qtbot.waitUntil(lambda: comparisons._task is None)
    comparisons.clear()
    gate, asked = threading.Event(), list[int]()

    def slow(finder: object, image_id: int) -> Comparison:
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


def test_good_images_of_all_runs_are_compared_with(
    page: ReviewPage, session: Session, tmp_path: Path
) -> None:
    images = session.library.images
    rows = np.arange(len(images))
    is_good = images.truths == TRUTHS.index(Truth.GOOD)
    run_ids = np.where(images.is_training, 1, 2)  # scored all, then evaluated
    scores = replace(session.library.scores, run_ids=run_ids, map_rows=rows)
    descriptors = np.random.default_rng(0).standard_normal((len(images), 5)).astype(np.float16)
    folders = {run: tmp_path / str(run) for run in (1, 2)}
    for folder in folders.values():
        folder.mkdir()
        np.save(folder / DESCRIPTORS_FILE, descriptors)
    units = descriptors.astype(float)
    units /= np.linalg.norm(units, axis=1, keepdims=True)

    def nearest(row: int, among: NDArray[np.bool_]) -> int:
        cosines = np.where(among & (rows != row), units @ units[row], -2)
        return int(images.ids[cosines.argmax()])

    tested = np.flatnonzero(images.is_test)
    finder = _Finder(images, scores, folders)
    found = [finder.find(int(images.ids[row])).image_id for row in tested]
    assert found == [nearest(row, is_good) for row in tested]

    only_tested = _Finder(images, scores, {2: folders[2]})  # `inspector demo`
    found = [only_tested.find(int(images.ids[row])).image_id for row in tested]
    assert found == [nearest(row, is_good & images.is_test) for row in tested]
    assert only_tested.find(int(images.ids[images.is_training][0])) is NOTHING

    np.save(folders[2] / DESCRIPTORS_FILE, descriptors[:1])  # of other scores
    assert _Finder(images, scores, folders).find(int(images.ids[tested[-1]])) is NOTHING
