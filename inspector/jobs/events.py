"""What a worker says while it works: one JSON object a line, on stdout and in `events.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from inspector.jobs.lines import GrowingLines

EVENTS_FILE = "events.jsonl"


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    time: float  # seconds since the epoch, UTC


class Hello(_Event, frozen=True, kw_only=True, tag="hello"):
    """The worker is up; sent before torch is imported."""

    pid: int
    version: str
    resumed: bool = False


class Stage(_Event, frozen=True, kw_only=True, tag="stage"):
    """A new stage begins: the `index`-th of `count`, counted from 1; `plan` names them all."""

    name: str
    title: str
    index: int
    count: int
    plan: tuple[str, ...] = ()


class Progress(_Event, frozen=True, kw_only=True, tag="progress"):
    """How far the stage is: `done` of `total` units ("images", "steps", …)."""

    done: int
    total: int
    unit: str


class Metric(_Event, frozen=True, kw_only=True, tag="metric"):
    """One point of a curve: loss, learning rate, validation score."""

    stage: str
    name: str
    step: int
    value: float


class Checkpoint(_Event, frozen=True, kw_only=True, tag="checkpoint"):
    """The state is on disk; a killed worker goes on from here."""

    stage: str
    step: int


class Note(_Event, frozen=True, kw_only=True, tag="note"):
    """A sentence that the user should read; also goes into the model card."""

    message: str


class Failure(_Event, frozen=True, kw_only=True, tag="error"):
    """The job failed: "user" errors have a hint, "bug" has a traceback in `worker.log`."""

    kind: str
    message: str
    hint: str


class Done(_Event, frozen=True, kw_only=True, tag="done"):
    """The job is over: "done", "cancelled" or "interrupted"."""

    state: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What painted masks did to the scores of an image.

    Attributes:
        before, after: Score per alignment variant, as trained and with what was learned at once.
    """

    image_id: int
    before: dict[str, float]
    after: dict[str, float]


class Rescored(_Event, frozen=True, kw_only=True, tag="rescored"):
    """A portion of images has been scored with what was learned at once.

    Attributes:
        changes: Those whose scores are not those of the trained model.
        done, total: Images so far, those of this portion too.
        current: The image that somebody looks at, where this portion has it, else −1. Its map is
            row 0 of `maps.npy` in the folder `current` within the run folder.
    """

    changes: tuple[Change, ...]
    done: int
    total: int
    current: int = -1


Event = Hello | Stage | Progress | Metric | Checkpoint | Note | Failure | Done | Rescored

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """One line, with its line end."""
    return msgspec.json.encode(event) + b"\n"


def decode_event(line: bytes) -> Event | None:
    """The event of a line; None for a line that is not one (a torn last line after a crash)."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def replay(run_folder: Path) -> Iterator[Event]:
    """All events of a run so far, from its file. A run without a file has none."""
    try:
        with (run_folder / EVENTS_FILE).open("rb") as file:
            for line in file:
                event = decode_event(line)
                if event is not None:
                    yield event
    except FileNotFoundError:
        return


class Tail:
    """Follows the events of a run folder; no matter who started its worker, or whether it has."""

    def __init__(self, run_folder: Path) -> None:
        self._lines = GrowingLines(run_folder / EVENTS_FILE)

    def read(self) -> list[Event]:
        """The events since the last call; at the first call all so far."""
        events = (decode_event(line) for line in self._lines.read())
        return [event for event in events if event is not None]
