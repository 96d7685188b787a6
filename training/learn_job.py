"""Learning at once: painted masks enter the bank, and everything is scored anew. No training.

A worker that stays keeps what it knows of model and images between two jobs (`serving`); one that
is started for a single job does the same from a cold start.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inspector.core.evaluation import ImageResult
from inspector.core.files import write_atomically
from inspector.core.tiling import Tiling
from inspector.engine.annotating import Entries, PaintedDefect, without
from inspector.engine.device import make_repeatable, resolve_device
from inspector.engine.memory.bank import Bank
from inspector.engine.model_files import load_model
from inspector.engine.rescoring import Assessed, ImageScores, Rescorer
from inspector.engine.runtimes import speed_up
from inspector.errors import InspectorError
from inspector.jobs import events
from inspector.jobs.bank_file import learned_annotations, read_muted
from inspector.jobs.fresh_file import FRESH_FILE, FreshBank, FreshMask, encode_fresh
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.jobs.spec import LearnJob
from inspector.project.results import (
    CURRENT_FOLDER,
    DESCRIPTORS_FILE,
    MAPS_FILE,
    RESULTS_FILE,
    Results,
    UnreadImage,
    write_changes,
    write_results,
)
from inspector.project.rows_file import RowsFile
from inspector.project.snapshots import Snapshot, SnapshotEntry, read_annotation, read_snapshot
from training.images import read_batches
from training.run import Run
from training.shelf import Shelf, shelf_key

_KEPT_AT_ONCE = 64
_TELL_SECONDS = 0.15
_MOST_CHANGES = 500
_SAME = 1e-6


class _Warm(NamedTuple):
    """A loaded model and all that is known by it. `made_of` tells whether it is still the one."""

    made_of: tuple[object, ...]
    shelf: Shelf | None
    rescorer: Rescorer
    tiling: Tiling
    default: str
    channels: int
    entries: dict[int, Entries]


class Learner:
    """Carries out learning jobs, and keeps model and images warm between them."""

    def __init__(self) -> None:
        self._warm: _Warm | None = None

    def learn(self, job: LearnJob, run: Run) -> dict[str, Any]:
        """Runs the job in its run folder.

        Returns:
            What was made: file names within the run folder, how many images were scored and how
            many of them changed, and how many masks were learned.

        Raises:
            InspectorError: The model cannot be loaded or does not learn from painted defects, a
                mask or its image cannot be read, or no image can.
        """
        run.plan("load", "score")
        run.begin("load", "Loading the model")
        warm = self._warmed(job, run)
        snapshot = read_snapshot(Path(job.snapshot))
        wanted = set(job.annotations)
        masks = _masks(snapshot, wanted)
        self._look_at_painted(warm, job, snapshot, wanted, run)
        muted = read_muted(Path(job.model))
        painted = {number: without(warm.entries[number], muted) for number in sorted(wanted)}
        changing = {mask.annotation_id for mask in masks if mask.image_id == job.current}
        warm.rescorer.learn(painted, changing)
        run.begin("score", "Scoring images")
        scoring = _Scoring(job, warm, len(snapshot.entries), run)
        with warm.shelf or contextlib.nullcontext():
            for portion in _portions(warm, job, snapshot.entries, scoring.unread):
                scoring.score(portion)
        made = scoring.finish()
        if masks:
            content = _fresh_file(painted, masks, snapshot.digest, warm.channels)
            write_atomically(run.folder / FRESH_FILE, content)
        return made | {"n_masks": len(masks)}

    def _warmed(self, job: LearnJob, run: Run) -> _Warm:
        """The model of the job, loaded anew where it or what is muted in it is another one."""
        folder = Path(job.model)
        trained = learned_annotations(folder)
        muted = frozenset(place for place in read_muted(folder) if place[0] in trained)
        weights = _version(folder / WEIGHTS_FILE)
        made_of = (folder, weights, muted, job.device, job.precision, job.memory, job.cache)
        if self._warm is None or self._warm.made_of != made_of:
            self._warm = None  # two models would take twice the memory
            make_repeatable(0)
            pipeline, card = load_model(folder)
            precision = "float32" if job.precision == "auto" else job.precision
            device = resolve_device(job.device, precision)
            problem = speed_up(pipeline.detector.backbone, card.tiling.side, device)
            if problem:
                run.note(problem)
            shelf = Shelf(Path(job.cache), folder, device) if job.cache else None
            self._warm = _Warm(
                made_of,
                shelf,
                Rescorer(pipeline.to(device), device, card.tiling, job.memory, shelf),
                card.tiling,
                card.default_alignment,
                pipeline.detector.descriptor_channels,
                {},
            )
        return self._warm

    def _look_at_painted(
        self, warm: _Warm, job: LearnJob, snapshot: Snapshot, wanted: set[int], run: Run
    ) -> None:
        """Takes the patches of the wanted masks that are not known yet; forgets the others."""
        for annotation in [a for a in warm.entries if a not in wanted]:
            del warm.entries[annotation]
        missing = wanted - set(warm.entries)
        entries = [
            e for e in snapshot.annotated() if missing & {a.annotation_id for a in e.annotations}
        ]
        failed: list[UnreadImage] = []
        at_once = warm.tiling.images_at_once(job.batch_size)
        for entry, image in _assessed(warm, at_once, entries, failed):
            for version in entry.annotations:
                number = version.annotation_id
                if number in missing:
                    mask = read_annotation(version)
                    defect = PaintedDefect(number, entry.image_id, mask)
                    warm.entries[number] = warm.rescorer.entries(image, defect)
            run.check()
        if failed:
            raise InspectorError(failed[0].reason, failed[0].hint)


class _Scoring:
    """Scores portions of images, tells of each, and collects what is stored."""

    def __init__(self, job: LearnJob, warm: _Warm, total: int, run: Run) -> None:
        self._job, self._warm, self._total, self._run = job, warm, total, run
        self._maps = RowsFile(run.folder / MAPS_FILE)
        self._descriptors = RowsFile(run.folder / DESCRIPTORS_FILE)
        self._results: list[ImageResult] = []
        self._changes: list[events.Change] = []
        self._untold: list[events.Change] = []
        self._told = 0.0
        self.unread: list[UnreadImage] = []

    def score(self, portion: Sequence[tuple[SnapshotEntry, Assessed]]) -> None:
        """Scores some images.

        Raises:
            Cancelled, Interrupted: By command.
        """
        scored = self._warm.rescorer.rescore([image for _, image in portion])
        for (entry, image), now in zip(portion, scored, strict=True):
            self._take(entry, image, now)
        self._maps.append(np.stack([now.shown for now in scored]))
        shown = -1
        if portion[0][0].image_id == self._job.current and len(self._results) == len(portion):
            self._show_current(scored[0])
            shown = self._job.current
        self._tell(shown)

    def finish(self) -> dict[str, Any]:
        """Completes the files.

        Raises:
            InspectorError: Not one image could be read.
        """
        self._maps.close()
        if not self._results:
            first = self.unread[0]
            raise InspectorError(f"No image could be scored. The first: {first.reason}", first.hint)
        self._tell(-1, last=True)
        self._descriptors.close()
        default = self._warm.default
        self._changes.sort(key=lambda c: -abs(c.after[default] - c.before[default]))
        write_changes(self._run.folder, self._changes[:_MOST_CHANGES])
        write_results(self._run.folder, Results(tuple(self._results), tuple(self.unread)))
        return {
            "results": RESULTS_FILE,
            "n_scored": len(self._results),
            "n_unread": len(self.unread),
            "n_changed": len(self._changes),
        }

    def _take(self, entry: SnapshotEntry, image: Assessed, now: ImageScores) -> None:
        self._results.append(
            ImageResult(
                image_id=entry.image_id,
                path=entry.path,
                class_name=entry.class_name,
                truth=entry.truth,
                defect_kind=entry.defect_kind,
                raw_score=now.raw_score,
                scores=now.scores,
                statistics=image.statistics,
            )
        )
        self._descriptors.append(image.descriptor[None])
        shown = self._warm.default
        aligned = now.scores[shown] - image.trained.scores[shown]
        if max(abs(now.raw_score - image.trained.raw_score), abs(aligned)) > _SAME:
            change = events.Change(
                image_id=entry.image_id, before=image.trained.scores, after=now.scores
            )
            self._changes.append(change)
            self._untold.append(change)

    def _show_current(self, now: ImageScores) -> None:
        folder = self._run.folder / CURRENT_FOLDER
        folder.mkdir(exist_ok=True)
        file = RowsFile(folder / MAPS_FILE)
        file.append(now.shown[None])
        file.close()

    def _tell(self, current: int, *, last: bool = False) -> None:
        done, moment = len(self._results) + len(self.unread), time.monotonic()
        self._run.progress(done, self._total, "images")
        if current < 0 and not last and moment - self._told < _TELL_SECONDS:
            return
        self._told = moment
        self._run.rescored(tuple(self._untold), done, self._total, current)
        self._untold = []


def _portions(
    warm: _Warm, job: LearnJob, entries: Sequence[SnapshotEntry], unread: list[UnreadImage]
) -> Iterator[list[tuple[SnapshotEntry, Assessed]]]:
    """All images: the current one alone, the wanted ones, what is known, and what is not."""
    by_id = {entry.image_id: entry for entry in entries}
    wanted = [
        by_id[number] for number in dict.fromkeys((job.current, *job.first)) if number in by_id
    ]
    urgent = {entry.image_id for entry in wanted}
    rest = [entry for entry in entries if entry.image_id not in urgent]
    known = [entry for entry in rest if warm.rescorer.kept(shelf_key(entry)) is not None]
    unknown = [entry for entry in rest if warm.rescorer.kept(shelf_key(entry)) is None]
    has_current = bool(wanted) and wanted[0].image_id == job.current
    few, many = map(warm.tiling.images_at_once, (job.batch_size, _KEPT_AT_ONCE))
    for group in (wanted[:1], wanted[1:]) if has_current else (wanted,):
        yield from _chunks(_assessed(warm, few, group, unread), few)
    yield from _chunks(_assessed(warm, few, known, unread), many)
    yield from _chunks(_assessed(warm, few, unknown, unread), few)


def _assessed(
    warm: _Warm, at_once: int, entries: Sequence[SnapshotEntry], unread: list[UnreadImage]
) -> Iterator[tuple[SnapshotEntry, Assessed]]:
    """Each image with what the model says of it: first those that are kept, then the others."""
    missing = []
    for entry in entries:
        image = warm.rescorer.kept(shelf_key(entry))
        if image is None:
            missing.append(entry)
        else:
            yield entry, image
    for batch in read_batches(missing, warm.tiling.canvas, at_once):
        for row, error in batch.failures:
            entry = missing[row]
            unread.append(UnreadImage(entry.image_id, entry.path, error.message, error.hint))
        if batch.rows:
            chosen = [missing[row] for row in batch.rows]
            keys = [shelf_key(entry) for entry in chosen]
            names = [entry.class_name for entry in chosen]
            yield from zip(chosen, warm.rescorer.assess(keys, batch.images, names), strict=True)


def _chunks(
    images: Iterator[tuple[SnapshotEntry, Assessed]], size: int
) -> Iterator[list[tuple[SnapshotEntry, Assessed]]]:
    chunk = []
    for image in images:
        chunk.append(image)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _masks(snapshot: Snapshot, wanted: set[int]) -> tuple[FreshMask, ...]:
    """What the file says of the masks.

    Raises:
        InspectorError: The snapshot lacks one.
    """
    masks = tuple(
        FreshMask(
            annotation.annotation_id,
            entry.image_id,
            entry.sha256,
            annotation.sha256,
            annotation.defect_type,
        )
        for entry in snapshot.annotated()
        for annotation in entry.annotations
        if annotation.annotation_id in wanted
    )
    lacking = wanted - {mask.annotation_id for mask in masks}
    if lacking:
        raise InspectorError(
            f"The snapshot has no painted mask {min(lacking)}.", "Learn the painted masks again."
        )
    return masks


def _fresh_file(
    painted: Mapping[int, Entries], masks: tuple[FreshMask, ...], digest: str, channels: int
) -> bytes:
    bank = Bank(channels)
    for entries in painted.values():
        bank.add(*entries)
    features, sources = bank.features.numpy(), bank.sources.numpy()
    return encode_fresh(FreshBank(features, sources, masks, digest))


def _version(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
