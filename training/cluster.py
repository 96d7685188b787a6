"""Scoring on an existing Ray cluster: portions of the images, each by one task. Only here is Ray.

Every machine of the cluster sees images, model and run folder under the same paths. A task writes
its portion into the run folder, under another name until it is complete; so what is done is done,
whoever dies: Ray tries a lost task again elsewhere, and a resumed run scores only what is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch

import inspector
from inspector.core.files import sha256_of
from inspector.errors import InspectorError
from inspector.jobs.bank_file import MUTED_FILE
from inspector.jobs.cluster import require_ray
from inspector.jobs.fresh_file import FRESH_FILE
from inspector.jobs.model_card import CARD_FILE, WEIGHTS_FILE, read_model_card
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.results import (
    DESCRIPTORS_FILE,
    MAPS_FILE,
    PORTIONS_FOLDER,
    RESULTS_FILE,
    Results,
    clear_removed_portions,
    read_results,
    write_results,
)
from inspector.project.rows_file import RowsFile
from inspector.project.snapshots import SnapshotEntry
from training.run import Run
from training.score_job import Loaded, load_for_scoring, score_entries

_PORTION_BATCHES = 4
_TRIES = 5
_CALLS = 100  # portions that one process scores on a GPU
_CONNECT_SECONDS = 10.0
_START_SECONDS = 90.0
_LOOK_SECONDS = 0.5
_APPEAR_SECONDS = 90.0  # a network file system may deny for a minute what another machine wrote


class _Portion(NamedTuple):
    name: str
    entries: Sequence[SnapshotEntry]


def score_on_cluster(job: ScoreJob, run: Run, entries: Sequence[SnapshotEntry]) -> Results:
    """Scores the entries, in a stage of its own, and leaves the files of any scoring.

    Raises:
        InspectorError: Ray is missing, no cluster answers, its machines do not see the files or
            have another Inspector, or a portion was lost again and again.
    """
    clear_removed_portions(run.folder)
    folder = run.folder / PORTIONS_FOLDER
    folder.mkdir(exist_ok=True)
    portions = _cut(job, entries)
    missing = [portion for portion in portions if not _is_done(folder, portion.name)]
    done = len(entries) - sum(len(portion.entries) for portion in missing)
    run.progress(done, len(entries), "images")
    if missing:
        with _connected(job, run.check) as cluster:
            for portion in cluster.work(run, missing):
                if not _appears(folder, portion.name, run.check):
                    raise _not_shared(run.folder, "The cluster")
                done += len(portion.entries)
                run.progress(done, len(entries), "images")
    return _put_together(run.folder, portions, job)


def score_portion(run_folder: str, name: str, entries: bytes, seen: list[bool], of: str) -> str:
    """What a task does: scores one portion into the run folder.

    Args:
        run_folder: As the driver sees it.
        name: Of the portion.
        entries: Its `SnapshotEntry`s as JSON.
        seen: Whether the driver sees the file of each.
        of: The driver's version of Inspector.

    Returns:
        What the user must know and do, as JSON; empty where all is well.
    """
    try:
        _score_portion(Path(run_folder), name, entries, seen, of)
    except InspectorError as error:
        return msgspec.json.encode([error.message, error.hint]).decode()
    return ""


def _score_portion(
    run_folder: Path, name: str, encoded: bytes, seen: list[bool], version: str
) -> None:
    here = f"The machine '{socket.gethostname()}'"
    if version != inspector.__version__:
        raise InspectorError(
            f"{here} has Inspector {inspector.__version__}, this one {version}.",
            "Install the same version on all machines of the cluster.",
        )
    folder = run_folder / PORTIONS_FOLDER
    if not folder.is_dir():
        raise _not_shared(run_folder, here)
    if _is_done(folder, name):
        return  # a try that was taken for lost
    entries = msgspec.json.decode(encoded, type=list[SnapshotEntry])
    for entry, is_there in zip(entries, seen, strict=True):
        if is_there and not Path(entry.path).exists():
            raise _not_shared(Path(entry.path), here)
    job = read_job(run_folder)
    assert isinstance(job, ScoreJob)
    # A name of its own: two tries of one portion may be at work at the same time. Without the cache
    # they write nothing else.
    temporary = folder / f".{name}.{uuid.uuid4().hex}"
    temporary.mkdir()
    try:
        job = msgspec.structs.replace(job, cache="")
        results = score_entries(job, _model_of(str(run_folder)), entries, temporary)
        write_results(temporary, results)
        with contextlib.suppress(OSError):  # the other try was quicker
            temporary.rename(folder / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@lru_cache(maxsize=1)
def _model_of(run_folder: str) -> Loaded:
    """The model of a run: a process of the cluster scores many portions."""
    job = read_job(Path(run_folder))
    assert isinstance(job, ScoreJob)
    torch.set_num_threads(1)  # there is a task for every core
    return load_for_scoring(job)


class _Cluster:
    """A cluster that this process is connected to."""

    def __init__(self, ray: Any, job: ScoreJob) -> None:
        self._ray = ray
        # With a torch for CPUs, "auto" computes on one core of each machine with a GPU.
        has_cuda: bool = torch.backends.cuda.is_built()  # type: ignore[no-untyped-call]
        wanted = job.device == "cuda" or (job.device == "auto" and has_cuda)
        on_gpus = wanted and ray.cluster_resources().get("GPU", 0) >= 1
        self._resource = "GPU" if on_gpus else "CPU"
        # Unless told otherwise, Ray starts a process for each task that takes a GPU.
        needs = {"num_gpus": 1, "max_calls": _CALLS} if on_gpus else {}
        self._task = ray.remote(max_retries=_TRIES - 1, num_cpus=1, **needs)(score_portion)

    def work(self, run: Run, portions: Sequence[_Portion]) -> Iterator[_Portion]:
        """The portions as they are done."""
        waiting = list(reversed(portions))
        running: dict[Any, _Portion] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._most():
                    portion = waiting.pop()
                    running[self._start(run.folder, portion)] = portion
                finished, _ = self._ray.wait(list(running), timeout=_LOOK_SECONDS)
                run.check()
                for one in finished:
                    portion = running.pop(one)
                    self._check(one, portion)
                    yield portion
        finally:
            for one in running:
                self._ray.cancel(one, force=True)

    def _start(self, run_folder: Path, portion: _Portion) -> Any:
        encoded = _encoded(portion.entries)
        seen = [Path(entry.path).exists() for entry in portion.entries]
        return self._task.remote(
            str(run_folder), portion.name, encoded, seen, inspector.__version__
        )

    def _most(self) -> int:
        """How many tasks are handed out: enough that nobody waits for one, also where the cluster
        grows."""
        return 2 * int(self._ray.cluster_resources().get(self._resource, 1)) + 8

    def _check(self, task: Any, portion: _Portion) -> None:
        try:
            failure = self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            raise InspectorError(
                f"A machine of the cluster could not score portion {portion.name} "
                f"({str(error.cause).strip() or type(error.cause).__name__}).",
                "Inspector and what it needs must be installed on all machines of the cluster.",
            ) from error
        except self._ray.exceptions.RayError as error:
            raise InspectorError(
                f"Portion {portion.name} was tried {_TRIES} times on the cluster, and each time "
                "what worked on it died.",
                "Look whether its machines have enough memory; then go on with --resume.",
            ) from error
        if failure:
            raise InspectorError(*msgspec.json.decode(failure))


@contextlib.contextmanager
def _connected(job: ScoreJob, check: Callable[[], None]) -> Iterator[_Cluster]:
    require_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    import ray.exceptions

    _probe(job.cluster)
    _connect(ray, job.cluster, check)
    try:
        yield _Cluster(ray, job)
    except ray.exceptions.RayError as error:
        raise InspectorError(
            f"The cluster is gone ({error}).", "When it is back, go on with --resume."
        ) from error
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str, check: Callable[[], None]) -> None:
    """Connects in a thread, as Ray may try for minutes and hear nothing meanwhile."""
    failures: list[Exception] = []
    is_connected = threading.Event()

    def connect() -> None:
        try:
            ray.init(address=address, log_to_driver=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError, ImportError, OSError) as error:
            failures.append(error)
        else:
            is_connected.set()

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    latest = time.monotonic() + _START_SECONDS
    while thread.is_alive() and time.monotonic() < latest:
        thread.join(_LOOK_SECONDS)
        check()
    if not is_connected.is_set():
        why = f" ({failures[0]})" if failures else ""
        if thread.is_alive():
            why = f" within {_START_SECONDS:.0f} s"
        else:
            ray.shutdown()  # what it may have begun
        raise InspectorError(
            f"No Ray cluster answers at '{address}'{why}.",
            "Start one with `ray start --head`, or name the address of an existing one: "
            "--cluster HOST:PORT. Ray must have the same version on all machines.",
        ) from (failures[0] if failures else None)


def _probe(address: str) -> None:
    """Asks at HOST:PORT, as Ray itself waits long for somebody who is not there."""
    host, separator, port = address.rpartition(":")
    if not separator or "//" in address or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        raise InspectorError(
            f"No Ray cluster answers at '{address}' ({error}).",
            "Look at the address and whether the cluster is up: `ray status` tells.",
        ) from error


def _cut(job: ScoreJob, entries: Sequence[SnapshotEntry]) -> list[_Portion]:
    """Portions of whole batches: so batches are those of one machine.

    Their names tell what they were made from: what was made from something else, before the model
    learned at once or by another version, is no portion of this scoring.
    """
    model = Path(job.model)
    size = _PORTION_BATCHES * read_model_card(model).tiling.images_at_once(job.batch_size)
    made_from = hashlib.sha256(inspector.__version__.encode())
    # The model and the images count by what they are, whatever machine computes.
    same = msgspec.structs.replace(job, model="", snapshot="", cache="", cluster="")
    made_from.update(msgspec.json.encode(same))
    for name in (WEIGHTS_FILE, CARD_FILE, FRESH_FILE, MUTED_FILE):
        file = model / name
        made_from.update(f"{name} {sha256_of(file) if file.exists() else ''}\n".encode())
    portions = []
    for number, start in enumerate(range(0, len(entries), size)):
        own = entries[start : start + size]
        digest = made_from.copy()
        digest.update(_encoded(own))
        portions.append(_Portion(f"{number:06d}-{digest.hexdigest()[:12]}", own))
    return portions


def _encoded(entries: Sequence[SnapshotEntry]) -> bytes:
    return msgspec.json.encode(list(entries))


def _put_together(run_folder: Path, cut: Sequence[_Portion], job: ScoreJob) -> Results:
    """The results of all portions in their order; their maps and descriptors as files."""
    portions = [run_folder / PORTIONS_FOLDER / each.name for each in cut]
    parts = [read_results(portion) for portion in portions]
    for each, portion, part in zip(cut, portions, parts, strict=True):
        ids = [i.image_id for i in part.scored] + [i.image_id for i in part.unread]
        if sorted(ids) != sorted(entry.image_id for entry in each.entries):
            raise InspectorError(
                f"'{portion}' has the scores of other images than it should.",
                "Delete this folder, then go on with --resume.",
            )
    results = Results(
        tuple(image for part in parts for image in part.scored),
        tuple(image for part in parts for image in part.unread),
    )
    for name in (MAPS_FILE, DESCRIPTORS_FILE) if job.keep_maps else (DESCRIPTORS_FILE,):
        file = RowsFile(run_folder / name)
        for portion, part in zip(portions, parts, strict=True):
            if part.scored:
                rows = np.load(portion / name, mmap_mode="r", allow_pickle=False)
                file.append(rows[: len(part.scored)])  # others may once have stood behind them
        file.close()
    return results


def _is_done(folder: Path, name: str) -> bool:
    return (folder / name / RESULTS_FILE).exists()


def _appears(folder: Path, name: str, check: Callable[[], None]) -> bool:
    latest = time.monotonic() + _APPEAR_SECONDS
    while not _is_done(folder, name):
        if time.monotonic() > latest:
            return False
        check()
        time.sleep(_LOOK_SECONDS)
    return True


def _not_shared(path: Path, who: str) -> InspectorError:
    return InspectorError(
        f"{who} does not see '{path}', which is there on this one.",
        "Put images and project on storage that all machines of the cluster have under the same "
        "path.",
    )
