"""Whether the worker process of a run still lives: the file it leaves in its run folder."""

from __future__ import annotations

import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from inspector.core.files import write_atomically
from inspector.jobs.events import EVENTS_FILE

WORKER_FILE = "worker.pid"

_CLOCK_TOLERANCE = 60.0
"""Seconds by which the clock may have been set between two readings."""


@dataclass(frozen=True, slots=True)
class WorkerFile:
    """Content of `worker.pid`: the process and when, in seconds since 1970, it wrote the file."""

    pid: int
    started: float
    ticks: int | None = None


def announce_worker(run_folder: Path, pid: int | None = None) -> None:
    """Write `worker.pid` for a process, this one by default.

    The parent does it when it has started the worker, so that nobody takes the run for lost while
    the interpreter starts; the worker does it as its first act, as some systems put another process
    in between.

    Raises:
        InspectorError: The file cannot be written.
    """
    number = os.getpid() if pid is None else pid
    worker = WorkerFile(number, time.time(), _ticks_of(number))
    write_atomically(run_folder / WORKER_FILE, msgspec.json.encode(worker))


def has_begun(run_folder: Path) -> bool:
    """Whether a worker was ever at work on a run; none was on one that is only prepared."""
    return any((run_folder / name).exists() for name in (WORKER_FILE, EVENTS_FILE))


def is_worker_alive(run_folder: Path) -> bool:
    """Whether the process that announced itself in `run_folder` is still there.

    A process that took over the number of one that died is told by its later start (on Linux and
    Windows; elsewhere it counts). No file, or one that cannot be read, means no worker.
    """
    try:
        worker = msgspec.json.decode((run_folder / WORKER_FILE).read_bytes(), type=WorkerFile)
    except (OSError, msgspec.MsgspecError):
        return False
    if worker.ticks is not None:  # since the system began: no clock that is set changes that
        return _is_running(worker.pid, math.inf) and _ticks_of(worker.pid) == worker.ticks
    return _is_running(worker.pid, worker.started + _CLOCK_TOLERANCE)


def is_process_alive(pid: int) -> bool:
    """Whether any process has this number now."""
    return _is_running(pid, math.inf)


if sys.platform == "win32":
    import ctypes

    _QUERY_LIMITED_INFORMATION = 0x1000
    _STILL_ACTIVE = 259
    _SECONDS_FROM_1601_TO_1970 = 11_644_473_600

    def _is_running(pid: int, latest_start: float) -> bool:
        ticks = _ticks_of(pid)
        return ticks is not None and ticks / 1e7 - _SECONDS_FROM_1601_TO_1970 <= latest_start

    def _ticks_of(pid: int) -> int | None:
        """When a process that runs was created, in units of 100 ns; None where there is none."""
        # os.kill with signal 0 would send Ctrl+C here.
        kernel = ctypes.windll.kernel32
        process = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
        if not process:
            return None
        code = ctypes.c_ulong()
        times = [ctypes.c_ulonglong() for _ in range(4)]  # creation first
        kernel.GetExitCodeProcess(process, ctypes.byref(code))
        kernel.GetProcessTimes(process, *map(ctypes.byref, times))
        kernel.CloseHandle(process)
        return times[0].value if code.value == _STILL_ACTIVE else None

else:

    def _is_running(pid: int, latest_start: float) -> bool:
        if pid <= 0:
            return False  # to kill() these mean whole groups of processes
        try:
            os.kill(pid, 0)
        except PermissionError:
            pass  # another user's, but there
        except (ProcessLookupError, OverflowError):
            return False
        fields = _stat_of(pid)
        if fields and fields[0] in "ZX":
            return False  # a zombie: it has ended, only nobody asked for its exit code yet
        start = _start_of(pid)
        return start is None or start <= latest_start

    def _ticks_of(pid: int) -> int | None:
        """When a process was started, in clock ticks since the system was; None where the system
        does not tell."""
        fields = _stat_of(pid)
        return int(fields[19]) if len(fields) > 19 else None

    def _start_of(pid: int) -> float | None:
        """Start of a process in seconds since 1970, None where the system does not tell."""
        fields = _stat_of(pid)
        try:
            ticks = int(fields[19])
            boot = next(
                int(line.split()[1])
                for line in Path("/proc/stat").read_text().splitlines()
                if line.startswith("btime ")
            )
            return boot + ticks / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError, StopIteration):
            return None

    def _stat_of(pid: int) -> list[str]:
        """Fields of Linux's /proc/PID/stat from the third (state) on; empty elsewhere."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return []
        return text.rpartition(")")[2].split()  # the second field, the name, may hold anything
