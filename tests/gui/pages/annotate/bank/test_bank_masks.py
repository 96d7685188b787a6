"""The bank's masks: their states and warnings, muting and removing them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui.library import Scores
from inspector.gui.pages.annotate.bank.facts import State
from inspector.gui.pages.annotate.bank.mask_list import MaskRow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.jobs.bank_file import read_muted
from inspector.jobs.parameters import AlignmentParameters, CommonParameters
from inspector.jobs.spec import JOB_FILE, TrainJob
from inspector.project.project import Project

from .hand import choose, click_point, enter, muted_on_disk, rows, tile
from .painted import Painted, mask

Key, Button = Qt.Key, Qt.MouseButton
CONTROL = Qt.KeyboardModifier.ControlModifier
Open = Callable[[], AnnotatePage]


def test_masks_stand_under_their_types_with_state_and_painter(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    shown = rows(room)
    assert {row.mask.annotation.annotation_id for row in shown} == set(painted.ids)
    by_id = {row.mask.annotation.annotation_id: row for row in shown}
    states = [by_id[number].mask.state for number in painted.ids]
    assert states == [State.LEARNED, State.LEARNED, State.WAITING, State.WAITING]
    assert by_id[painted.ids[0]].mark.word == "In the bank"
    assert by_id[painted.ids[0]].patches == "4 patches"
    assert by_id[painted.ids[2]].mark.word == "Not learned yet"
    assert by_id[painted.ids[0]].painted.startswith("Ada · 20")
    assert by_id[painted.ids[0]].painted.endswith(" · brush")
    headings = [row.text for row in room.view.masks.rows.rows if not isinstance(row, MaskRow)]
    assert headings == ["scratch · 3 masks", "stain · 1 mask"]
    assert "6 patches in the bank" in room.view.summary.text()


def test_what_was_learned_at_once_is_shown(
    painted: Painted,
    learned_at_once: None,
    opened: Open,
    qtbot: QtBot,
) -> None:
    page = opened()
    room = enter(page, qtbot)
    (row,) = [one for one in rows(room) if one.mask.annotation.annotation_id == painted.ids[3]]
    assert row.mask.state is State.AT_ONCE
    click_point(room, "fresh", 0)
    assert room.view.masks.current == row.mask


def test_a_mask_that_was_muted_at_the_training_is_told_from_one_that_waits(
    folder: Path, painted: Painted, opened: Open, qtbot: QtBot
) -> None:
    job = TrainJob(
        method="dmad",
        preset="quick",
        snapshot="s",
        cache="c",
        common=CommonParameters(backbone="lite0"),
        alignment=AlignmentParameters(),
        method_parameters={},
        muted=((painted.ids[2], 1, 1),),
    )
    with Project.open(folder) as project:
        run = project.find_run(project.find_model().run_id).folder
    (run / JOB_FILE).write_bytes(msgspec.json.encode(job))
    room = enter(opened(), qtbot)
    states = {row.mask.annotation.annotation_id: row.mask.state for row in rows(room)}
    assert states[painted.ids[2]] is State.LEFT_OUT
    assert states[painted.ids[3]] is State.WAITING


def test_muting_by_key_takes_all_of_a_mask_and_can_be_undone(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    room.view.masks.setFocus()
    QTest.keyClick(room.view.masks, Key.Key_M)
    first = painted.ids[0]
    every = {(first, r, c) for r in (2, 3) for c in (2, 3)}
    assert muted_on_disk(page) == every
    assert rows(room)[0].mark.word == "Muted"
    assert "2 patches in the bank" in room.view.summary.text()
    assert room.view.mute.text() == "Unmute"
    assert "brush · Muted\n" in room.view.card.text.text()
    assert room.view.undo.isVisible()
    QTest.keyClick(room.view.masks, Key.Key_Z, CONTROL)
    assert muted_on_disk(page) == frozenset()
    assert rows(room)[0].mark.word == "In the bank"
    assert not room.view.undo.isVisible()
    QTest.keyClick(room.view.masks, Key.Key_M)
    QTest.keyClick(room.view.masks, Key.Key_M)  # muted already: lets them in again
    assert muted_on_disk(page) == frozenset()


def test_only_the_chosen_patches_are_muted(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    canvas = room.view.tiles.viewport()
    QTest.mouseClick(canvas, Button.LeftButton, pos=tile(room, 1))
    QTest.mouseClick(canvas, Button.LeftButton, CONTROL, tile(room, 3))
    QTest.mouseClick(room.view.mute, Button.LeftButton)
    assert muted_on_disk(page) == {(painted.ids[0], 2, 3), (painted.ids[0], 3, 3)}
    assert rows(room)[0].mark.word == "In the bank · 2 of 4 muted"
    assert len(room.view.tiles.chosen_patches) == 2  # the choice stays
    assert "Muted 2" in room.view.legend.accessibleName()
    with Project.open(page.session.project.folder) as other:  # type: ignore[union-attr]
        assert len(read_muted(other.find_model().folder)) == 2


def test_removing_erases_the_mask_mutes_it_and_can_be_undone(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room, project = enter(page, qtbot), page.session.project
    assert project is not None
    image = painted.images[0]
    before = project.working_masks(image)[painted.types[0]]
    choose(room, 0)
    QTest.keyClick(room.view.masks, Key.Key_Delete)
    assert project.working_masks(image) == {}
    assert len(muted_on_disk(page)) == 4
    assert image not in page.painting.annotated
    qtbot.waitUntil(lambda: rows(room)[0].mask.state is State.ERASED)
    # What is painted meanwhile in its place is not lost by undoing.
    more = mask(0, 0, 4, 4)
    project.set_mask(image, painted.types[0], more, "brush", "Bob")
    QTest.keyClick(room.view.masks, Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(project.working_masks(image)[painted.types[0]], before | more)
    assert muted_on_disk(page) == frozenset()
    assert image in page.painting.annotated
    qtbot.waitUntil(lambda: rows(room)[0].mask.state is State.CHANGED)
    assert rows(room)[0].mask.newest == 3
    assert "version 3" in rows(room)[0].tip


def test_scores_from_before_muting_are_called_stale_until_they_are_made_anew(
    page: AnnotatePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, project = page.session, page.session.project
    assert project is not None
    assert session.scale.model is not None
    run = project.new_run("score", "dmad", b"{}", None)
    (run.folder / JOB_FILE).write_text("{}")
    count = len(session.library.images)
    numbers = np.full(count, run.run_id)
    session.library.scores = Scores(np.ones(count), run_ids=numbers, map_rows=numbers)
    session.library.scores_model_id = session.scale.model.model_id
    room = enter(page, qtbot)
    assert not room.view.stale.isVisible()
    QTest.keyClick(room.view.masks, Key.Key_M)
    assert room.view.stale.isVisible()
    wanted: list[bool] = []
    monkeypatch.setattr(session.learning, "learn", lambda *, anyway: wanted.append(anyway))
    QTest.mouseClick(room.view.stale.button, Button.LeftButton)
    assert wanted == [True]
    later = project.new_run("score", "dmad", b"{}", None)
    (later.folder / JOB_FILE).write_text("{}")
    session.library.scores.run_ids[:] = later.run_id
    session.library.scores_changed.emit()
    assert not room.view.stale.isVisible()


def test_warnings_name_the_mask_and_lead_to_it(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    assert room.view.tabs.tabText(1) == "Warnings (2)"
    room.view.tabs.setCurrentIndex(1)
    said = [one.text() for one in room.view.warnings.findChildren(QLabel)]
    assert any(
        text.startswith("2 of 2 patches are nearly the same as normal ones") for text in said
    )
    assert any("0.06 of a patch and meets the middle of none" in text for text in said)
    warned = [row.mask.annotation.annotation_id for row in rows(room) if row.warns]
    assert warned == [painted.ids[1], painted.ids[2]]
    go = room.view.warnings.buttons[1]
    assert isinstance(go, QWidget)
    QTest.mouseClick(go, Button.LeftButton)
    assert not page.bank.is_on
    qtbot.waitUntil(lambda: page.painting.image_id == painted.images[2])
    assert page.painting.type_id == painted.types[0]


def test_the_chosen_mask_is_gone_to_by_key(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    choose(room, 3)
    QTest.keyClick(room.view.masks, Key.Key_Return)
    qtbot.waitUntil(lambda: page.painting.image_id == painted.images[3])
    assert page.painting.type_id == painted.types[1]


def test_coverage_counts_what_is_in_the_bank_and_names_classes_without(
    page: AnnotatePage, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    said = [one.text() for one in room.view.coverage.findChildren(QLabel)]
    assert any(text.startswith("3 masks on 3 images, 6 patches in the bank.") for text in said)
    assert any(text.startswith("1 mask on 1 image, 0 patches in the bank.") for text in said)
    QTest.keyClick(room.view.masks, Key.Key_M)
    said = [one.text() for one in room.view.coverage.findChildren(QLabel)]
    assert any(text.startswith("3 masks on 3 images, 2 patches in the bank.") for text in said)
