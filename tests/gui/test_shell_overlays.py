"""Command palette, shortcut sheet and list of jobs: by keys and by clicks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from inspector.gui.actions import ACTIONS
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.session import Session
from inspector.gui.shell.fuzzy import match
from inspector.gui.shell.jobs_popover import JobsPopover
from inspector.gui.shell.overlay import Overlay
from inspector.gui.shell.palette import CommandPalette, EntryModel
from inspector.gui.shell.shortcuts import ShortcutSheet
from inspector.gui.theme import THEMES, apply_theme
from inspector.jobs import events


@pytest.fixture
def project(window: MainWindow, tmp_path: Path) -> MainWindow:
    """The window with an empty project."""
    assert window.session.create_project(tmp_path / "Line 3")
    return window


def find_open(window: MainWindow, kind: type[Overlay]) -> Overlay | None:
    """The visible overlay of a kind."""
    found = [overlay for overlay in window.findChildren(kind) if overlay.isVisible()]
    return found[-1] if found else None


def open_palette(window: MainWindow, qtbot: QtBot) -> CommandPalette:
    """The palette, opened by its keys."""
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = find_open(window, CommandPalette)
    assert isinstance(palette, CommandPalette)
    return palette


def titles(palette: CommandPalette) -> list[str]:
    return [palette.model.index(row).data() for row in range(palette.model.rowCount())]


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("sh", "Keyboard shortcuts", "Switch between light and dark"),
        ("np", "New project…", "Open project…"),
        ("exp csv", "Export data as CSV…", "Export as SVG…"),
        ("quit", "Quit", "Quiet items"),
    ],
)
def test_the_better_match_is_scored_higher(query: str, better: str, worse: str) -> None:
    first, second = match(query, better), match(query, worse)
    assert first is not None
    assert second is None or first[0] > second[0]


def test_letters_in_another_order_do_not_match() -> None:
    assert match("ba", "ab") is None
    assert match("", "anything") is not None
    found = match("as", "Export as CSV")
    assert found is not None
    assert "".join("Export as CSV"[place] for place in found[1]) == "as"


def test_a_few_letters_and_enter_run_a_command(project: MainWindow, qtbot: QtBot) -> None:
    assert project.current_page == "dataset"
    palette = open_palette(project, qtbot)
    assert QApplication.focusWidget() is palette.search
    qtbot.keyClicks(palette.search, "align")
    assert titles(palette)[0] == "Alignment"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert project.current_page == "alignment"
    assert find_open(project, CommandPalette) is None


def test_arrows_move_and_go_round(window: MainWindow, qtbot: QtBot) -> None:
    palette = open_palette(window, qtbot)
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == palette.model.rowCount() - 1


def test_what_can_be_done_comes_first(window: MainWindow, qtbot: QtBot) -> None:
    palette = open_palette(window, qtbot)
    entries = [
        palette.model.index(row).data(EntryModel.EntryRole)
        for row in range(palette.model.rowCount())
    ]
    enabled = [entry.enabled for entry in entries]
    assert enabled == sorted(enabled, reverse=True)
    assert {spec.title for spec in ACTIONS} - {entry.title for entry in entries} == {
        "Find a command…"
    }
    keys = {entry.title: entry.keys for entry in entries}
    assert keys["Open project…"] == "Ctrl+O"


def test_a_command_of_another_page_only_leads_there(project: MainWindow, qtbot: QtBot) -> None:
    done: list[str] = []
    project.registry.bind("models.trash", lambda: done.append("trash"))
    palette = open_palette(project, qtbot)
    qtbot.keyClicks(palette.search, "move to the trash")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert project.current_page == "models"
    assert done == []


def test_a_recent_project_is_opened_by_a_click(
    project: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    project.session.create_project(tmp_path / "Line 4")
    palette = open_palette(project, qtbot)
    qtbot.keyClicks(palette.search, "Open Line 3")
    place = palette.list.visualRect(palette.model.index(0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert project.session.project is not None
    assert project.session.project.folder.name == "Line 3"


def test_shortcuts_rest_while_something_is_typed(project: MainWindow, qtbot: QtBot) -> None:
    pressed: list[str] = []
    project.registry.bind("dataset.clear_filters", lambda: pressed.append("clear"))
    project.registry.bind("dataset.view", lambda: pressed.append("view"))
    palette = open_palette(project, qtbot)
    qtbot.keyClick(palette.search, Qt.Key.Key_G)
    qtbot.keyClick(palette.search, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert pressed == []
    assert project.current_page == "dataset"
    assert find_open(project, CommandPalette) is None
    qtbot.keyClick(project, Qt.Key.Key_Escape)
    assert pressed == ["clear"]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_rows_are_painted_in_the_theme_that_is_shown(
    window: MainWindow, qtbot: QtBot, themed: QApplication, name: str
) -> None:
    apply_theme(themed, THEMES[name], 1.0)
    palette = open_palette(window, qtbot)
    picture = palette.list.grab().toImage()
    chosen = palette.list.visualRect(palette.model.index(0))
    # Between the title and the keys there is nothing but the row's ground.
    colour = picture.pixelColor(chosen.center())
    assert colour.name() == THEMES[name].accent_soft


def test_a_click_beside_the_panel_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    palette = open_palette(window, qtbot)
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.panel.geometry().center())
    assert palette.isVisible()
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not palette.isVisible()


def test_the_sheet_lists_every_action_and_filters(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = find_open(window, ShortcutSheet)
    assert isinstance(sheet, ShortcutSheet)
    rows = [row for group in sheet.groups for row in group.rows]
    assert len(rows) == len(ACTIONS)
    qtbot.keyClicks(sheet.search, "ctrl+z")
    shown = [row.words for row in rows if row.isVisible()]
    assert any(words.startswith("undo verdict") for words in shown)
    assert len(shown) < 4
    qtbot.keyClick(sheet.search, Qt.Key.Key_Escape)
    assert find_open(window, ShortcutSheet) is None


@pytest.mark.parametrize("zoom", [1.0, 1.25])
def test_nothing_in_the_sheet_is_cut_off(
    window: MainWindow, qtbot: QtBot, zoom: float, session: Session
) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply_theme(application, THEMES["light"], zoom)
    window.commands.show_shortcuts()
    sheet = find_open(window, ShortcutSheet)
    assert isinstance(sheet, ShortcutSheet)
    assert window.width() == 1280
    bar = sheet._scroll.horizontalScrollBar()
    assert bar.maximum() == 0
    for text in sheet.findChildren(QLabel):
        if text.isVisible() and not text.wordWrap():
            assert text.width() >= text.fontMetrics().horizontalAdvance(text.text())


def running(kind: str = "train") -> Job:
    """A job in its second stage of six, at 10 steps a second with 20 s left."""

    class Run:
        run_id, folder = 3, Path()

    run = Run()
    run.kind = kind  # type: ignore[attr-defined]
    job = Job(None, "Training: Reverse distillation", run, JobState.RUNNING)  # type: ignore[arg-type]
    job.take(events.Stage(time=0, name="detector", title="Learning", index=2, count=6))
    job.take(events.Progress(time=0, done=0, total=300, unit="steps"))
    job.take(events.Progress(time=10, done=100, total=300, unit="steps"))
    return job


def test_the_list_of_jobs_has_their_buttons(
    project: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, done = project.session.jobs, list[tuple[str, Job]]()
    for name in ("finish_early", "cancel"):
        monkeypatch.setattr(jobs, name, lambda job, name=name: done.append((name, job)))
    first, second = running(), Job(ScoreRequest(model="m"), "Scoring with m")
    jobs.jobs = [first, second]
    jobs.changed.emit()
    status = project.statusBar().job  # type: ignore[attr-defined]
    assert status.isVisible()
    assert "stage 2 of 6" in status.accessibleName()
    assert "20 s left" in status.accessibleName()
    assert status.bar.value() == pytest.approx(333, abs=1)
    qtbot.mouseClick(status, Qt.MouseButton.LeftButton)
    popover = find_open(project, JobsPopover)
    assert isinstance(popover, JobsPopover)
    assert [row.job for row in popover.rows] == [first, second]
    texts = {button.text(): button for button in popover.findChildren(QPushButton)}
    usual = {"Stop early", "Cancel…", "Withdraw"}
    assert {text for text, button in texts.items() if button.isVisible()} == usual
    qtbot.mouseClick(texts["Stop early"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(texts["Cancel…"], Qt.MouseButton.LeftButton)
    assert popover.rows[0].question.isVisible()
    assert done == [("finish_early", first)]  # nothing is discarded unasked
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)  # on "Go on"
    assert not popover.rows[0].question.isVisible() and len(done) == 1
    qtbot.mouseClick(texts["Cancel…"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(popover.rows[0].discard, Qt.MouseButton.LeftButton)
    assert done == [("finish_early", first), ("cancel", first)]
    qtbot.mouseClick(texts["Withdraw"], Qt.MouseButton.LeftButton)
    assert [row.job for row in popover.rows] == [first]
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert find_open(project, JobsPopover) is None
    jobs.jobs = []


def test_the_command_that_cancels_asks_in_the_list_of_jobs(
    project: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, cancelled = project.session.jobs, list[Job]()
    monkeypatch.setattr(jobs, "cancel", cancelled.append)
    jobs.jobs = [running()]
    jobs.changed.emit()
    action = project.registry.action("jobs.cancel")
    assert action.text().endswith("…")
    action.trigger()
    popover = find_open(project, JobsPopover)
    assert isinstance(popover, JobsPopover)
    row = popover.rows[0]
    assert row.question.isVisible() and row.go_on.hasFocus() and cancelled == []
    qtbot.waitUntil(lambda: row.discard.geometry().bottom() < row.height())
    qtbot.mouseClick(row.discard, Qt.MouseButton.LeftButton)
    assert cancelled == [row.job]
    jobs.jobs = []
