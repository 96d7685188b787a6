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
from inspector.gui.pages.review.comparisons import NOT_SCORED, NOTHING, Comparison, _Finder
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.project.columns import TRUTHS
from inspector.project.results import DESCRIPTORS_FILE
from inspector.project.verdicts import Trace, Verdict

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
    rng = np.random.default_rng(0)
    descriptors = rng.standard_normal((len(images), 5)).astype(np.float16)
    places = {run: rng.permutation(len(images)) for run in (1, 2)}  # each run has its own order
    map_rows = np.where(run_ids == 1, places[1], places[2])
    scores = replace(session.library.scores, run_ids=run_ids, map_rows=map_rows)
    folders = {run: tmp_path / str(run) for run in (1, 2)}
    for run, folder in folders.items():
        folder.mkdir()
        stored = np.zeros_like(descriptors)
        stored[places[run]] = descriptors
        np.save(folder / DESCRIPTORS_FILE, stored)
    units = descriptors.astype(float)
    units /= np.linalg.norm(units, axis=1, keepdims=True)

    def nearest(row: int, among: NDArray[np.bool_]) -> int:
        cosines = np.where(among & (rows != row), units @ units[row], -2)
        return int(images.ids[cosines.argmax()])

    tested = np.flatnonzero(images.is_test)
    finder = _Finder(images, scores, folders, is_good)
    found = [finder.find(int(images.ids[row])).image_id for row in tested]
    assert found == [nearest(row, is_good) for row in tested]

    only_tested = _Finder(images, scores, {2: folders[2]}, is_good)  # `inspector demo`
    found = [only_tested.find(int(images.ids[row])).image_id for row in tested]
    assert found == [nearest(row, is_good & images.is_test) for row in tested]
    assert only_tested.find(int(images.ids[images.is_training][0])) is NOT_SCORED
    assert _Finder(images, scores, folders, is_good & False).find(int(images.ids[0])) is NOTHING

    np.save(folders[2] / DESCRIPTORS_FILE, descriptors[:1])  # of other scores
    (last,) = tested[map_rows[tested] > 0][-1:]
    assert _Finder(images, scores, folders, is_good).find(int(images.ids[last])) is NOT_SCORED


def test_what_is_judged_ng_or_painted_on_is_not_compared_with(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    comparisons = page.stage.comparisons

    def compared_with() -> int:
        qtbot.waitUntil(lambda: comparisons.get(image_id) is not None)
        found = comparisons.get(image_id)
        assert found is not None and found.image_id is not None
        return found.image_id

    first = compared_with()
    assert session.project is not None
    session.project.add_verdict(first, Verdict.NG, "Ada", Trace())
    session.library.reload_verdicts([first])
    second = compared_with()
    assert second != first
    record = next(i.record for i in session.project.images() if i.image_id == second)
    mask = np.zeros((record.height or 0, record.width or 0), np.bool_)
    mask[:9, :9] = True
    kind = session.project.add_defect_type("scratch")
    session.project.set_mask(second, kind.type_id, mask, "brush", "Ada")
    comparisons.clear()
    comparisons.ask([image_id])
    assert compared_with() not in (first, second)


def test_an_image_without_a_score_is_told(page: ReviewPage, qtbot: QtBot) -> None:
    image_id = shown(page, qtbot)
    comparisons = page.stage.comparisons
    for found, said in (
        (NOTHING, "No good image is scored yet"),
        (NOT_SCORED, "This image is not scored yet"),
    ):
        comparisons._known[image_id] = found
        page.stage._show_reference()
        view = page.parts.canvas.reference.view
        assert view.accessibleDescription().startswith(said)
