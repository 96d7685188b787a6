"""The import dialog: shows first, writes on Import only, and leaves nothing behind on Cancel."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.gui.pages.dataset.import_dialog import ImportDialog
from inspector.gui.pages.dataset.import_plan import (
    ImportPlan,
    carry_out,
    carry_out_anew,
    preview_folder,
)
from inspector.gui.pages.dataset.refresh_dialog import RefreshDialog
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.project.project import Project


@pytest.fixture
def own_session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    made = Session(Preferences(tmp_path / "preferences.ini"))
    yield made
    made.close_project()
    made.background.wait()


@pytest.fixture
def parts(tiny_parts: Path, tmp_path: Path) -> Path:
    """A copy of the sample parts with one file that is no image."""
    folder = tmp_path / "parts"
    shutil.copytree(tiny_parts, folder)
    (folder / "notes.txt").write_text("hello")
    return folder


def open_dialog(session: Session, folder: Path, qtbot: QtBot, place: Path) -> ImportDialog:
    dialog = ImportDialog(session, folder)
    dialog.place.setText(str(place))
    dialog.open()
    qtbot.waitUntil(lambda: dialog._pages.currentWidget() is dialog._showing)
    return dialog


def texts(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_the_preview_says_what_was_recognised_and_writes_nothing(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    place = tmp_path / "project"
    dialog = open_dialog(own_session, parts, qtbot, place)
    assert "3 classes" in dialog.preview.description.text()
    assert dialog.preview.classes.topLevelItemCount() == 3
    assert dialog.preview.problems.title.text() == "1 problem"
    item = dialog.preview.problems.tree.topLevelItem(0)
    assert item is not None
    assert item.text(0) == "notes.txt"
    assert dialog.import_button.text() == "Import 30 images"
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert not place.exists()
    assert own_session.project is None


def test_import_makes_the_project_and_opens_it(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = open_dialog(own_session, parts, qtbot, tmp_path / "deep" / "project")
    qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: own_session.project is not None)
    assert "30 images imported" in texts(dialog)
    qtbot.waitUntil(lambda: len(own_session.library.images) == 30)
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def test_import_into_the_open_project_brings_the_library_up_to_date(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    own_session.create_project(tmp_path / "project")
    dialog = open_dialog(own_session, parts, qtbot, tmp_path / "unused")
    assert not dialog.place.isVisible()
    dialog.start()
    qtbot.waitUntil(lambda: len(own_session.library.images) == 30)
    assert not (tmp_path / "unused").exists()


def test_another_layout_is_tried_and_refused_with_its_reason(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = open_dialog(own_session, parts, qtbot, tmp_path / "project")
    dialog.layouts.setCurrentIndex(dialog.layouts.findText("VisA"))
    assert not dialog.import_button.isEnabled()
    qtbot.waitUntil(dialog.error.isVisible)
    assert "layout" in dialog.error.text()
    assert not dialog.import_button.isEnabled()
    dialog.layouts.setCurrentIndex(0)
    qtbot.waitUntil(dialog.import_button.isEnabled)
    assert not dialog.error.isVisible()


def test_unknown_images_become_good_and_get_a_class(
    own_session: Session, tiny_parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    for number, image in enumerate(sorted(tiny_parts.rglob("train/good/*.png"))[:4]):
        shutil.copy(image, folder / f"{number}.png")
    dialog = open_dialog(own_session, folder, qtbot, tmp_path / "project")
    assert dialog.class_name.isVisible()
    assert dialog.class_name.text() == "camera"
    dialog.class_name.setText("cap")
    row = dialog.preview.classes.topLevelItem(0)
    assert row is not None
    assert row.text(0) == "cap"
    dialog.assume_good.click()
    dialog.start()
    qtbot.waitUntil(lambda: len(own_session.library.images) == 4)
    records = [image.record for image in own_session.library.images.images]
    assert {(r.class_name, r.truth) for r in records} == {("cap", Truth.GOOD)}


def test_a_folder_without_images_says_so(
    own_session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    dialog = open_dialog(own_session, tmp_path / "empty", qtbot, tmp_path / "project")
    assert "no image" in dialog.error.text()
    assert not dialog.import_button.isVisible()


def test_an_occupied_place_is_refused_and_can_be_changed(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "letter.txt").write_text("dear")
    dialog = open_dialog(own_session, parts, qtbot, taken)
    dialog.start()
    qtbot.waitUntil(dialog.error.isVisible)
    assert (taken / "letter.txt").read_text() == "dear"
    dialog.place.setText(str(tmp_path / "project"))
    dialog.start()
    qtbot.waitUntil(lambda: own_session.project is not None)


def test_cancelling_leaves_no_project_behind(parts: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    place = tmp_path / "project"
    told = []

    def progress(number: int, done: int, total: int) -> None:
        told.append((number, done, total))
        stop.set()

    assert carry_out_anew(place, ImportPlan(parts), stop, progress) is None
    assert told[0][2] == 30
    assert not place.exists()
    place.mkdir()
    assert carry_out_anew(place, ImportPlan(parts), stop, progress) is None
    assert list(place.iterdir()) == []


def test_cancelling_leaves_an_existing_project_as_it_was(parts: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with Project.create(tmp_path / "project") as project:
        done = carry_out(project.reopened, [ImportPlan(parts)], stop, lambda *_: stop.set())
        assert done is None
        assert project.images() == ()
        assert project.sources() == ()


def test_a_failed_import_leaves_no_project_behind(parts: Path, tmp_path: Path) -> None:
    gone = ImportPlan(tmp_path / "gone")
    with pytest.raises(InspectorError):
        carry_out_anew(tmp_path / "project", gone, threading.Event(), lambda *_: None)
    assert not (tmp_path / "project").exists()


def test_looking_for_changes_finds_new_and_vanished_files(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    own_session.create_project(tmp_path / "project")
    assert own_session.project is not None
    own_session.project.import_folder(parts)
    first, second = sorted(parts.rglob("train/good/*.png"))[:2]
    shutil.copy(second, first.with_name("zz.png"))
    first.unlink()
    dialog = RefreshDialog(own_session)
    dialog.open()
    qtbot.waitUntil(lambda: "images imported" in texts(dialog))
    assert "1 new" in texts(dialog)
    assert "problem" in texts(dialog)
    qtbot.waitUntil(lambda: len(own_session.library.images) == 31)


def test_duplicates_in_two_splits_are_a_warning(
    own_session: Session, parts: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    trained = sorted(parts.rglob("train/good/*.png"))[0]
    shutil.copy(trained, trained.parents[2] / "test" / "good" / "same.png")
    dialog = open_dialog(own_session, parts, qtbot, tmp_path / "project")
    dialog.start()
    qtbot.waitUntil(lambda: "more than one split" in texts(dialog))


def test_samples_come_from_all_classes_and_both_truths(tiny_parts: Path) -> None:
    preview = preview_folder(tiny_parts, None)
    assert {sample.class_name for sample in preview.samples} == {
        row.class_name for row in preview.rows
    }
    assert {sample.truth for sample in preview.samples} == {Truth.GOOD, Truth.DEFECTIVE}
    assert sum(row.total for row in preview.rows) == len(preview.recognised.samples)
