"""`outcome.json`: how a run ended. Written last and atomically; a run without one was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from inspector.core.files import write_atomically

OUTCOME_FILE = "outcome.json"

DONE, CANCELLED, FAILED, LOST = "done", "cancelled", "failed", "lost"


class JobOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended.

    Attributes:
        state: "done", "cancelled", "failed", or "lost" (no outcome was written; it can be resumed).
        message, hint: For failures: what happened and what to do.
        results: What the job made, by name: "model", "results", "report", ….
    """

    state: str
    message: str = ""
    hint: str = ""
    results: dict[str, Any] = msgspec.field(default_factory=dict)


def write_outcome(run_folder: Path, outcome: JobOutcome) -> None:
    """Writes the outcome; from then on the run is over."""
    write_atomically(run_folder / OUTCOME_FILE, msgspec.json.encode(outcome))


def read_outcome(run_folder: Path) -> JobOutcome:
    """The outcome of a run; state "lost" where none was written."""
    try:
        return msgspec.json.decode((run_folder / OUTCOME_FILE).read_bytes(), type=JobOutcome)
    except FileNotFoundError:
        return JobOutcome(
            state=LOST,
            message="The worker ended without a result.",
            hint="Resume a training with --resume, it goes on from its last checkpoint; start any "
            "other job again.",
        )
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return JobOutcome(
            state=FAILED,
            message=f"{OUTCOME_FILE} is damaged ({error}).",
            hint="Start the job again.",
        )
