"""What a worker is told on its stdin."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from training.commands import Cancelled, Commands, Interrupted


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The worker's end and the parent's end of a stdin."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as worker, os.fdopen(writing, "wb", buffering=0) as parent:
        yield worker, parent
        parent.close()  # first, so that the listening thread ends


def eventually(happens: Callable[[], bool]) -> bool:
    """Whether it happens; another thread has to take a turn first."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if happens():
            return True
        time.sleep(0.002)
    return False


def raises(commands: Commands, kind: type[Exception]) -> bool:
    try:
        commands.check()
    except kind:
        return True
    return False


def test_silence_means_go_on(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    for commands in (Commands(), Commands(pipe[0])):
        commands.check()
        assert not commands.take_finish_early()


def test_finish_early_is_taken_once_per_request(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    for _ in range(2):
        parent.write(b"finish_early\n")
        assert eventually(commands.take_finish_early)
        assert not commands.take_finish_early()
    commands.check()


@pytest.mark.parametrize("line", [b"cancel\n", b"cancel\r\n", b"what?\n\ncancel\n"])
def test_cancel_stays(pipe: tuple[BinaryIO, BinaryIO], line: bytes) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    parent.write(line)
    assert eventually(lambda: raises(commands, Cancelled))
    with pytest.raises(Cancelled):
        commands.check()
    assert not commands.take_finish_early()


def test_a_command_takes_effect_while_the_parent_goes_on_talking(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    parent.write(b"finish_early\nfin")  # half of the next one is held back
    assert eventually(commands.take_finish_early)
    parent.write(b"ish_early\n")
    assert eventually(commands.take_finish_early)


def test_the_end_of_stdin_means_that_the_parent_died(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    parent.close()
    assert eventually(lambda: raises(commands, Interrupted))


def test_who_cancels_and_dies_has_cancelled(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    parent.write(b"cancel")  # not even the line's end came through
    parent.close()
    assert eventually(lambda: raises(commands, Cancelled))


def test_of_the_requests_that_wait_only_the_newest_counts(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    assert not commands.has_request()
    parent.write(b'{"run": "a"}\n{"run": "b"}\nfinish_early\n')
    assert eventually(commands.take_finish_early)  # so both have been read
    assert commands.has_request()
    assert b'"b"' in commands.next_request()
    assert not commands.has_request()
    parent.write(b'{"run": "c"}\n')
    assert b'"c"' in commands.next_request()


@pytest.mark.parametrize(("last", "raised"), [(b"cancel\n", Cancelled), (b"", Interrupted)])
def test_who_waits_for_a_request_is_told_of_the_end(
    pipe: tuple[BinaryIO, BinaryIO], last: bytes, raised: type[Exception]
) -> None:
    worker, parent = pipe
    commands = Commands(worker)
    timer = threading.Timer(0.05, lambda: (parent.write(last), parent.close()))
    timer.start()
    with pytest.raises(raised):
        commands.next_request()
    timer.join()


def send(file: Path, line: bytes) -> None:
    with file.open("ab") as commands:
        commands.write(line)


def test_a_detached_worker_outlives_its_parent_and_obeys_the_file(
    pipe: tuple[BinaryIO, BinaryIO], tmp_path: Path
) -> None:
    worker, parent = pipe
    file = tmp_path / "commands"
    commands = Commands(worker, file)
    parent.write(b"detach\n")
    parent.close()
    for _ in range(2):
        send(file, b"finish_early\n")
        assert eventually(commands.take_finish_early)
        assert not commands.take_finish_early()
    send(file, b"can")  # half a line is no command yet
    send(file, b"cel\n")
    assert eventually(lambda: raises(commands, Cancelled))
    assert not commands.take_finish_early()  # each line is obeyed once


def test_the_file_means_nothing_before_the_worker_is_detached(
    pipe: tuple[BinaryIO, BinaryIO], tmp_path: Path
) -> None:
    worker, parent = pipe
    file = tmp_path / "commands"
    commands = Commands(worker, file)
    send(file, b"cancel\n")
    parent.close()
    assert eventually(lambda: raises(commands, Interrupted))
