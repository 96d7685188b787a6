"""One job of the window: what was asked for, how far it is, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from inspector.gui.jobs.requests import Request
from inspector.jobs import events
from inspector.jobs.events import Event
from inspector.project.runs import RunRow


class JobState(StrEnum):
    """queued → starting → running → done | cancelled | failed | lost."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"

    @property
    def is_over(self) -> bool:
        return self in (JobState.DONE, JobState.CANCELLED, JobState.FAILED, JobState.LOST)


@dataclass(eq=False)
class Job:
    """Belongs to the GUI thread; the queue changes it and says so.

    Attributes:
        request: What was asked for; None for a worker that was found running.
        title: For people.
        run: The run, from the moment it is prepared.
        stage: The stage under way.
        progress: How far that stage is.
        notes: Sentences of the worker for the user.
        message, hint: Why it failed and what to do.
        results: What it made, as `settle` returns it.
        ending: "", or "finish_early" or "cancel" while the worker follows that command.
    """

    request: Request | None
    title: str
    run: RunRow | None = None
    state: JobState = JobState.QUEUED
    stage: events.Stage | None = None
    progress: events.Progress | None = None
    notes: list[str] = field(default_factory=list)
    message: str = ""
    hint: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    ending: str = ""
    _first: events.Progress | None = None

    def take(self, event: Event) -> None:
        """Takes over what an event says."""
        match event:
            case events.Hello():
                self.stage = self.progress = self._first = None
            case events.Stage():
                self.stage, self.progress, self._first = event, None, None
                if self.ending == "finish_early":
                    self.ending = ""
            case events.Progress():
                self.progress = event
                first = self._first
                if first is None or event.done < first.done or event.unit != first.unit:
                    self._first = event
            case events.Note():
                self.notes.append(event.message)

    @property
    def fraction(self) -> float | None:
        """Share of the stage that is done, in [0, 1]; None where it is not known."""
        if self.progress is None or self.progress.total <= 0:
            return None
        return min(self.progress.done / self.progress.total, 1.0)

    @property
    def rate(self) -> float | None:
        """Units a second in this stage; None until it can be told."""
        if self.progress is None or self._first is None:
            return None
        seconds = self.progress.time - self._first.time
        return (self.progress.done - self._first.done) / seconds if seconds > 0.5 else None

    @property
    def seconds_left(self) -> float | None:
        """Of this stage; None until it can be told."""
        if self.progress is None or not self.rate:
            return None
        return max(self.progress.total - self.progress.done, 0) / self.rate
