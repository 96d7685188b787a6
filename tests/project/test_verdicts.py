"""Giving verdicts, taking them back, giving them again; nothing is ever lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict, standing_verdicts

SEEN = Trace("0001-revdist", 1, "class-free", 0.5, 0.75, 1.25, 3)
IMAGES = 4


def _add_images(project: Project) -> None:
    database = project._database
    with database.transaction():
        database.run(
            """
            INSERT INTO source (id, path, layout, description, imported)
            VALUES (1, 'parts', 'flat', '', 'now')
            """
        )
        database.run_many(
            """
            INSERT INTO image (id, source_id, path, class_name, split, truth, defect_kind, problem)
            VALUES (?, 1, ?, 'bolt', 'test', 'good', '', 'unreadable')
            """,
            [(number, f"{number}.png") for number in range(1, IMAGES + 1)],
        )


@pytest.fixture
def filled(project: Project) -> Project:
    """A project with a few images."""
    _add_images(project)
    return project


def _counting(project: Project) -> dict[int, tuple[Verdict, str]]:
    return {image: (row.verdict, row.note) for image, row in project.latest_verdicts().items()}


def test_a_verdict_keeps_all_that_was_said_and_seen(filled: Project) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    row = filled.add_verdict(2, Verdict.NG, "Ada", SEEN, "scratch", "left edge")
    assert (row.image_id, row.verdict, row.operator) == (2, Verdict.NG, "Ada")
    assert (row.defect_kind, row.note, row.undoes) == ("scratch", "left edge", None)
    assert row.trace == SEEN
    moment = datetime.fromisoformat(row.created)
    assert moment.utcoffset() == timedelta(0) and before <= moment <= datetime.now(UTC)
    assert "." in row.created  # milliseconds
    assert filled.latest_verdicts() == {2: row}
    assert filled.verdict_history(2) == (row,)
    assert filled.verdict_history(1) == ()
    assert filled.last_verdict_id() == row.verdict_id


def test_a_verdict_is_on_the_disk_when_the_call_returns(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict
project = Project.open(Path({str(tmp_path / "p")!r}))
project.add_verdict(1, Verdict.OK, "Ada", Trace())
project.undo_verdict("Ada")
project.redo_verdict("Ada")
os._exit(9)
"""
    with Project.create(tmp_path / "p") as project:
        _add_images(project)
        assert project._database.rows("PRAGMA synchronous")[0][0] == 2  # FULL: each commit syncs
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 9
    with Project.open(tmp_path / "p") as project:
        assert _counting(project) == {1: (Verdict.OK, "")}
        assert len(project.verdict_history(1)) == 3


def test_undo_restores_what_the_image_had_with_its_trace(filled: Project) -> None:
    first = filled.add_verdict(1, Verdict.UNSURE, "Ada", SEEN, note="first")
    second = filled.add_verdict(1, Verdict.NG, "Ada", Trace(model_name="other"), "dent")
    undo = filled.undo_verdict("Bob")
    assert undo is not None
    assert (undo.undoes, undo.verdict, undo.note) == (second.verdict_id, Verdict.UNSURE, "first")
    assert (undo.trace, undo.operator, undo.defect_kind) == (SEEN, "Bob", "")
    assert filled.latest_verdicts() == {1: undo}
    undo = filled.undo_verdict("Bob")
    assert undo is not None
    assert (undo.undoes, undo.verdict, undo.trace) == (first.verdict_id, Verdict.NONE, Trace())
    assert filled.latest_verdicts() == {}
    assert filled.undo_verdict("Bob") is None
    assert len(filled.verdict_history(1)) == 4


def test_redo_gives_again_until_something_new_is_given(filled: Project) -> None:
    filled.add_verdict(1, Verdict.OK, "Ada", SEEN, note="a")
    filled.add_verdict(2, Verdict.NG, "Ada", SEEN, "dent", "b")
    assert filled.redo_verdict("Ada") is None
    for _ in range(2):
        filled.undo_verdict("Ada")
    again = filled.redo_verdict("Ada")
    assert again is not None and (again.image_id, again.trace) == (1, SEEN)
    assert _counting(filled) == {1: (Verdict.OK, "a")}
    filled.add_verdict(3, Verdict.OK, "Ada", Trace(), note="c")
    assert filled.redo_verdict("Ada") is None
    assert _counting(filled) == {1: (Verdict.OK, "a"), 3: (Verdict.OK, "c")}


