from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.jobs.events import (
    EVENTS_FILE,
    Change,
    Checkpoint,
    Done,
    Event,
    Failure,
    Hello,
    Metric,
    Note,
    Progress,
    Rescored,
    Stage,
    Tail,
    decode_event,
    encode_event,
    replay,
)

ALL: list[Event] = [
    Hello(time=1.0, pid=7, version="0.1.0", resumed=True),
    Stage(time=2.0, name="detector", title="Learning what is normal", index=2, count=5),
    Progress(time=3.0, done=3, total=9, unit="images"),
    Metric(time=4.0, stage="detector", name="loss", step=10, value=0.25),
    Checkpoint(time=5.0, stage="detector", step=10),
    Note(time=6.0, message="Left out: Dübel\n木.png"),
    Failure(time=7.0, kind="user", message="No images.", hint="Import some."),
    Done(time=8.0, state="done"),
    Rescored(
        time=9.0,
        changes=(Change(image_id=3, before={"none": 0.5}, after={"none": 1.25}),),
        done=1,
        total=30,
        current=3,
    ),
]

texts = st.text()
counts = st.integers(0, 2**53)
times = st.floats(0, 1e11)
some_event: st.SearchStrategy[Event] = st.one_of(
    st.builds(Note, time=times, message=texts),
    st.builds(Failure, time=times, kind=texts, message=texts, hint=texts),
    st.builds(Progress, time=times, done=counts, total=counts, unit=texts),
    st.builds(Metric, time=times, stage=texts, name=texts, step=counts, value=st.floats(-9, 9)),
)


def test_the_examples_hold_every_kind_of_event() -> None:
    assert {type(event) for event in ALL} == set(Event.__args__)


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_and_comes_back(event: Event) -> None:
    line = encode_event(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_event(line) == event


@settings(derandomize=True)
@given(event=some_event)
def test_any_text_survives_in_one_line(event: Event) -> None:
    line = encode_event(event)
    assert line.count(b"\n") == 1
    assert decode_event(line) == event


@settings(derandomize=True)
@given(event=some_event, data=st.data())
def test_a_torn_line_is_no_event(event: Event, data: st.DataObject) -> None:
    line = encode_event(event).rstrip(b"\n")
    kept = data.draw(st.integers(0, len(line) - 1))
    assert decode_event(line[:kept]) is None


@settings(derandomize=True)
@given(line=st.binary())
def test_any_bytes_can_be_asked_for_their_event(line: bytes) -> None:
    assert decode_event(line) is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"event":"note","time":1.0,"message":"\xff"}',  # not UTF-8: a damaged disk
        b'{"event":"dance","time":1.0}',
        b'{"event":"note","time":1.0}',
        b'{"event":"note","time":"now","message":""}',
        b"Warning: a library printed this",
        b"\x00" * 40,
    ],
)
def test_lines_that_are_not_events_give_none(line: bytes) -> None:
    assert decode_event(line) is None


def test_replay_gives_the_events_in_order(tmp_path: Path) -> None:
    (tmp_path / EVENTS_FILE).write_bytes(b"".join(map(encode_event, ALL)))
    assert list(replay(tmp_path)) == ALL


def test_replay_skips_a_torn_last_line(tmp_path: Path) -> None:
    lines = list(map(encode_event, ALL))
    (tmp_path / EVENTS_FILE).write_bytes(b"".join(lines[:-1]) + lines[-1][:10])
    assert list(replay(tmp_path)) == ALL[:-1]


def test_replay_goes_on_behind_a_line_torn_before_a_resume(tmp_path: Path) -> None:
    lines = list(map(encode_event, ALL))
    torn = lines[5][: lines[5].index("木".encode()) + 1]  # in the middle of a character
    (tmp_path / EVENTS_FILE).write_bytes(b"".join(lines[:5]) + torn + b"\n" + b"".join(lines[6:]))
    assert list(replay(tmp_path)) == ALL[:5] + ALL[6:]


def test_a_run_without_a_file_has_no_events(tmp_path: Path) -> None:
    assert list(replay(tmp_path)) == []


def test_the_kind_is_in_the_line_for_readers_in_other_languages() -> None:
    tags = [msgspec.json.decode(encode_event(event))["event"] for event in ALL]
    assert tags == [
        "hello",
        "stage",
        "progress",
        "metric",
        "checkpoint",
        "note",
        "error",
        "done",
        "rescored",
    ]


@settings(derandomize=True, max_examples=60)
@given(data=st.data())
def test_a_tail_gives_every_event_once_however_the_file_grows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("run")
    written = b"".join(map(encode_event, ALL))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=6)))
    tail = Tail(folder)
    assert tail.read() == []
    seen: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True):
        with (folder / EVENTS_FILE).open("ab") as file:
            file.write(written[start:end])
        seen += tail.read()
        assert seen == ALL[: written[:end].count(b"\n")]
    assert tail.read() == []


def test_a_tail_goes_on_behind_a_line_torn_before_a_resume(tmp_path: Path) -> None:
    lines = list(map(encode_event, ALL))
    file = tmp_path / EVENTS_FILE
    file.write_bytes(lines[0] + lines[1][:9])
    tail = Tail(tmp_path)
    assert tail.read() == ALL[:1]
    with file.open("ab") as resumed:
        resumed.write(b"\n" + lines[2])
    assert tail.read() == [ALL[2]]
