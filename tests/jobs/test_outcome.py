from __future__ import annotations

from pathlib import Path

import pytest

from inspector.jobs.outcome import (
    CANCELLED,
    DONE,
    FAILED,
    LOST,
    OUTCOME_FILE,
    JobOutcome,
    read_outcome,
    write_outcome,
)


@pytest.mark.parametrize(
    "outcome",
    [
        JobOutcome(state=DONE, results={"model": "model", "steps": 400}),
        JobOutcome(state=CANCELLED),
        JobOutcome(state=FAILED, message="Keine Bilder in „Dübel“.", hint="Import some."),
    ],
    ids=lambda outcome: outcome.state,
)
def test_an_outcome_is_read_as_it_was_written(tmp_path: Path, outcome: JobOutcome) -> None:
    write_outcome(tmp_path, outcome)
    assert read_outcome(tmp_path) == outcome
    assert [file.name for file in tmp_path.iterdir()] == [OUTCOME_FILE]


def test_a_run_without_an_outcome_is_lost_and_can_be_resumed(tmp_path: Path) -> None:
    outcome = read_outcome(tmp_path)
    assert outcome.state == LOST
    assert outcome.message
    assert "Resume" in outcome.hint


def test_a_new_outcome_replaces_the_old_one(tmp_path: Path) -> None:
    write_outcome(tmp_path, JobOutcome(state=FAILED, message="Disk full."))
    write_outcome(tmp_path, JobOutcome(state=DONE))
    assert read_outcome(tmp_path) == JobOutcome(state=DONE)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"message":"no state"}', b'{"state":3}', b'{"state":"done","message":"\xff"}'],
    ids=["empty", "cut off", "no state", "wrong type", "not UTF-8"],
)
def test_a_damaged_outcome_is_a_failure_that_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / OUTCOME_FILE).write_bytes(content)
    outcome = read_outcome(tmp_path)
    assert outcome.state == FAILED
    assert "damaged" in outcome.message
