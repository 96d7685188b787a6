"""One side of the comparison, as a process that is asked for one piece of work at a time.

A line on stdin asks, a line on stdout answers, both JSON. Only the standard library, as both sides'
environments run it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Work = Callable[[], Any]
"""Does it once; what is returned must be JSON, or `Timed`."""


class Timed(NamedTuple):
    """Of a work that tells by itself how long what counts took."""

    seconds: float


def serve(preparations: Mapping[str, Callable[..., Work]]) -> None:
    """Answers until stdin ends.

    `{"prepare": NAME, "as": KEY, "with": {...}}` makes a work ready, without counting the time;
    `{"do": KEY}` does it and answers with the seconds, the value and the peak memory in MB so far;
    `{"forget": KEY}` lets go of it.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print belongs into the log
    ready: dict[str, Work] = {}
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        if "prepare" in asked:
            ready[asked["as"]] = preparations[asked["prepare"]](**asked["with"])
        elif "forget" in asked:
            del ready[asked["forget"]]
        else:
            start = time.perf_counter()
            value = ready[asked["do"]]()
            seconds = time.perf_counter() - start
            if isinstance(value, Timed):
                seconds, value = value.seconds, None
            answer = {"seconds": seconds, "value": value}
        print(json.dumps(answer | {"peak_mb": peak_mb()}), file=answers, flush=True)


def peak_mb() -> float:
    """The most memory that this process has had, in MB; of its children nothing."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 2**20 if sys.platform == "darwin" else used / 2**10
