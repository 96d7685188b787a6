"""The table of actions is sound, and each of them is enabled when it can be done."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from inspector.core.resources import resource_path
from inspector.gui.actions import ACTIONS, ANY_PART, ActionSpec
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.registry import PAGES

SHELL = [spec for spec in ACTIONS if not spec.page]
PAGE_NAMES = {entry.name for entry in PAGES}


def test_ids_are_unique_and_name_their_group() -> None:
    ids = [spec.id for spec in ACTIONS]
    assert len(set(ids)) == len(ids)
    assert {spec.page for spec in ACTIONS} == PAGE_NAMES | {""}
    for spec in ACTIONS:
        if spec.page:
            assert spec.id.startswith(f"{spec.page}.")


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_titles_keys_and_icons_are_sound(spec: ActionSpec) -> None:
    assert spec.title
    assert not spec.title.endswith((".", " "))
    for keys in spec.keys:
        assert not QKeySequence(keys).isEmpty()
        assert QKeySequence(keys).toString() == QKeySequence(keys).toString().strip() != ""
    if spec.icon:
        assert resource_path("icons", f"{spec.icon}.svg").is_file()


PARTS = sorted({(spec.page, spec.part) for spec in ACTIONS if spec.page} - {("annotate", ANY_PART)})


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_no_two_actions_that_work_at_once_share_a_key(page: str, part: str) -> None:
    users = defaultdict(list)
    for spec in ACTIONS:
        if not spec.page or (spec.page == page and spec.part in (part, ANY_PART)):
            for keys in spec.keys:
                users[QKeySequence(keys).toString()].append(spec.id)
    assert {keys: ids for keys, ids in users.items() if len(ids) > 1} == {}


def test_every_action_of_the_shell_is_bound(window: MainWindow) -> None:
    assert {spec.id for spec in SHELL} <= window.registry._bound


def test_without_a_project_only_what_makes_sense_is_enabled(
    window: MainWindow, tmp_path: Path
) -> None:
    registry = window.registry
    assert registry.action("file.open").isEnabled()
    assert not registry.action("file.close").isEnabled()
    assert not registry.action("jobs.cancel").isEnabled()
    registry.bind("review.summary", lambda: None)
    assert not registry.action("review.summary").isEnabled()
    window.session.create_project(tmp_path / "a")
    assert registry.action("file.close").isEnabled()
    assert not registry.action("review.summary").isEnabled()
    window.show_page("review")
    assert registry.action("review.summary").isEnabled()


def test_every_action_stands_in_one_menu(window: MainWindow) -> None:
    menus = [action.menu() for action in window.menuBar().actions()]
    listed = [
        action.objectName()
        for menu in menus
        if isinstance(menu, QMenu)
        for action in menu.actions()
    ]
    assert sorted(listed) == sorted(spec.id for spec in ACTIONS if spec.menu)


def test_the_tooltip_names_the_keys(window: MainWindow, qtbot: QtBot) -> None:
    assert window.registry.action("file.open").toolTip() == "Open project… (Ctrl+O)"
    assert window.registry.shown_keys("file.demo") == ""
