"""Starting a worker, listening to it, telling it what to do, and leaving it to itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.events import Event, decode_event
from inspector.jobs.outcome import OUTCOME_FILE, JobOutcome, read_outcome
from inspector.jobs.spec import ServeRequest

FINISH_EARLY = b"finish_early\n"
CANCEL = b"cancel\n"
DETACH = b"detach\n"

COMMANDS_FILE = "commands"
"""In the run folder: lines for a worker that was left to itself."""

# glibc gives every large block back to the system and takes it anew at the next step; keeping
# them saves a tenth of a training step on a CPU. Other allocators ignore these variables.
_ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}


def own_command(*arguments: str) -> list[str]:
    """The command line that starts this program anew, bundled or not."""
    # A bundled program has no interpreter in front of it.
    module = () if getattr(sys, "frozen", False) else ("-m", "inspector")
    return [sys.executable, *module, *arguments]


def worker_command(run_folder: Path) -> list[str]:
    """The command line of the worker for a run folder."""
    return own_command("--worker", str(run_folder))


def worker_environment() -> Mapping[str, str]:
    """The worker's environment: ours, with the allocator kept from giving memory back."""
    return {**_ALLOCATOR, "PYTHONIOENCODING": "utf-8", **os.environ}


def send_command(run_folder: Path, command: bytes) -> None:
    """Tells a worker that this process did not start, or has detached, `FINISH_EARLY` or `CANCEL`.

    It acts within about a second; one that has ended does nothing.

    Raises:
        InspectorError: The run folder cannot be written.
    """
    file = run_folder / COMMANDS_FILE
    try:
        with file.open("ab") as commands:
            commands.write(command)
            commands.flush()
            os.fsync(commands.fileno())
    except OSError as error:
        raise InspectorError(
            f"'{file}' could not be written: {error.strerror or error}.",
            "Check that the project folder may be written to and that the disk is not full.",
        ) from error


class Worker:
    """A running worker process. Where this process dies, it saves its work and ends.

    Args:
        run_folder: A folder with `job.json`; one that was begun before is resumed.
        listen: Whether `events()` is wanted. Without it, follow the run folder by `events.Tail`.
    """

    def __init__(self, run_folder: Path, listen: bool = True) -> None:
        self.run_folder = run_folder
        (run_folder / COMMANDS_FILE).unlink(missing_ok=True)  # meant for an earlier try
        self._log = (run_folder / "worker.log").open("ab")
        self._process = subprocess.Popen(
            worker_command(run_folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if listen else subprocess.DEVNULL,
            stderr=self._log,
            env=worker_environment(),
            # Ctrl-C in the terminal is for us; the worker gets commands instead.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def events(self) -> Iterator[Event]:
        """Its events as they come, until it ends; only where it is listened to."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = decode_event(line)
            if event is not None:
                yield event

    def finish_early(self) -> None:
        """Asks it to end the current stage and keep what is learned."""
        self._send(FINISH_EARLY)

    def cancel(self) -> None:
        """Asks it to stop and discard what it made."""
        self._send(CANCEL)

    def request(self, run_folder: Path) -> None:
        """Asks a serving worker to carry out the job of another run folder, now."""
        self._send(msgspec.json.encode(ServeRequest(run=str(run_folder))) + b"\n")

    def let_go(self) -> None:
        """Ends its commands, as if this process had died, and does not wait for it."""
        self._close()

    def interrupt(self) -> None:
        """Asks it to save its work and end, as where this process died; the run can be resumed."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def detach(self) -> None:
        """Leaves it to itself: it goes on when this process ends, and obeys `send_command`."""
        self._send(DETACH)
        self._close()

    def wait(self) -> JobOutcome:
        """Waits for its end and reads the outcome."""
        code = self._process.wait()
        self._close()
        outcome = read_outcome(self.run_folder)
        if (self.run_folder / OUTCOME_FILE).exists() or code == 0:
            return outcome
        return JobOutcome(
            state=outcome.state,
            message=f"The worker ended without a result (exit code {code}).",
            hint=f"{outcome.hint} Its log is {self.run_folder / 'worker.log'}.",
        )

    def _close(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # a command that came too late is flushed again here
                self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _send(self, command: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command)
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended; wait() tells how
