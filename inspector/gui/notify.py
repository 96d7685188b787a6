"""The one route by which the window tells people something: notices, errors, crashes.

An InspectorError becomes a notice with its hint; anything else that is raised is a bug and becomes
a crash dialog with a report that can be copied and that is saved to a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from inspector.errors import InspectorError


class Level(StrEnum):
    """How much a notice matters."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class NoticeAction:
    """A button on a notice."""

    text: str
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know: what happened, and what can be done about it."""

    level: Level
    text: str
    hint: str = ""
    actions: tuple[NoticeAction, ...] = ()
    time: datetime = field(default_factory=datetime.now)


class Notices(QObject):
    """Collects notices; the window shows them, and the list of them on request."""

    posted = Signal(object)  # Notice
    outlived = Signal()  # what notices lead to belongs to a project that was left

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history: list[Notice] = []

    def disarm(self) -> None:
        """Another project: numbers of runs, models and verdicts mean other things there."""
        self.history = [replace(notice, actions=()) for notice in self.history]
        self.outlived.emit()

    def post(
        self, level: Level, text: str, hint: str = "", actions: tuple[NoticeAction, ...] = ()
    ) -> None:
        """Shows a notice and keeps it in the history."""
        notice = Notice(level, text, hint, actions)
        self.history.append(notice)
        self.posted.emit(notice)

    def info(self, text: str, hint: str = "", *actions: NoticeAction) -> None:
        self.post(Level.INFO, text, hint, actions)

    def success(self, text: str, hint: str = "", *actions: NoticeAction) -> None:
        self.post(Level.SUCCESS, text, hint, actions)

    def warning(self, text: str, hint: str = "", *actions: NoticeAction) -> None:
        self.post(Level.WARNING, text, hint, actions)

    def error(self, error: InspectorError, *actions: NoticeAction) -> None:
        """Shows an error that the user can act on."""
        self.post(Level.ERROR, error.message, error.hint, actions)
