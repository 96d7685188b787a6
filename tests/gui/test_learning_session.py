"""Learning at once in the window's session, with real worker processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.learning import Phase
from inspector.gui.session import Session
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.project.learned import LEARN
from inspector.project.learning import Order
from inspector.project.project import Project
from inspector.project.results import open_maps
from inspector.project.runs import RunState

_PATIENCE_MS = 180_000
PAINTED = 20  # a burn in its left half


@pytest.fixture
def project(
    session: Session, tiny_dmad: Any, tmp_path: Path, qtbot: QtBot, monkeypatch: Any
) -> Iterator[Project]:
    """An open project with a small DMAD that has scored everything; nothing is painted yet."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    assert session.open_project(tmp_path / "project")
    assert session.project is not None
    session.project.add_defect_type("flaw")
    qtbot.waitUntil(lambda: session.library.scores.n_scored == 30, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: session.learning.n_unlearned == 0, timeout=_PATIENCE_MS)
    yield session.project
    pid = session.learning._serving.pid if session.learning._serving else None
    session.close_project()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def paint(project: Project, area: int = 20, image_id: int = PAINTED) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[13:27, : area * 3 // 4] = True
    (flaw,) = project.defect_types()
    project.add_annotation(image_id, flaw.type_id, mask, "Ada", "brush")


def raw(session: Session, image_id: int = PAINTED) -> float:
    (row,) = session.library.images.rows_of(np.array([image_id], np.int64))
    return float(session.library.scores.raw[row])


def masks(project: Project) -> list[int]:
    return [mask.image_id for mask in read_fresh_masks(project.find_model().folder)]


def test_what_is_painted_is_learned_by_a_warm_worker(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    learning, before = session.learning, raw(session)
    seen: list[tuple[int, Path]] = []
    learning.current_scored.connect(lambda image_id, folder: seen.append((image_id, folder)))
    assert learning.can_learn
    assert not learning.is_worker_running
    paint(project)
    learning.wake()
    assert learning.is_worker_running
    pid = learning._serving.pid if learning._serving else None
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        learning.learn(Order(PAINTED))
        assert learning.phase is Phase.PREPARING
    qtbot.waitUntil(lambda: raw(session) > before + 0.3, timeout=_PATIENCE_MS)
    assert learning.phase is Phase.IDLE
    assert (learning.done, learning.total) == (30, 30)
    change = learning.changes[PAINTED]
    assert change.before["none"] == pytest.approx(before, abs=1e-3)
    assert change.after["none"] == pytest.approx(raw(session), abs=1e-6)
    assert [image_id for image_id, _ in seen] == [PAINTED]
    assert open_maps(seen[0][1]).shape == (1, 16, 16)
    assert masks(project) == [PAINTED]
    qtbot.waitUntil(lambda: learning.n_unlearned == 0, timeout=_PATIENCE_MS)

    # Taken back: the same worker, and all is as before.
    project.undo_stroke(PAINTED)
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        learning.learn(Order(PAINTED))
    qtbot.waitUntil(lambda: abs(raw(session) - before) < 1e-3, timeout=_PATIENCE_MS)
    assert learning._serving is not None
    assert learning._serving.pid == pid
    assert masks(project) == []
    assert learning.changes == {}
    learning._idle.timeout.emit()  # nobody paints for long
    assert not learning.is_worker_running


def test_of_several_wishes_only_the_newest_is_kept(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    for area in (8, 12, 16, 20):
        paint(project, area)
        session.learning.learn(Order(PAINTED))
    (newest,) = project.annotations()
    qtbot.waitUntil(
        lambda: (
            [m.annotation_id for m in read_fresh_masks(project.find_model().folder)]
            == [newest.annotation_id]
        ),
        timeout=_PATIENCE_MS,
    )
    qtbot.waitUntil(lambda: session.learning.phase is Phase.IDLE, timeout=_PATIENCE_MS)
    runs = [run for run in project.runs() if run.kind == LEARN]
    assert runs[-1].state is RunState.DONE
    assert {s.run_id for s in project.scores(project.find_model().model_id)} == {runs[-1].run_id}


def test_a_killed_worker_is_started_again_once(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    learning = session.learning
    learning.wake()
    assert learning._serving is not None
    first = learning._serving.pid
    paint(project)
    learning.learn(Order(PAINTED))
    qtbot.waitUntil(lambda: learning.phase is Phase.LOADING, timeout=_PATIENCE_MS)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        pass
    assert learning._serving.pid != first
    assert masks(project) == [PAINTED]
    assert session.notices.history == []


def test_a_worker_that_dies_twice_ends_in_a_notice(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    learning = session.learning
    paint(project)
    learning.learn(Order(PAINTED))
    killed: list[int] = []
    for _ in range(2):
        qtbot.waitUntil(
            lambda: (
                learning.phase is Phase.LOADING
                and learning._serving is not None
                and learning._serving.pid not in (None, *killed)
            ),
            timeout=_PATIENCE_MS,
        )
        assert learning._serving is not None
        assert learning._serving.pid is not None
        killed.append(learning._serving.pid)
        os.kill(killed[-1], signal.SIGKILL)
    qtbot.waitUntil(lambda: learning.phase is Phase.FAILED, timeout=_PATIENCE_MS)
    assert "ended twice" in session.notices.history[-1].text
    assert "Nothing painted is lost" in session.notices.history[-1].hint
    assert masks(project) == []
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        learning.learn(Order(PAINTED))  # trying again works
    assert masks(project) == [PAINTED]


def test_it_gives_way_to_a_job_and_goes_on_after_it(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    learning = session.learning
    paint(project)
    learning.learn(Order(PAINTED))
    qtbot.waitUntil(lambda: learning.phase is Phase.LOADING, timeout=_PATIENCE_MS)
    session.jobs.add(ScoreRequest(model=project.find_model().name, device="cpu"))
    assert learning.phase is Phase.WAITING
    assert not learning.is_worker_running
    with qtbot.waitSignal(learning.learned, timeout=_PATIENCE_MS):
        pass
    assert session.jobs.current is None
    assert masks(project) == [PAINTED]


def test_closing_the_project_ends_the_worker(
    session: Session, project: Project, qtbot: QtBot
) -> None:
    learning = session.learning
    paint(project)
    learning.learn(Order(PAINTED))
    qtbot.waitUntil(lambda: learning.phase is Phase.LOADING, timeout=_PATIENCE_MS)
    assert learning._serving is not None
    worker = learning._serving._worker
    assert worker is not None
    folder = project.folder
    session.close_project()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=_PATIENCE_MS)
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: learning.n_unlearned == 1, timeout=_PATIENCE_MS)
    assert masks(session.project or project) == []
