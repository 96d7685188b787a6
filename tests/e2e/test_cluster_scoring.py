"""Scoring on a local Ray cluster of two workers: same scores, a lost worker, resuming, errors."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import inspector
from inspector.core.files import write_atomically
from inspector.jobs.process import Worker
from inspector.jobs.spec import JOB_FILE, ScoreJob, read_job
from inspector.project.project import Project
from inspector.project.results import open_maps, read_results, write_results
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.snapshots import SnapshotEntry, read_snapshot
from inspector.project.work import Computing, prepare_folder_scoring

pytest.importorskip("ray")

from training.cluster import score_portion
from training.score_job import load_for_scoring, score_entries

ROOT = Path(__file__).parents[2]
HERE = Computing("cpu", "float32")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two workers on this machine."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", str(ROOT))
        small = {"num_cpus": 1, "object_store_memory": 80 << 20}
        made = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
        made.add_node(**small)
        yield made.address
        made.shutdown()


@pytest.fixture(scope="module")
def project(tiny_project: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("cluster") / "project"
    shutil.copytree(tiny_project.folder, folder)
    with Project.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def archive(tiny_parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flat folder of parts, one of them damaged."""
    folder = tmp_path_factory.mktemp("cluster") / "archive"
    folder.mkdir()
    for number, image in enumerate(sorted(tiny_parts.rglob("*/good/*.png"))):
        shutil.copy(image, folder / f"{number:02d}.png")
    (folder / "05.png").write_bytes((folder / "05.png").read_bytes()[:200])
    return folder


def prepared(project: Project, archive: Path, address: str) -> RunRow:
    """A run folder with portions of four images."""
    where = replace(HERE, cluster=address)
    row = prepare_folder_scoring(project, project.find_model(), archive, None, where)
    job = read_job(row.folder)
    write_atomically(
        row.folder / JOB_FILE, msgspec.json.encode(msgspec.structs.replace(job, batch_size=1))
    )
    return row


def entries_of(row: RunRow) -> tuple[SnapshotEntry, ...]:
    return read_snapshot(row.folder / "snapshot.json").entries


def kill_one_task() -> None:
    """Kills the first process of the cluster that is at work on a portion."""
    while True:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if file.read_bytes().startswith(b"ray::score_portion"):
                    os.kill(int(file.parent.name), signal.SIGKILL)
                    return
        time.sleep(0.01)


def test_a_cluster_scores_as_one_machine_though_the_run_and_a_worker_die(
    project: Project, archive: Path, cluster: str
) -> None:
    alone = prepared(project, archive, "")
    job = read_job(alone.folder)
    assert isinstance(job, ScoreJob)
    write_results(
        alone.folder,
        score_entries(job, load_for_scoring(job), entries_of(alone), alone.folder),
    )

    row = prepared(project, archive, cluster)
    worker = Worker(row.folder)
    for event in worker.events():
        if getattr(event, "done", 0) >= 4:
            worker.interrupt()
    assert worker.wait().state == "lost"
    done = sorted(folder.name for folder in (row.folder / "portions").glob("[0-9]*"))
    assert done
    # The portion that is kept is believed as it is: marked, the mark is in the end.
    first = row.folder / "portions" / done[0] / "results.json"
    first.write_bytes(first.read_bytes().replace(b'"class_name":""', b'"class_name":"kept"'))
    # One that was made from something else does not count.
    (row.folder / "portions" / f"{len(done):06d}-0123456789ab").mkdir()

    killer = threading.Thread(target=kill_one_task, daemon=True)
    killer.start()
    worker = Worker(row.folder)
    for _ in worker.events():
        pass
    outcome = worker.wait()
    killer.join(5)
    assert not killer.is_alive()  # it has killed one
    assert outcome.state == "done", outcome
    settle(project, row, outcome)

    ours, theirs = read_results(alone.folder), read_results(row.folder)
    classes = [i.class_name for i in theirs.scored]
    assert classes.count("kept") in (3, 4) and len(set(classes)) == 2
    assert [i.path for i in ours.scored] == [i.path for i in theirs.scored]
    assert [i.path for i in ours.unread] == [i.path for i in theirs.unread] != []
    for name in ours.scored[0].scores:
        np.testing.assert_allclose(
            [i.scores[name] for i in ours.scored],
            [i.scores[name] for i in theirs.scored],
            rtol=1e-4,
            atol=1e-5,
        )
    n = len(ours.scored)
    np.testing.assert_allclose(
        open_maps(alone.folder)[:n].astype(float), open_maps(row.folder)[:n], atol=2e-3
    )
    shapes = [np.load(r.folder / "descriptors.npy").shape for r in (alone, row)]
    assert shapes[0] == shapes[1]
    assert not (row.folder / "portions").exists()


def test_what_a_machine_does_not_see_is_said(project: Project, archive: Path) -> None:
    row = prepared(project, archive, "auto")
    entries = msgspec.json.encode([replace(e, path="/nowhere/1.png") for e in entries_of(row)[:1]])

    def said(seen: bool, version: str = inspector.__version__, folder: Path = row.folder) -> str:
        return score_portion(str(folder), "000000-a", entries, [seen], version)

    assert "does not see" in said(True) and "storage" in said(True)  # no folder of portions
    (row.folder / "portions").mkdir()
    assert "does not see '/nowhere/1.png'" in said(True)
    assert "same version" in said(True, "0.0")
    assert said(False) == ""  # nobody sees it: an image that could not be read
    assert [i.path for i in read_results(row.folder / "portions" / "000000-a").unread] == [
        "/nowhere/1.png"
    ]
