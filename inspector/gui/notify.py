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
    """Something the user should know: what happened, and what can be done about it.

    Attributes:
        about: What it speaks of, for `Notices.disarm`; empty where nobody will ask.
    """

    level: Level
    text: str
    hint: str = ""
    actions: tuple[NoticeAction, ...] = ()
    time: datetime = field(default_factory=datetime.now)
    about: str = ""


class Notices(QObject):
    """Collects notices; the window shows them, and the list of them on request."""

    posted = Signal(object)  # Notice
    outlived = Signal(object)  # tuple[Notice, ...] whose buttons lead nowhere any more

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history: list[Notice] = []

    def disarm(self, about: str = "") -> None:
        """Takes the buttons from notices about something; from all of them where nothing is named,
        as in another project the numbers of runs, models and verdicts mean other things."""
        old = tuple(n for n in self.history if n.actions and about in ("", n.about))
        self.history = [replace(n, actions=()) if n in old else n for n in self.history]
        self.outlived.emit(old)

    def post(
        self,
        level: Level,
        text: str,
        hint: str = "",
        actions: tuple[NoticeAction, ...] = (),
        about: str = "",
    ) -> None:
        """Shows a notice and keeps it in the history."""
        notice = Notice(level, text, hint, actions, about=about)
        self.history.append(notice)
        self.posted.emit(notice)

    def info(self, text: str, hint: str = "", *actions: NoticeAction) -> None:
        self.post(Level.INFO, text, hint, actions)

    def success(self, text: str, hint: str = "", *actions: NoticeAction) -> None:
        self.post(Level.SUCCESS, text, hint, actions)

    def warning(self, text: str, hint: str = "", *actions: NoticeAction, about: str = "") -> None:
        self.post(Level.WARNING, text, hint, actions, about)

    def error(self, error: InspectorError, *actions: NoticeAction, about: str = "") -> None:
        """Shows an error that the user can act on."""
        self.post(Level.ERROR, error.message, error.hint, actions, about)
