"""The bank of the Annotate page under a real mouse and real keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from inspector.core.samples import Truth
from inspector.gui.library import Scores
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.bank.facts import State
from inspector.gui.pages.annotate.bank.mask_list import MaskRow
from inspector.gui.pages.annotate.bank.room import BankRoom
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.session import Session
from inspector.jobs.bank_file import read_muted
from inspector.jobs.fresh_file import FreshBank, FreshMask, encode_fresh, write_fresh
from inspector.jobs.model_card import CARD_FILE, WEIGHTS_FILE, ModelCard
from inspector.jobs.parameters import AlignmentParameters, CommonParameters
from inspector.jobs.spec import JOB_FILE, TrainJob
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunState

Key, Button = Qt.Key, Qt.MouseButton
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
SIZE, GRID, WIDTH = 64, 8, 6


class Painted:
    """The images on which something is painted, and the annotations that came of it."""

    def __init__(self, project: Project) -> None:
        images = [one for one in project.images() if one.record.truth is Truth.DEFECTIVE]
        self.images = [one.image_id for one in images[:4]]
        self.normal = next(one.image_id for one in project.images() if one.record.split == "train")
        scratch, stain = (project.add_defect_type(name) for name in ("scratch", "stain"))
        self.types = (scratch.type_id, stain.type_id)
        boxes = [(16, 16, 16, 16), (32, 8, 8, 16), (8, 8, 2, 2), (40, 40, 8, 8)]
        types = (self.types[0], self.types[0], self.types[0], self.types[1])
        self.ids = []
        for image, type_id, box in zip(self.images, types, boxes, strict=True):
            made = project.add_annotation(image, type_id, mask(*box), "Ada", "brush")
            assert made is not None
            self.ids.append(made.annotation_id)


def mask(top: int, left: int, height: int, width: int) -> NDArray[np.bool_]:
    made = np.zeros((SIZE, SIZE), np.bool_)
    made[top : top + height, left : left + width] = True
    return made


@pytest.fixture
def folder(tmp_path: Path, tiny_parts: Path) -> Path:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(tiny_parts)
    return tmp_path / "project"


def tensors(painted: Painted, *, learned: bool = True) -> dict[str, NDArray[np.generic]]:
    """Normal entries on a line, one apart; the first mask far from them, the second among them;
    the third in no bank; the fourth learned at once."""
    normal = np.zeros((12, WIDTH), np.float16)
    normal[:, 0] = np.arange(12)
    outliers = np.full((5, WIDTH), 9, np.float16)
    outliers[:, 1] += np.arange(5)
    far = np.zeros((4, WIDTH), np.float16)
    far[:, 2] = 5 + np.arange(4)
    near = np.zeros((2, WIDTH), np.float16)
    near[:, 0] = [3.25, 4.25]
    first, second = painted.ids[:2]
    sources = [[painted.images[0], r, c, first] for r in (2, 3) for c in (2, 3)]
    sources += [[painted.images[1], 4, c, second] for c in (1, 2)]
    annotated = np.concatenate([far, near]), np.array(sources, np.int32)
    if not learned:
        annotated = np.zeros((0, WIDTH), np.float16), np.zeros((0, 4), np.int32)
    places = np.array([[painted.normal, 1, c % GRID, -1] for c in range(12)], np.int32)
    banks = {
        "normal": (normal, places),
        "outliers": (outliers, places[:5]),
        "annotated": annotated,
        "pseudo": (far[:2] + np.float16(0.5), np.array([[painted.images[0], -1, -1, first]] * 2)),
        "fresh": (far[:0], places[:0]),
    }
    found: dict[str, NDArray[np.generic]] = {}
    for name, (features, source) in banks.items():
        found[f"detector.{name}.features"] = features
        found[f"detector.{name}.sources"] = source.astype(np.int32)
    return found


def card(method: str) -> ModelCard:
    return ModelCard(
        method=method,
        preset="quick",
        backbone="lite0",
        backbone_sha256="",
        image_size=SIZE,
        score_percent=1.0,
        alignments=["none"],
        default_alignment="none",
        alignment_statistics="",
        thresholds={},
        class_names=[],
        training_images={},
        windows={},
        parameters={},
        snapshot_id=1,
        snapshot_digest="abc",
        seed=0,
        device="CPU",
        precision="float32",
        steps={"detector": 5},
        created="2026-01-02T03:04:05+00:00",
        versions={},
        notes=[],
    )


def add_model(project: Project, method: str, content: dict[str, NDArray[np.generic]]) -> ModelRow:
    run = project.new_run("train", method, b"{}", None)
    made = run.folder / "model"
    made.mkdir()
    save_file(content, made / WEIGHTS_FILE)
    (made / CARD_FILE).write_bytes(msgspec.json.encode(card(method)))
    model = project.add_model(run.run_id, made)
    project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)
    return model


@pytest.fixture
def painted(folder: Path) -> Painted:
    """Four masks and a model that learned from the first two."""
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made))
    return made


@pytest.fixture
def learned_at_once(folder: Path, painted: Painted) -> None:
    with Project.open(folder) as project:
        model = project.find_model().folder
    features = np.full((1, WIDTH), -4, np.float16)
    sources = np.array([[painted.images[3], 5, 5, painted.ids[3]]], np.int32)
    known = FreshMask(painted.ids[3], painted.images[3], "", "", "stain")
    write_fresh(model, encode_fresh(FreshBank(features, sources, (known,), "")))


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
def opened(
    window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> Callable[[], AnnotatePage]:
    """Opens the project on the Annotate page, once it is as the test wants it."""

    def run() -> AnnotatePage:
        assert session.open_project(folder)
        page = window.page("annotate")
        assert isinstance(page, AnnotatePage)
        qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
        return page

    return run


@pytest.fixture
def page(painted: Painted, opened: Callable[[], AnnotatePage]) -> AnnotatePage:
    return opened()


def enter(page: AnnotatePage, qtbot: QtBot) -> BankRoom:
    """Shows the bank by its key, and waits until it and its map are there."""
    QTest.keyClick(page.parts.view, Key.Key_B, SHIFT)
    room = page.bank.room
    assert room is not None
    qtbot.waitUntil(lambda: room.view.empty is None)
    qtbot.waitUntil(lambda: room.view.map.points is not None, timeout=30_000)  # imports sklearn
    return room


def rows(room: BankRoom) -> list[MaskRow]:
    return [row for row in room.view.masks.rows.rows if isinstance(row, MaskRow)]


def choose(room: BankRoom, number: int) -> None:
    """Clicks the mask in its place among the masks."""
    model = room.view.masks.rows
    place = [i for i, row in enumerate(model.rows) if isinstance(row, MaskRow)][number]
    box = room.view.masks.visualRect(model.index(place))
    QTest.mouseClick(room.view.masks.viewport(), Button.LeftButton, pos=box.center())


def tile(room: BankRoom, number: int) -> QPoint:
    view = room.view.tiles
    return view.visualRect(view.rows.index(number)).center()


def point(room: BankRoom, bank: str, row: int) -> QPoint:
    """Where an entry lies on the map."""
    found = room.view.map.points
    assert found is not None
    return room.view.map.to_view(found.find(bank, row)).toPoint()


def click_point(room: BankRoom, bank: str, row: int) -> None:
    canvas = room.view.map.plot.viewport()
    at = point(room, bank, row)
    QTest.mouseMove(canvas, at)
    QTest.mouseClick(canvas, Button.LeftButton, pos=at)


def muted_on_disk(page: AnnotatePage) -> frozenset[tuple[int, int, int]]:
    model = page.session.scale.model
    assert model is not None
    return read_muted(model.folder)


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


def test_the_key_the_switch_and_escape_lead_in_and_out(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    assert page.parts.modes.currentWidget() is room.view
    assert room.view.masks.hasFocus()
    assert page.actions_table.action("annotate.bank").isChecked()
    assert not page.actions_table.action("annotate.brush").isEnabled()
    QTest.keyClick(room.view.masks, Key.Key_Escape)
    assert page.parts.modes.currentIndex() == 0
    assert page.parts.view.hasFocus()
    assert page.actions_table.action("annotate.brush").isEnabled()
    assert not page.actions_table.action("annotate.mute").isEnabled()
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current)
    QTest.mouseClick(page.bank.switch.button_of("bank"), Button.LeftButton)
    assert page.bank.is_on
    QTest.mouseClick(room.view.switch.button_of("paint"), Button.LeftButton)
    assert not page.bank.is_on
    assert page.bank.switch.value == "paint"


def test_another_page_and_back_leaves_the_bank_open(
    page: AnnotatePage, window: MainWindow, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    window.show_page("dataset")
    assert not page.actions_table.action("annotate.mute").isEnabled()
    window.show_page("annotate")
    assert page.actions_table.action("annotate.mute").isEnabled()
    assert not page.actions_table.action("annotate.brush").isEnabled()
    assert room.view.masks.hasFocus()


def test_a_click_on_the_map_chooses_the_patch_in_list_tiles_and_card(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    choose(room, 2)
    click_point(room, "annotated", 5)
    mask_now = room.view.masks.current
    assert mask_now is not None
    assert mask_now.annotation.annotation_id == painted.ids[1]
    assert [patch.place for patch in room.view.tiles.chosen_patches] == [(painted.ids[1], 4, 2)]
    shown = room.view.card.shown
    assert shown is not None
    assert shown.pictures[0] == ("Painted", (painted.images[1], 4, 2))
    assert shown.pictures[1] == ("Nearest normal", (painted.normal, 1, 4))
    assert "0.25 ×" in shown.lines[0]
    found = room.view.map.points
    assert found is not None
    assert room.view.map.current == found.find("annotated", 5)


def test_a_click_on_a_normal_point_shows_its_patch(
    page: AnnotatePage, painted: Painted, qtbot: QtBot
) -> None:
    room = enter(page, qtbot)
    click_point(room, "normal", 11)
    shown = room.view.card.shown
    assert shown is not None
    assert shown.title == "Normal"
    assert shown.pictures == (("Normal", (painted.normal, 1, 3)),)
    assert room.view.card.frames[0].isVisible()
    click_point(room, "outliers", 4)
    assert room.view.card.shown is not None
    assert room.view.card.shown.title == "Outlier"


def test_what_lies_under_the_mouse_is_said(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    canvas = room.view.map.plot.viewport()

    def is_said() -> bool:
        # The plot looks at a moving mouse a hundred times a second at most.
        QTest.mouseMove(canvas, QPoint(1, 1))
        QTest.qWait(20)
        QTest.mouseMove(canvas, point(room, "annotated", 0))
        return room.view.map.readout.isVisible()

    qtbot.waitUntil(is_said)
    assert room.view.map.readout.text().startswith("Painted\n")


def test_arrow_keys_go_from_point_to_point(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    click_point(room, "normal", 6)
    before = room.view.map.current
    places = room.view.map.points.places  # type: ignore[union-attr]
    plot = room.view.map.plot
    plot.setFocus()
    moved = []
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Up, Key.Key_Down):
        QTest.keyClick(plot, key)
        moved.append(room.view.map.current)
    assert len({before, *moved}) > 1
    assert all(np.isfinite(places[at]).all() for at in moved)


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


def test_what_was_learned_at_once_is_shown(
    painted: Painted,
    learned_at_once: None,
    opened: Callable[[], AnnotatePage],
    qtbot: QtBot,
) -> None:
    page = opened()
    room = enter(page, qtbot)
    (row,) = [one for one in rows(room) if one.mask.annotation.annotation_id == painted.ids[3]]
    assert row.mask.state is State.AT_ONCE
    click_point(room, "fresh", 0)
    assert room.view.masks.current == row.mask


def test_a_mask_that_was_muted_at_the_training_is_told_from_one_that_waits(
    folder: Path, painted: Painted, opened: Callable[[], AnnotatePage], qtbot: QtBot
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


def test_t_sne_is_laid_out_when_asked_for_and_pca_is_kept(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    first = room.view.map.points
    QTest.mouseClick(room.view.method.button_of("tsne"), Button.LeftButton)
    qtbot.waitUntil(lambda: room.view.map.points not in (None, first), timeout=30_000)
    QTest.mouseClick(room.view.method.button_of("pca"), Button.LeftButton)
    assert room.view.map.points is first


def test_leaving_gives_up_what_is_under_way(page: AnnotatePage, qtbot: QtBot) -> None:
    room = enter(page, qtbot)
    before = room.view.map.points
    QTest.mouseClick(room.view.method.button_of("tsne"), Button.LeftButton)
    QTest.keyClick(room.view.masks, Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.session.background._alive, timeout=30_000)
    assert room.view.map.points is not before
    assert room._maps.keys() == {"pca"}


# Where there is no bank.


def no_bank(page: AnnotatePage, qtbot: QtBot) -> BankRoom:
    QTest.keyClick(page.parts.view, Key.Key_B, SHIFT)
    room = page.bank.room
    assert room is not None
    qtbot.waitUntil(lambda: room.view.empty is not None and _said(room) != "Reading the bank…")
    return room


def _said(room: BankRoom) -> str:
    assert room.view.empty is not None
    return room.view.empty._title.text()


def test_without_a_model_it_says_how_to_get_one(
    opened: Callable[[], AnnotatePage], session: Session, qtbot: QtBot
) -> None:
    room = no_bank(opened(), qtbot)
    assert _said(room) == "No bank yet"
    assert room.view.empty is not None
    with qtbot.waitSignal(session.page_wanted) as wanted:
        QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert wanted.args == ["train"]


def test_a_model_without_a_bank_offers_one_that_has_it(
    folder: Path, painted: Painted, opened: Callable[[], AnnotatePage], qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        other = add_model(project, "revdist", {"x": np.zeros(1, np.float32)})
        project.set_setting("active_model", other.model_id)
    page = opened()
    room = no_bank(page, qtbot)
    assert room.view.empty is not None
    QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert page.session.scale.model is not None
    assert page.session.scale.model.method == "dmad"
    qtbot.waitUntil(lambda: room.view.empty is None)


def test_where_nothing_is_painted_it_leads_to_painting(
    folder: Path, opened: Callable[[], AnnotatePage], qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made, learned=False))
        for image, type_id in zip(made.images, [made.types[0]] * 3 + [made.types[1]], strict=True):
            project.set_mask(image, type_id, mask(0, 0, 0, 0), "clear", "Ada")
    page = opened()
    room = no_bank(page, qtbot)
    assert _said(room) == "Nothing is painted yet"
    assert room.view.empty is not None
    QTest.mouseClick(room.view.empty.buttons[0], Button.LeftButton)
    assert not page.bank.is_on


def test_a_model_from_before_the_painting_is_shown_with_a_word(
    folder: Path, opened: Callable[[], AnnotatePage], qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        made = Painted(project)
        add_model(project, "dmad", tensors(made, learned=False))
    room = enter(opened(), qtbot)
    assert {row.mask.state for row in rows(room)} == {State.WAITING}
    assert room.view.untaught.isVisible()
    assert "before anything was painted" in room.view.untaught.text.text()


def test_damaged_weights_are_said_in_the_view(
    folder: Path, painted: Painted, opened: Callable[[], AnnotatePage], qtbot: QtBot
) -> None:
    with Project.open(folder) as project:
        (project.find_model().folder / WEIGHTS_FILE).write_bytes(b"no weights")
    room = no_bank(opened(), qtbot)
    assert _said(room) == "The bank cannot be shown"


def test_nothing_is_cut_off_at_125_percent(
    page: AnnotatePage, qtbot: QtBot, qapp: QApplication
) -> None:
    from inspector.gui.theme import THEMES, apply_theme

    apply_theme(qapp, THEMES["light"], 1.25)
    room = enter(page, qtbot)
    view = room.view
    assert view.window().width() <= 1280
    for made in (view.mute, view.remove, view.go, view.undo, view.switch, view.method):
        assert made.width() >= made.minimumSizeHint().width()
    assert view.map.height() > 200
