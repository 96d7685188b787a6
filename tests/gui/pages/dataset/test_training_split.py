"""A long-tailed split in the window: looked at, applied, trained from, taken off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.requests import prepare
from inspector.gui.pages.dataset.page import DatasetPage
from inspector.gui.pages.dataset.split_dialog import SplitDialog
from inspector.gui.pages.train.setup_panel import SetupPanel
from inspector.gui.session import Session
from inspector.project.kept_splits import split_in_force
from inspector.project.project import Project
from inspector.project.snapshots import read_snapshot
from inspector.project.splits import make_split, restrict, write_split

from .hand import shown_page

Click = Callable[[QWidget], None]


@pytest.fixture
def click(qtbot: QtBot) -> Click:
    return lambda target: qtbot.mouseClick(target, Qt.MouseButton.LeftButton)


@pytest.fixture
def project(session: Session, tmp_path: Path, tiny_parts: Path, qtbot: QtBot) -> Project:
    """Sample parts of three classes, 6 of each to learn from, open in the window."""
    with Project.create(tmp_path / "project") as made:
        made.import_folder(tiny_parts)
    session.open_project(tmp_path / "project")
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    assert session.project is not None
    return session.project


@pytest.fixture
def page(session: Session, project: Project, qtbot: QtBot) -> Iterator[DatasetPage]:
    with shown_page(session, qtbot) as made:
        yield made


@pytest.fixture
def dialog(page: DatasetPage, qtbot: QtBot) -> SplitDialog:
    """As the action opens it, with its first split drawn."""
    page.actions_table.action("dataset.split").trigger()
    made = page.window().findChild(SplitDialog)
    assert isinstance(made, SplitDialog)
    qtbot.waitUntil(lambda: made.split is not None)
    return made


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[SetupPanel]:
    """What the Train page asks for."""
    made = SetupPanel(session)
    qtbot.addWidget(made)
    made.show()
    yield made


def headings(page: DatasetPage | SplitDialog) -> list[str]:
    model = page.chart.view.list_model
    rows = range(model.rowCount())
    return [str(model.index(row, 0).data()) for row in rows if model.entry(row) is None]


def test_beta_is_read_as_it_is_written(dialog: SplitDialog) -> None:
    beta = dialog.form.beta
    for language in ("de_DE", "en_US"):
        beta.setLocale(QLocale(language))
        beta.setValue(2.5)
        beta.interpretText()
        assert beta.value() == 2.5
        beta.setValue(10)
        assert beta.text() == "10"


def test_looking_at_a_split_changes_nothing(
    page: DatasetPage, dialog: SplitDialog, project: Project, click: Click, qtbot: QtBot
) -> None:
    folder = sorted(project.folder.iterdir())
    assert not page.split.isVisible()
    assert headings(page) == []  # 6 of each are not long-tailed
    click(dialog.form.kind.button_of("step"))
    dialog.form.beta.selectAll()
    qtbot.keyClicks(dialog.form.beta, "6")
    qtbot.keyClick(dialog.form.beta, Qt.Key.Key_Return)  # draws; must not apply what was there
    qtbot.waitUntil(lambda: dialog.split is not None and dialog.split.beta == 6)
    assert dialog.split is not None
    assert sorted(dialog.split.counts.values()) == [1, 1, 6]
    assert headings(dialog) == ["Head: 1 class", "Tail: 2 classes"]
    assert "8 of 18" in dialog.summary.text()
    click(dialog.cancel)
    assert sorted(project.folder.iterdir()) == folder
    assert not list((project.folder / "snapshots").iterdir())
    assert split_in_force(project) == ""
    assert headings(page) == []


def test_an_applied_split_is_trained_from_until_it_is_taken_off(
    page: DatasetPage,
    dialog: SplitDialog,
    panel: SetupPanel,
    session: Session,
    project: Project,
    click: Click,
    qtbot: QtBot,
) -> None:
    assert panel.request.split == ""
    dialog.form.beta.setValue(6)
    qtbot.waitUntil(lambda: dialog.split is not None)
    shown = dialog.split
    click(dialog.apply)
    assert page.split.isVisible()
    assert "β = 6" in page.split.text.text()
    assert headings(page) == ["Head: 1 class", "Tail: 2 classes"]
    assert panel.split.isVisible()

    asked = panel.request
    run = prepare(asked, project)
    assert run.snapshot_id is not None
    trained = read_snapshot(project.snapshot_file(run.snapshot_id))
    full = project.take_snapshot()
    assert trained.digest == restrict(full, make_split(full, "exp", 6, 0)).digest
    assert shown == make_split(full, "exp", 6, 0)

    click(panel.split.off)
    assert not page.split.isVisible()
    assert headings(page) == []
    assert panel.request.split == ""
    again = prepare(asked, project)  # one that waited keeps what it was asked for with
    assert again.snapshot_id is not None
    assert read_snapshot(project.snapshot_file(again.snapshot_id)).digest == trained.digest
    session.notices.history[-1].actions[0].run()
    assert session.split.split == shown
    assert page.split.isVisible()


def test_a_split_file_is_saved_and_loaded(
    dialog: SplitDialog,
    project: Project,
    tmp_path: Path,
    click: Click,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file.with_suffix("")), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    first = dialog.split
    click(dialog.save)
    dialog.form.seed.setValue(5)
    qtbot.waitUntil(lambda: dialog.split is not None and dialog.split.seed == 5)
    click(dialog.load)
    qtbot.waitUntil(lambda: dialog.split == first)
    assert dialog.form.value.seed == 0

    assert first is not None
    name = next(iter(first.images))
    others = [f"{n:064d}" for n in range(first.counts[name])]
    write_split(file, msgspec.structs.replace(first, images={**first.images, name: others}))
    click(dialog.load)
    qtbot.waitUntil(dialog.error.isVisible)
    assert "lacks" in dialog.error.text()
    assert not dialog.apply.isEnabled()


def test_a_split_that_does_not_fit_any_more_is_said(
    page: DatasetPage,
    dialog: SplitDialog,
    panel: SetupPanel,
    session: Session,
    project: Project,
    tmp_path: Path,
    click: Click,
    qtbot: QtBot,
) -> None:
    click(dialog.apply)
    qtbot.waitUntil(panel.start.isEnabled)
    folder = tmp_path / "more/widget/train/good"
    folder.mkdir(parents=True)
    Image.new("RGB", (16, 16), "red").save(folder / "0.png")
    project.import_folder(tmp_path / "more")
    session.library.reload_images()
    qtbot.waitUntil(lambda: bool(session.split.problem))
    assert "widget" in page.split.problem.text()
    assert not panel.start.isEnabled()
    assert "Take it off" in panel.reason.text()
    click(page.split.off)
    qtbot.waitUntil(panel.start.isEnabled)
