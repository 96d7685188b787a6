"""What a run has said so far, put in order: stages, curves, log. No Qt; live and replay alike."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from inspector.jobs import events
from inspector.jobs.events import Event

LEARNS = ("names", "detector", "fold-", "cada", "calibration-")
"""Stages that learn: ending one of them early keeps something."""


@dataclass(slots=True)
class StageRecord:
    """One stage.

    Attributes:
        name, title, index: As the worker names it; `index` counts from 1.
        seconds: Time spent in it by tries before the present one.
        started: When the present try began it; None in those before.
        last: When it was last heard of.
        is_over: Whether the stage after it has begun, or the run has ended well.
    """

    name: str
    title: str
    index: int
    seconds: float = 0.0
    started: float | None = None
    last: float = 0.0
    done: int = 0
    total: int = 0
    unit: str = ""
    is_over: bool = False

    def time_taken(self, now: float | None = None) -> float:
        """Seconds in all; up to `now` where it is under way."""
        if self.started is None:
            return self.seconds
        end = self.last if now is None or self.is_over else max(now, self.last)
        return self.seconds + end - self.started


@dataclass(slots=True)
class Series:
    """One curve: steps ascending, and a value at each."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, step: int, value: float) -> None:
        """A point; what an earlier try said from this step on is forgotten."""
        if self.steps and step <= self.steps[-1]:
            place = bisect.bisect_left(self.steps, step)
            del self.steps[place:], self.values[place:]
        self.steps.append(step)
        self.values.append(value)


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something worth reading: `kind` is "stage", "note", "error" or "state"."""

    time: float
    kind: str
    text: str


@dataclass(slots=True)
class Recording:
    """All that a run has said.

    Attributes:
        stages: Those begun, in their order.
        count: Number of stages that there will be; 0 until it is known.
        plan: Their names; empty until they are known.
        curves: (metric, stage) -> points.
        log: Lines, oldest first.
        state: As `done` said it; empty before.
    """

    stages: list[StageRecord] = field(default_factory=list)
    count: int = 0
    plan: tuple[str, ...] = ()
    curves: dict[tuple[str, str], Series] = field(default_factory=dict)
    log: list[LogLine] = field(default_factory=list)
    started: float = 0.0
    state: str = ""

    @property
    def current(self) -> StageRecord | None:
        """The stage under way, or in which the run ended."""
        begun = [stage for stage in self.stages if stage.started is not None]
        return begun[-1] if begun else None

    def take_all(self, said: Iterable[Event]) -> bool:
        """Takes events in; returns whether a curve has a new point."""
        has_point = False
        for event in said:
            self.take(event)
            has_point = has_point or isinstance(event, events.Metric)
        return has_point

    def take(self, event: Event) -> None:
        """Takes an event in."""
        match event:
            case events.Hello():
                self._begin_try(event)
            case events.Stage():
                self._begin_stage(event)
            case events.Progress():
                stage = self.current
                if stage is not None:
                    stage.done, stage.total, stage.unit = event.done, event.total, event.unit
                    stage.last = event.time
            case events.Metric():
                series = self.curves.setdefault((event.name, event.stage), Series())
                series.add(event.step, event.value)
            case events.Note():
                self.log.append(LogLine(event.time, "note", event.message))
            case events.Failure():
                text = f"{event.message} {event.hint}".strip()
                self.log.append(LogLine(event.time, "error", text))
            case events.Done():
                self._end(event)

    def _begin_try(self, event: events.Hello) -> None:
        self.started = self.started or event.time
        self.state = ""
        for stage in self.stages:
            stage.seconds, stage.started = stage.time_taken(), None
            stage.is_over = False
        self.log.append(LogLine(event.time, "state", "resumed" if event.resumed else "started"))

    def _begin_stage(self, event: events.Stage) -> None:
        self._close_current(event.time)
        self.count = event.count
        self.plan = event.plan
        names = [stage.name for stage in self.stages]
        if event.name in names:
            stage = self.stages[names.index(event.name)]
        else:
            stage = StageRecord(event.name, event.title, event.index)
            self.stages.append(stage)
            self.stages.sort(key=lambda known: known.index)
        stage.started = stage.last = event.time
        stage.is_over, stage.done, stage.total = False, 0, 0
        self.log.append(LogLine(event.time, "stage", event.title))

    def _end(self, event: events.Done) -> None:
        self.state = event.state
        if event.state == "done":
            self._close_current(event.time)
        elif self.current is not None:
            self.current.last = event.time
        self.log.append(LogLine(event.time, "state", event.state))

    def _close_current(self, time: float) -> None:
        stage = self.current
        if stage is not None:
            stage.last, stage.is_over = time, True


def learns(stage: str) -> bool:
    """Whether ending this stage early keeps what it has learned."""
    return stage.startswith(LEARNS)
