"""Starting a worker as a plain subprocess and listening to it (the GUI uses QProcess instead)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from inspector.jobs.events import Event, decode_event
from inspector.jobs.outcome import OUTCOME_FILE, JobOutcome, read_outcome

FINISH_EARLY = b"finish_early\n"
CANCEL = b"cancel\n"

# glibc gives every large block back to the system and takes it anew at the next step; keeping
# them saves a tenth of a training step on a CPU. Other allocators ignore these variables.
_ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}


def worker_command(run_folder: Path) -> list[str]:
    """The command line of the worker for a run folder."""
    return [sys.executable, "-m", "inspector", "--worker", str(run_folder)]


def worker_environment() -> Mapping[str, str]:
    """The worker's environment: ours, with the allocator kept from giving memory back."""
    return {**_ALLOCATOR, "PYTHONIOENCODING": "utf-8", **os.environ}


class Worker:
    """A running worker process.

    Args:
        run_folder: A folder with `job.json`; one that was begun before is resumed.
    """

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        self._log = (run_folder / "worker.log").open("ab")
        self._process = subprocess.Popen(
            worker_command(run_folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=worker_environment(),
            # Ctrl-C in the terminal is for us; the worker gets commands instead.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def events(self) -> Iterator[Event]:
        """Its events as they come, until it ends."""
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

    def wait(self) -> JobOutcome:
        """Waits for its end and reads the outcome."""
        code = self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # a command that came too late is flushed again here
                self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()
        outcome = read_outcome(self.run_folder)
        if (self.run_folder / OUTCOME_FILE).exists() or code == 0:
            return outcome
        return JobOutcome(
            state=outcome.state,
            message=f"The worker ended without a result (exit code {code}).",
            hint=f"{outcome.hint} Its log is {self.run_folder / 'worker.log'}.",
        )

    def _send(self, command: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command)
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended; wait() tells how
