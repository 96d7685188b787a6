"""Preferences, new project, about: by keys and clicks, with what they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from inspector import __version__
from inspector.gui.app import keep_appearance
from inspector.gui.main_window import MainWindow
from inspector.gui.preferences import Preferences
from inspector.gui.shell.about import AboutDialog
from inspector.gui.shell.new_project import NewProjectDialog
from inspector.gui.shell.preferences_dialog import PreferencesDialog
from inspector.gui.theme import theme_of

LEFT = Qt.MouseButton.LeftButton


def test_preferences_show_at_once_and_are_kept(
    window: MainWindow, qtbot: QtBot, themed: QApplication, tmp_path: Path
) -> None:
    preferences = window.session.preferences
    keep_appearance(themed, preferences)
    window.registry.action("file.preferences").trigger()
    dialog = window.findChild(PreferencesDialog)
    assert dialog.operator.text() == "Ada"
    qtbot.mouseClick(dialog.theme.button_of("light"), LEFT)
    assert theme_of().name == "light"
    before = window.fontMetrics().height()
    qtbot.mouseClick(dialog.larger, LEFT)
    qtbot.mouseClick(dialog.larger, LEFT)
    assert dialog.type_size.text() == "125 %"
    assert window.fontMetrics().height() > before
    qtbot.mouseClick(dialog.motion, LEFT, pos=dialog.motion.rect().center() / 8)
    dialog.operator.selectAll()
    qtbot.keyClicks(dialog.operator, "Grace")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    kept = Preferences(tmp_path / "preferences.ini")
    assert (kept.theme, kept.zoom, kept.operator) == ("light", 1.25, "Grace")


@pytest.mark.parametrize(
    ("keys", "zoom"), [(["="], 1.125), (["=", "="], 1.25), (["-"], 0.875), (["=", "0"], 1.0)]
)
def test_type_size_has_keys(window: MainWindow, qtbot: QtBot, keys: list[str], zoom: float) -> None:
    for key in keys:
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.session.preferences.zoom == zoom


def test_the_type_size_changes_with_everything_open(
    window: MainWindow, qtbot: QtBot, themed: QApplication, tmp_path: Path
) -> None:
    preferences = window.session.preferences
    keep_appearance(themed, preferences)
    preferences.add_recent(tmp_path)
    window.session.notices.warning("Warning", "Hint")
    window.commands.show_palette()
    for zoom in (1.25, 2.0, 0.8, 1.0):
        preferences.zoom = zoom
        preferences.theme = "light" if preferences.theme == "dark" else "dark"
        qtbot.wait(1)  # lets what was put off until after the change happen
    assert window.isVisible()


def test_a_new_project_is_made_and_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(NewProjectDialog)
    dialog.place.setText(str(tmp_path))
    assert not dialog.make.isEnabled()
    qtbot.keyClicks(dialog.name, "Line 3")
    assert str(tmp_path / "Line 3") in dialog.note.text()
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert window.session.project is not None
    assert window.session.project.folder == (tmp_path / "Line 3").resolve()
    assert window.current_page == "dataset"
    assert window.windowTitle().startswith("Line 3")


@pytest.mark.parametrize("name", ["taken", "a/b", "file", ".."])
def test_a_name_that_cannot_be_is_refused_as_it_is_typed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("Dear …")
    (tmp_path / "file").write_text("")
    dialog = NewProjectDialog(window, window.session.preferences)
    dialog.place.setText(str(tmp_path))
    qtbot.keyClicks(dialog.name, name)
    assert not dialog.make.isEnabled()
    assert dialog.note.property("role") == "error"
    assert dialog.note.text()


def test_about_names_the_version(window: MainWindow) -> None:
    window.registry.action("help.about").trigger()
    dialog = window.findChild(AboutDialog)
    assert any(__version__ in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()
