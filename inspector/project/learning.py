"""Learning at once, from the project's side: which painted masks, and which images come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from inspector.core.files import write_atomically
from inspector.core.neighbours import most_alike
from inspector.errors import InspectorError
from inspector.jobs.bank_file import learned_annotations
from inspector.jobs.catalogue import METHODS
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.jobs.outcome import JobOutcome
from inspector.jobs.spec import JOB_FILE, LearnJob
from inspector.project.learned import LEARN
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import CHANGES_FILE, DESCRIPTORS_FILE
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import settle
from inspector.project.snapshots import Snapshot
from inspector.project.work import Computing
from inspector.project.workers import announce_worker

_NEIGHBOURS = 24
_MOST_FIRST = 2000


@dataclass(frozen=True, slots=True)
class Order:
    """In which order images are scored.

    Attributes:
        current: The image that somebody looks at; None for none. Those that look like it follow.
        queue: Images that come next, in this order; then all others.
    """

    current: int | None = None
    queue: Sequence[int] = ()


NO_ORDER = Order()


def learns_at_once(model: ModelRow) -> bool:
    """Whether a model can take in painted defects without a training."""
    method = METHODS.get(model.method)
    return method is not None and method.learns_from_defects


def prepare_learning(
    project: Project,
    model: ModelRow,
    computing: Computing,
    order: Order = NO_ORDER,
    *,
    forget: bool = False,
    anyway: bool = False,
) -> RunRow | None:
    """A run folder for taking all painted masks into a model at once; None where it has them.

    Masks that the model was trained with are in its bank already and are not taken in again.

    Args:
        project: With the masks; versions of them are cut.
        model: It keeps what it was trained with.
        computing: Where and how.
        order: Of the images.
        forget: Takes out what was learned at once, instead.
        anyway: Also where nothing is new, for example as patches were muted.

    Raises:
        InspectorError: The model does not learn from painted defects or cannot be read, or there
            is no image.
    """
    if not learns_at_once(model):
        raise InspectorError(
            f"The model {model.name} does not learn from painted defects.",
            "Train one with the method 'dmad'.",
        )
    snapshot = project.take_snapshot()
    masks = {} if forget else _new_masks(project, model, snapshot)
    known = {(mask.image_id, mask.mask_sha256) for mask in read_fresh_masks(model.folder)}
    if set(masks) == known and not anyway:
        return None
    job = LearnJob(
        model=str(model.folder),
        snapshot=str(project.snapshot_file(snapshot.snapshot_id)),
        annotations=tuple(sorted(masks.values())),
        current=-1 if order.current is None else order.current,
        first=_first(project, model, order),
        cache=str(project.cache_folder),
        device=computing.device,
        precision=computing.precision,
    )
    encoded = msgspec.json.encode(job)
    run = project.new_run(LEARN, model.method, encoded, snapshot.snapshot_id)
    write_atomically(run.folder / JOB_FILE, encoded)
    announce_worker(run.folder)  # so that nobody takes it for lost before its worker has it
    return run


def settle_learning(
    project: Project, run: RunRow, outcome: JobOutcome, replaced: Sequence[RunRow] = ()
) -> None:
    """As `settling.settle`, for the newest of several; those that it has replaced are dropped.

    Raises:
        InspectorError: It failed; says why.
    """
    given_up = {older.run_id for older in replaced}
    for older in project.runs():
        if older.run_id in given_up and older.state is RunState.RUNNING:
            project.finish_run(older.run_id, None, RunState.CANCELLED)
    try:
        settle(project, run, outcome)
    finally:
        project.clear_away_learnings()


def count_unlearned(project: Project, model: ModelRow) -> int:
    """Painted masks that the model has neither learned at once nor been trained with."""
    painted = project.painted_masks()
    trained = project.annotation_contents(learned_annotations(model.folder))
    fresh = {(mask.image_id, mask.mask_sha256) for mask in read_fresh_masks(model.folder)}
    return len(painted - trained - fresh)


def newest_learning(project: Project, model: ModelRow) -> RunRow | None:
    """The run whose scores are the model's now, if it learned at once and tells what changed."""
    number = project.newest_scoring(model.model_id)
    for run in reversed(project.runs()):
        if run.run_id == number:
            has_changes = run.kind == LEARN and run.state is RunState.DONE
            return run if has_changes and (run.folder / CHANGES_FILE).exists() else None
    return None


def _new_masks(project: Project, model: ModelRow, snapshot: Snapshot) -> dict[tuple[int, str], int]:
    """(image id, SHA-256) -> annotation id of the masks that the model was not trained with."""
    trained = project.annotation_contents(learned_annotations(model.folder))
    found = {
        (entry.image_id, annotation.sha256): annotation.annotation_id
        for entry in snapshot.annotated()
        for annotation in entry.annotations
    }
    return {key: number for key, number in found.items() if key not in trained}


def _first(project: Project, model: ModelRow, order: Order) -> tuple[int, ...]:
    alike = _alike(project, model, order.current) if order.current is not None else ()
    return tuple(dict.fromkeys((*alike, *order.queue)))[:_MOST_FIRST]


def _alike(project: Project, model: ModelRow, image_id: int) -> tuple[int, ...]:
    """The images that look most like one, by the descriptors of its last scoring."""
    columns = project.score_columns(model.model_id)
    (places,) = np.nonzero(columns.image_ids == image_id)
    if not places.size:
        return ()
    run_id, row = int(columns.run_ids[places[0]]), int(columns.map_rows[places[0]])
    same = np.flatnonzero((columns.run_ids == run_id) & (columns.map_rows >= 0))
    try:
        folder: Path = project.find_run(run_id).folder
        descriptors = np.load(folder / DESCRIPTORS_FILE, mmap_mode="r", allow_pickle=False)
    except (InspectorError, OSError, ValueError):
        return ()  # its files may be deleted; the order is a convenience
    rows = columns.map_rows[same]
    if row < 0 or rows.max() >= len(descriptors):
        return ()
    own = int(np.flatnonzero(rows == row)[0])
    nearest = most_alike(descriptors[rows], own, _NEIGHBOURS)
    return tuple(columns.image_ids[same[nearest]].tolist())