def test_a_session_takes_back_only_its_own(filled: Project) -> None:
    old = filled.add_verdict(1, Verdict.OK, "Ada", Trace())
    filled.add_verdict(2, Verdict.OK, "Ada", Trace())
    filled.undo_verdict("Ada")
    start = filled.last_verdict_id()
    assert filled.redo_verdict("Bob", start) is None
    mine = filled.add_verdict(1, Verdict.NG, "Bob", Trace())
    undo = filled.undo_verdict("Bob", start)
    assert undo is not None and undo.undoes == mine.verdict_id
    assert filled.undo_verdict("Bob", start) is None
    assert _counting(filled) == {1: (Verdict.OK, "")}
    assert filled.verdicts_since(start) == (mine, undo)
    assert standing_verdicts(filled.verdicts_since()) == {1: old}
    assert standing_verdicts(filled.verdicts_since(start)) == {}


def test_clearing_a_verdict_can_be_undone(filled: Project) -> None:
    filled.add_verdict(1, Verdict.OK, "Ada", Trace())
    filled.add_verdict(1, Verdict.NONE, "Ada", Trace())
    assert filled.latest_verdicts() == {}
    filled.undo_verdict("Ada")
    assert _counting(filled) == {1: (Verdict.OK, "")}


def test_numbers_of_arrays_and_half_characters_lose_no_verdict(filled: Project) -> None:
    scores = np.array([0.5, 0.75], dtype=np.float32)
    row = filled.add_verdict(
        1, Verdict.OK, "Ada", Trace(score=scores[0], raw_score=scores[1]), note="a\ud800b"
    )
    assert row.note == "a?b"
    assert filled.verdict_history(1) == (row,)
    assert (row.trace.score, row.trace.raw_score) == (0.5, 0.75)


def test_a_verdict_on_no_image_is_refused(filled: Project) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        filled.add_verdict(99, Verdict.OK, "Ada", Trace())


class _Stacks:
    """The naive reference: two stacks of (number, image, what was said)."""

    def __init__(self) -> None:
        self.number = 0
        self.given: list[tuple[int, int, tuple[Verdict, str]]] = []
        self.taken_back: list[tuple[int, int, tuple[Verdict, str]]] = []

    def add(self, image: int, verdict: Verdict) -> str:
        self.number += 1
        self.given.append((self.number, image, (verdict, str(self.number))))
        self.taken_back = []
        return str(self.number)

    def undo(self, since: int) -> bool:
        if not self.given or self.given[-1][0] <= since:
            return False
        self.taken_back.append(self.given.pop())
        return True

    def redo(self) -> bool:
        if not self.taken_back:
            return False
        self.given.append(self.taken_back.pop())
        return True

    def counting(self) -> dict[int, tuple[Verdict, str]]:
        newest = {image: said for _, image, said in self.given}
        return {image: said for image, said in newest.items() if said[0] is not Verdict.NONE}


_ADD = st.tuples(st.integers(1, IMAGES), st.sampled_from(Verdict))
_STEPS = st.lists(_ADD | st.sampled_from(["undo", "undo", "redo", "session"]), max_size=30)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(steps=_STEPS)
def test_undo_and_redo_are_a_pair_of_stacks(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, Verdict] | str]
) -> None:
    with Project.create(tmp_path_factory.mktemp("stacks") / "p") as project:
        _add_images(project)
        stacks, since, stacks_since = _Stacks(), 0, 0
        for step in steps:
            match step:
                case "undo":
                    row = project.undo_verdict("Ada", since)
                    assert (row is not None) == stacks.undo(stacks_since)
                case "redo":
                    row = project.redo_verdict("Ada", since)
                    assert (row is not None) == stacks.redo()
                case "session":
                    since, stacks_since = project.last_verdict_id(), stacks.number
                    stacks.taken_back = []
                case (int(image), Verdict() as verdict):
                    project.add_verdict(
                        image, verdict, "Ada", SEEN, note=stacks.add(image, verdict)
                    )
            assert _counting(project) == stacks.counting()
        standing = standing_verdicts(project.verdicts_since())
        assert {i: (row.verdict, row.note) for i, row in standing.items()} == stacks.counting()
        assert all(row.undoes is None for row in standing.values())
