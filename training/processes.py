"""Which process of a training this is, and starting and watching the others. Imports no torch.

Several processes learn together, one a GPU. The first one is the worker as everybody knows it: it
alone says events, takes commands, and writes what is kept. It starts the others itself, or all were
started by `torchrun`; the environment tells them, in torchrun's words.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from inspector.jobs.process import worker_command, worker_environment

_STARTED_BY_FIRST = "INSPECTOR_STARTED_BY_FIRST"
_HOST = "127.0.0.1"
_GRACE_SECONDS = 10.0
_EXIT_LOST = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Which of how many processes this one is; `local` counts those of this machine."""

    rank: int = 0
    size: int = 1
    local: int = 0


def own_place() -> Place:
    """This process's place, as whoever started it says."""
    rank, size, local = (
        int(os.environ.get(name, default))
        for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
    )
    return Place(rank, size, local)


def end_with_first_process() -> None:
    """Ends this process as soon as the first one, where that has started it, is gone.

    It may sit in a computation that nothing else would interrupt, and owns nothing that is kept.
    """

    def wait() -> NoReturn:
        # Unbuffered, as in the worker.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(_EXIT_LOST)

    if os.environ.get(_STARTED_BY_FIRST):
        threading.Thread(target=wait, daemon=True).start()


@contextlib.contextmanager
def helped(run_folder: Path, processes: int) -> Iterator[Others | None]:
    """Starts the other processes of a training, and ends them; none where `torchrun` has."""
    if processes == 1 or own_place().size > 1:
        yield None
        return
    others = Others(run_folder, processes)
    try:
        yield others
    finally:
        others.end()


class Others:
    """The other processes of a training, started by this first one; they end with it.

    Args:
        run_folder: The run that all of them carry out.
        size: How many processes there are, this one included.
    """

    def __init__(self, run_folder: Path, size: int) -> None:
        self.size = size
        self._lost: list[int] = []
        self._over = threading.Event()
        # Bound before anybody is told of it, so that the port is nobody else's.
        self._listener = socket.create_server((_HOST, 0), backlog=size)
        # All are on this machine; by its name they might not find themselves.
        loopback = "lo0" if sys.platform == "darwin" else "lo"
        for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
            if sys.platform != "win32":
                os.environ.setdefault(variable, loopback)
        self._processes = [self._start(run_folder, rank) for rank in range(1, size)]
        for rank, process in enumerate(self._processes, 1):
            threading.Thread(target=self._watch, args=(rank, process), daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        """Where the first process listens."""
        return _HOST, int(self._listener.getsockname()[1])

    def take_listener(self) -> int:
        """The file descriptor of the socket there, to be closed by who takes it."""
        return self._listener.detach()

    @property
    def lost(self) -> int | None:
        """The rank of a process that has failed; None while there is none."""
        return self._lost[0] if self._lost else None

    def end(self) -> None:
        """Ends them."""
        self._over.set()
        for process in self._processes:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, run_folder: Path, rank: int) -> subprocess.Popen[bytes]:
        host, port = self.address
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self.size, "MASTER_PORT": port}
        return subprocess.Popen(
            worker_command(run_folder),
            stdin=subprocess.PIPE,
            stdout=sys.stderr.fileno(),
            env={
                **worker_environment(),
                **{name: str(value) for name, value in place.items()},
                "MASTER_ADDR": host,
                _STARTED_BY_FIRST: "1",
            },
        )

    def _watch(self, rank: int, process: subprocess.Popen[bytes]) -> None:
        if process.wait() == 0 or self._over.is_set():
            return  # its part is done
        self._lost.append(rank)
        # Who waits for it is told by the broken connection; on a GPU it may wait for ever.
        time.sleep(_GRACE_SECONDS)
        if not self._over.is_set():
            sys.stderr.write(f"Process {rank + 1} of {self.size} has ended; so this one does.\n")
            sys.stderr.flush()
            os._exit(_EXIT_LOST)
