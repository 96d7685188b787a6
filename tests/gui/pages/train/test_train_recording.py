"""What a run said is put in order, also where it was interrupted and resumed."""

from __future__ import annotations

from inspector.gui.pages.train.recording import Recording, learns
from inspector.gui.pages.train.words import duration, rough_duration
from inspector.jobs import events
from inspector.jobs.events import Event


def stage(time: float, name: str, index: int) -> Event:
    return events.Stage(time=time, name=name, title=name, index=index, count=9)


def metric(step: int, value: float, time: float = 0) -> Event:
    return events.Metric(time=time, stage="detector", name="loss", step=step, value=value)


def hello(time: float, resumed: bool = False) -> Event:
    return events.Hello(time=time, pid=1, version="0", resumed=resumed)


FIRST: list[Event] = [
    hello(0),
    stage(5, "features", 1),
    stage(15, "detector", 2),
    events.Progress(time=16, done=1, total=40, unit="steps"),
    *(metric(step, 10.0 - step) for step in range(0, 40, 10)),
    events.Progress(time=25, done=40, total=40, unit="steps"),
]


def test_stages_know_their_time_and_what_is_under_way() -> None:
    recording = Recording()
    assert recording.take_all(FIRST)
    features, detector = recording.stages
    assert (features.is_over, features.time_taken()) == (True, 10)
    assert recording.current is detector
    assert detector.time_taken() == 10
    assert detector.time_taken(now=45) == 30
    assert recording.count == 9


def test_a_resumed_run_overwrites_what_it_does_again() -> None:
    recording = Recording()
    recording.take_all(FIRST)
    recording.take_all([events.Done(time=26, state="interrupted")])
    assert recording.state == "interrupted"
    again = [hello(1000, True), stage(1001, "features", 1), stage(1002, "detector", 2)]
    recording.take_all([*again, metric(20, 99.0)])
    series = recording.curves["loss", "detector"]
    assert (series.steps, series.values) == ([0, 10, 20], [10.0, 0.0, 99.0])
    assert [found.name for found in recording.stages] == ["features", "detector"]
    assert recording.state == ""
    # 10 + 1 s of features; the pause between the tries does not count.
    assert recording.stages[0].time_taken() == 11
    assert recording.stages[1].time_taken(now=1005) == 11 + 3


def test_the_log_has_stages_notes_and_errors() -> None:
    recording = Recording()
    recording.take_all(
        [
            hello(0),
            stage(1, "features", 1),
            events.Note(time=2, message="Left out"),
            events.Failure(time=3, kind="user", message="It failed.", hint="Do this."),
            events.Done(time=4, state="done"),
        ]
    )
    assert [(line.kind, line.text) for line in recording.log] == [
        ("state", "started"),
        ("stage", "features"),
        ("note", "Left out"),
        ("error", "It failed. Do this."),
        ("state", "done"),
    ]
    assert recording.stages[0].is_over


def test_the_plan_is_that_of_the_worker(tiny_project: object) -> None:
    """Against a real training: the names that were planned are those that came."""
    said = tiny_project.events  # type: ignore[attr-defined]
    begun = [event for event in said if isinstance(event, events.Stage)]
    assert list(begun[0].plan) == [event.name for event in begun]
    assert len({event.plan for event in begun}) == 1


def test_only_stages_that_learn_can_be_stopped_early() -> None:
    plan = ("features", "detector", "fold-1", "measure", "calibration-1", "cada", "save")
    assert [name for name in plan if learns(name)] == [
        "detector",
        "fold-1",
        "calibration-1",
        "cada",
    ]


def test_times_are_said_as_people_say_them() -> None:
    assert duration(None) == "–"
    assert [duration(s) for s in (0.2, 59, 61, 599, 3725)] == [
        "0 s",
        "59 s",
        "1 min 1 s",
        "9 min 59 s",
        "1 h 2 min",
    ]
    assert [rough_duration(s) for s in (20, 200, 1700, 3600, 5000, 40_000)] == [
        "under a minute",
        "about 3 min",
        "about 30 min",
        "about 1 h",
        "about 1 h 25 min",
        "about 11 h",
    ]
