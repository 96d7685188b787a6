"""Times are judged by runs that can be compared, and scaled by what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from inspector.jobs import events
from inspector.jobs.catalogue import METHODS, resolve_parameters
from inspector.jobs.events import EVENTS_FILE, Event, encode_event
from inspector.jobs.spec import TrainJob
from inspector.project.estimates import Asked, Basis, Estimate, Pace, estimate, measure_pace, paces
from inspector.project.project import Project

REVDIST = METHODS["revdist"]
CHANGES: dict[str, Any] = {
    "image_size": 128,
    "revdist.iterations": 100,
    "revdist.batch_size": 8,
    "alignment.iterations": 50,
    "alignment.batch_size": 10,
    "alignment.folds": 2,
}


def asked(n_images: int = 20, device: str = "cpu", **changes: Any) -> Asked:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    parameters = resolve_parameters(REVDIST, "quick", CHANGES | named)
    return Asked("revdist", parameters, n_images, device)


def job(device: str = "cpu", **changes: Any) -> TrainJob:
    found = asked(device=device, **changes).parameters
    return TrainJob(
        method="revdist",
        preset="quick",
        snapshot="",
        cache="",
        common=found.common,
        alignment=found.alignment,
        method_parameters=msgspec.to_builtins(found.method),
        device=device,
    )


def said(n_images: int = 20) -> Iterator[Event]:
    """4 s to start, 0.5 s an image, 2 s a step, 1 s an image measured, 0.1 s an aligner's step."""
    yield events.Hello(time=0.0, pid=1, version="0")
    yield stage(4.0, "features", 1)
    yield events.Progress(time=4.0, done=0, total=n_images, unit="images")
    yield events.Progress(time=4 + n_images / 2, done=n_images, total=n_images, unit="images")
    yield stage(100.0, "detector", 2)
    yield from steps(110.0, 100, 2.0)
    yield stage(400.0, "fold-1", 3)
    yield from steps(400.0, 100, 2.0)
    yield stage(900.0, "measure", 5)
    yield events.Progress(time=901.0, done=4, total=n_images, unit="images")
    yield events.Progress(time=917.0, done=20, total=n_images, unit="images")
    yield stage(1000.0, "cada", 6)
    yield from steps(1000.0, 50, 0.1)


def stage(time: float, name: str, index: int) -> Event:
    return events.Stage(time=time, name=name, title=name, index=index, count=9)


