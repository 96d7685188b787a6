"""Bugs: every one goes into a log file, the first opens a dialog with a report to copy."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
    qVersion,
)

from inspector import __version__
from inspector.errors import InspectorError
from inspector.gui.main_window import MainWindow
from inspector.gui.shell.crash_dialog import CrashDialog

LOG_FILE = "inspector.log"
_LOG_BYTES, _LOG_FILES = 1_000_000, 3

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_folder() -> Path:
    """Where the log lies."""
    return Path(platformdirs.user_log_dir("inspector", appauthor=False))


def install_crash_handler(window: MainWindow, folder: Path | None = None) -> CrashHandler:
    """From now on nothing that goes wrong is lost.

    Args:
        window: Over which the crash dialog is shown.
        folder: For the log; by default the user's log folder.
    """
    handler = CrashHandler(window, folder or log_folder())
    handler.install()
    return handler


class CrashHandler(QObject):
    """Receives what nobody caught, in any thread, and what Qt complains of.

    An InspectorError that nobody caught is shown as a notice: it is no bug. What is raised where
    Python cannot report it (in a destructor) is only logged: nothing the user did has failed.
    """

    _crashed = Signal(object)  # exception, from any thread to the window's

    def __init__(self, window: MainWindow, folder: Path) -> None:
        super().__init__(window)
        self._window, self.folder = window, folder
        self.dialog: CrashDialog | None = None
        self._is_busy = False
        self._log = logging.Logger("inspector.gui")
        self._log.addHandler(_log_handler(folder))
        self._crashed.connect(self._show)

    def install(self) -> None:
        """Takes the place of the present hooks."""
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self.on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        self._before_qt = qInstallMessageHandler(self._on_qt)

    def uninstall(self) -> None:
        """Puts the hooks back that were there before, and closes the log."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        qInstallMessageHandler(self._before_qt)
        for handler in self._log.handlers:
            handler.close()

    def on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """As `sys.excepthook`."""
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self._log.error("Unhandled exception", exc_info=(kind, error, trace))
        self._crashed.emit(error.with_traceback(trace))

    @Slot(object)
    def _show(self, error: BaseException) -> None:
        if self._is_busy:
            return  # the dialog itself fails; it is in the log
        self._is_busy = True
        try:
            if isinstance(error, InspectorError):
                self._window.session.notices.error(error)
            elif self.dialog is not None:
                self.dialog.add(report_of(error))
            else:
                self.dialog = CrashDialog(self._window, _sentence(error), self.folder)
                self.dialog.add(report_of(error))
                self.dialog.finished.connect(self._forget)
                self.dialog.open()
        finally:
            self._is_busy = False

    def _forget(self) -> None:
        self.dialog = None

    def _on_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            self.on_exception(found.exc_type, found.exc_value, found.exc_traceback)

    def _on_unraisable(self, found: sys.UnraisableHookArgs) -> None:
        if found.exc_value is not None:
            self._log.error(
                found.err_msg or "Ignored exception",
                exc_info=(found.exc_type, found.exc_value, found.exc_traceback),
            )

    def _on_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        self._log.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s", message)


def report_of(error: BaseException) -> str:
    """What a developer needs: versions, platform, time, traceback."""
    import PySide6

    lines = (
        f"Inspector {__version__}",
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, Qt {qVersion()}",
        f"{platform.platform()}",
        f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}",
        "",
        "".join(traceback.format_exception(error)).rstrip(),
    )
    return "\n".join(lines)


def _sentence(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _log_handler(folder: Path) -> logging.Handler:
    """The file, which never grows beyond a few megabytes; stderr where it cannot be written."""
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / LOG_FILE, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
