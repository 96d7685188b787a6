"""Starting the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from inspector.core.display import has_display
from inspector.core.resources import resource_path
from inspector.gui.main_window import MainWindow
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.shell.crash import install_crash_handler
from inspector.gui.theme import THEMES, apply_theme

QUIT_WHEN_SHOWN = "--quit-when-shown"


def make_application(arguments: Sequence[str]) -> QApplication:
    """The application object in Inspector's looks, before any theme is applied."""
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("Inspector")
    app.setApplicationDisplayName("Inspector")
    app.setDesktopFileName("inspector")
    app.setStyle("Fusion")
    app.setWindowIcon(QIcon(str(resource_path("icons", "app.png"))))
    return app


def keep_appearance(app: QApplication, preferences: Preferences) -> None:
    """Applies theme and font size now and whenever the person changes them."""

    def apply() -> None:
        apply_theme(app, THEMES[preferences.theme], preferences.zoom)

    preferences.appearance_changed.connect(apply)
    apply()


def main(arguments: Sequence[str]) -> int:
    """Opens the window, on a project where one is named. Returns the exit code.

    `--quit-when-shown` writes a line as soon as the window is painted and ends: for measuring.
    """
    names = [name for name in arguments if name != QUIT_WHEN_SHOWN]
    if not has_display():
        sys.stderr.write(
            "inspector: There is no display to open a window on. "
            "Use the commands instead: inspector --help.\n"
        )
        return 1
    app = make_application([])
    preferences = Preferences()
    keep_appearance(app, preferences)
    session = Session(preferences)
    window = MainWindow(session)
    install_crash_handler(window)
    window.show()
    if names:
        session.open_project(Path(names[0]))
    if QUIT_WHEN_SHOWN in arguments:
        QTimer.singleShot(0, lambda: _tell_and_quit(window))
    return app.exec()


def _tell_and_quit(window: MainWindow) -> None:
    """Paints now what the first frame would show, says so, and ends."""
    window.grab()
    sys.stdout.write("shown\n")
    sys.stdout.flush()
    window.close()