def steps(start: float, count: int, seconds: float) -> Iterator[Event]:
    for done in (1, count // 2, count):
        time = start + seconds * (done - 1)
        yield events.Progress(time=time, done=done, total=count, unit="steps")


def pace(device: str = "cpu", **changes: Any) -> Pace:
    return measure_pace(Pace(job(device, **changes), run_id=7), said())


def test_the_pace_of_a_run_is_read_off_its_events() -> None:
    found = pace()
    assert found.start_seconds == 4.0
    assert found.n_images == 20
    assert found.per_unit("features") == pytest.approx(0.5)
    assert found.per_unit("detector") == pytest.approx(2.0)
    assert found.per_unit("measure") == pytest.approx(1.0)
    assert found.per_unit("cada") == pytest.approx(0.1)


def test_a_pause_between_two_tries_does_not_count() -> None:
    first, again = list(said())[:7], list(said())
    later = [msgspec.structs.replace(event, time=event.time + 1e6) for event in again]
    found = measure_pace(Pace(job(), 1), [*first, *later])
    assert found.per_unit("detector") == pytest.approx(2.0)


def test_the_same_again_takes_what_it_took() -> None:
    found = estimate(asked(), [pace()])
    # Features are kept: 4 + 3 fits of 100 steps of 2 s + twice 20 images + 3 of 50 steps of 0.1 s.
    assert found == Estimate(pytest.approx(4 + 600 + 40 + 15), Basis.SAME, 7)


def test_new_images_need_features() -> None:
    found = estimate(asked(n_images=30), [pace()])
    assert found.seconds == pytest.approx(4 + 10 * 0.5 + 600 + 60 + 15)


def test_tiles_take_as_long_as_so_many_images() -> None:
    found = estimate(asked(tiles=2), [pace()])
    # Nothing of them is kept; a step sees as many tiles as it saw images.
    assert found.seconds == pytest.approx(4 + 20 * 4 * 0.5 + 600 + 160 + 15)
    assert found.basis is Basis.SIMILAR
    again = estimate(asked(tiles=2), [pace(tiles=2), pace()])
    assert again.seconds == pytest.approx(4 + 600 + 40 + 15)
    assert again.basis is Basis.SAME


def test_without_held_out_parts_the_detector_is_fitted_once() -> None:
    """The aligners are tried on folds all the same."""
    found = estimate(asked(alignment__statistics="fitted"), [pace()])
    assert found.seconds == pytest.approx(4 + 200 + 20 + 15)


def test_learning_names_is_counted_before_every_fit() -> None:
    ltad = METHODS["ltad"]
    changes = CHANGES | {"ltad.iterations": 100, "ltad.name_iterations": 50, "ltad.batch_size": 8}
    changes = {name: v for name, v in changes.items() if not name.startswith("revdist.")}
    found = resolve_parameters(ltad, "quick", changes)
    task = msgspec.structs.replace(
        job(),
        method="ltad",
        common=found.common,
        method_parameters=msgspec.to_builtins(found.method),
    )
    told = [
        stage(0.0, "names", 1),
        *naming(0.0, 50, 1.0),
        stage(100.0, "detector", 2),
        *steps(100.0, 100, 2.0),
        stage(400.0, "fold-1", 3),
        *naming(400.0, 50, 1.0),
        *steps(500.0, 100, 2.0),
    ]
    known = measure_pace(Pace(task, run_id=1), told)
    assert known.per_unit("names") == pytest.approx(1.0)
    assert known.per_unit("detector") == pytest.approx(2.0)
    seconds = estimate(Asked("ltad", found, 20, "cpu"), [known]).seconds
    assert seconds == pytest.approx(3 * (50 * 1.0 + 100 * 2.0))


def naming(start: float, count: int, seconds: float) -> Iterator[Event]:
    for step in steps(start, count, seconds):
        yield msgspec.structs.replace(step, unit="naming steps")


def test_another_size_and_batch_are_scaled_and_said_to_be() -> None:
    found = estimate(asked(image_size=256, revdist__batch_size=16), [pace()])
    features, fits, measuring = 20 * 0.5 * 4, 600 * 4 * 2, 40 * 4
    assert found.seconds == pytest.approx(4 + features + fits + measuring + 15)
    assert found.basis is Basis.SIMILAR


def test_the_run_that_is_most_alike_is_taken() -> None:
    other = pace(image_size=256)
    other.run_id = 9
    assert estimate(asked(), [other, pace()]).run_id == 7


@pytest.mark.parametrize("what", [{"backbone": "resnet18.tv_in1k"}, {"device": "cuda"}])
def test_nothing_is_made_up_for_another_backbone_or_device(what: dict[str, Any]) -> None:
    assert estimate(asked(**what), [pace()]) == Estimate(None, Basis.NONE)
    assert estimate(asked(), []) == Estimate(None, Basis.NONE)


def test_a_run_that_hardly_began_says_nothing() -> None:
    short = measure_pace(Pace(job(), 1), list(said())[:6])
    assert estimate(asked(), [short]).basis is Basis.NONE


def test_paces_are_read_from_the_project_the_newest_first(tmp_path: Any) -> None:
    with Project.create(tmp_path / "project") as project:
        for spec in (msgspec.json.encode(job()), b"{}", msgspec.json.encode(job())):
            run = project.new_run("train", "revdist", spec, None)
            (run.folder / EVENTS_FILE).write_bytes(b"".join(map(encode_event, said())))
        project.new_run("score", "revdist", b"{}", None)
        found = paces(project)
    assert [one.run_id for one in found] == [3, 1]
    assert found[0].per_unit("detector") == pytest.approx(2.0)
