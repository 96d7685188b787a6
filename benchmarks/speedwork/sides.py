"""A side of the comparison as seen from outside: a process that is asked."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from inspector.jobs.process import worker_environment

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


class Side:
    """A process that runs `ours.py` or `peer.py`.

    Args:
        name: "ours" or "peer".
        python: Of which environment.
        threads: Computing threads.
        log: What it and its libraries print.
    """

    def __init__(self, name: str, python: Path, threads: int, log: Path) -> None:
        # Ours as the program starts its workers.
        environment = dict(worker_environment() if name == "ours" else os.environ)
        environment |= {"OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
        environment.pop("PYTHONPATH", None)
        if name == "ours":
            environment["PYTHONPATH"] = str(_ROOT)
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [python, _HERE / f"{name}.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=environment,
                text=True,
            )
        self.peak_mb = 0.0

    def prepare(self, what: str, key: str, arguments: dict[str, Any]) -> None:
        """Makes a work ready; it is `do`ne under its key."""
        self._ask({"prepare": what, "as": key, "with": arguments})

    def do(self, key: str) -> Done:
        """Does a work once."""
        answer = self._ask({"do": key})
        return Done(answer["seconds"], answer["value"])

    def forget(self, key: str) -> None:
        """Lets go of a work, so that the next one has the memory for itself."""
        self._ask({"forget": key})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise SystemExit(f"{tail}\n{question} ended its process; all it said: {self._log}")
        answer: dict[str, Any] = json.loads(line)
        self.peak_mb = answer["peak_mb"]
        return answer

    def __enter__(self) -> Side:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Done(NamedTuple):
    """A work that was done once."""

    seconds: float
    value: Any


@dataclass
class Lane:
    """One work that is measured in turns with others."""

    label: str
    side: Side
    seconds: list[float] = field(default_factory=list)
    value: Any = None

    @property
    def median(self) -> float:
        """Of its seconds."""
        return statistics.median(self.seconds)

    def times(self, other: Lane) -> float:
        """How many times as long as another one: the median of the turns' ratios."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(own / its for own, its in pairs)


def in_turns(lanes: Sequence[Lane], turns: int) -> None:
    """Does all works after one another, again and again: so all meet the same machine.

    A first turn warms up and is not counted.
    """
    for turn in range(turns + 1):
        for lane in lanes:
            done = lane.side.do(lane.label)
            lane.value = done.value
            if turn:
                lane.seconds.append(done.seconds)
