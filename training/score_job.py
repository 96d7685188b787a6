"""The scoring job: images → maps and scores; with evaluation, metrics and the report."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspector.core.class_pixels import ClassPixels
from inspector.core.evaluation import RAW, Expected, ImageResult, evaluate
from inspector.core.files import sha256_of
from inspector.core.images import read_mask
from inspector.core.samples import Truth
from inspector.engine.alignment.base import Statistics
from inspector.engine.device import Device, make_repeatable, resolve_device
from inspector.engine.maps import for_display
from inspector.engine.model_files import load_model
from inspector.engine.pipeline import Pipeline, Scored
from inspector.engine.runtimes import speed_up
from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard
from inspector.jobs.spec import ScoreJob
from inspector.project.results import (
    DESCRIPTORS_FILE,
    EVALUATION_FILE,
    MAPS_FILE,
    REPORT_FILE,
    RESULTS_FILE,
    Results,
    UnreadImage,
    remove_portions,
    write_evaluation,
    write_results,
)
from inspector.project.rows_file import RowsFile
from inspector.project.snapshots import SnapshotEntry, read_snapshot
from training.images import read_batches
from training.report import LeftOut, write_evaluation_report
from training.run import Run
from training.shelving import Score, scoring_by


def score(job: ScoreJob, run: Run) -> dict[str, Any]:
    """Runs the job in its run folder.

    Returns:
        What was made: file names within the run folder, and how many images were scored.

    Raises:
        InspectorError: The model cannot be loaded, or there is nothing to score.
    """
    run.plan("load", "score", *(("evaluate", "report") if job.evaluate else ()))
    run.begin("load", "Loading the model")
    snapshot = read_snapshot(run.folder / job.snapshot)
    test = snapshot.test()
    entries = test if job.subset == "test" else snapshot.entries
    if not entries or (job.evaluate and not test):
        raise InspectorError(
            "There are no test images."
            if entries or job.subset == "test"
            else "There are no images to score.",
            "Import a folder with labelled test images (good and defective).",
        )
    if job.evaluate:  # class by class, as the pixel metrics take them
        entries = tuple(sorted(entries, key=lambda entry: entry.class_name))
    if job.cluster:
        return _score_on_cluster(job, run, entries)
    pipeline, card, device, problem = load_for_scoring(job)
    if problem:
        run.note(problem)

    run.begin("score", "Scoring images")
    scoring = _Scoring(job, pipeline, card, entries, {e.image_id for e in test}, run)
    scoring.score_all(device)
    results = scoring.finish()
    made = _made(run, results)
    if job.evaluate:
        run.begin("evaluate", "Computing metrics")
        thresholds = {name: found.value for name, found in card.thresholds.items()}
        pixels = {name: gathered.result() for name, gathered in scoring.pixels.items()}
        evaluation = evaluate(scoring.judged(), thresholds, pixels, card.long_tail)
        write_evaluation(run.folder, evaluation)
        run.progress(1, 1, "evaluations")
        run.begin("report", "Writing the report")
        write_evaluation_report(
            run.folder,
            card,
            pipeline,
            evaluation,
            results,
            entries,
            scoring.judged(),
            LeftOut(scoring.without_mask, scoring.painted),
        )
        run.progress(1, 1, "reports")
        made |= {
            "evaluation": EVALUATION_FILE,
            "report": REPORT_FILE,
            "n_painted_left_out": len(scoring.painted),
        }
    return made


class Loaded(NamedTuple):
    """A model where it computes."""

    pipeline: Pipeline
    card: ModelCard
    device: Device
    problem: str
    """A sentence for the user, where the runtime that was chosen cannot be used."""


def load_for_scoring(job: ScoreJob) -> Loaded:
    """The model of a job, on its device."""
    make_repeatable(0)
    pipeline, card = load_model(Path(job.model))
    device = resolve_device(job.device, "float32" if job.precision == "auto" else job.precision)
    pipeline.to(device).fold(card.tiling.side, device)
    problem = speed_up(pipeline.detector.backbone, card.tiling.side, device)
    return Loaded(pipeline, card, device, problem)


def score_entries(
    job: ScoreJob, loaded: Loaded, entries: Sequence[SnapshotEntry], folder: Path
) -> Results:
    """Scores some of a job's entries; maps and descriptors go into a folder of their own."""
    pipeline, card, device, _ = loaded
    scoring = _Scoring(job, pipeline, card, entries, set(), Run(folder, lambda event: None))
    scoring.score_all(device)
    return scoring.finish()


def _score_on_cluster(job: ScoreJob, run: Run, entries: Sequence[SnapshotEntry]) -> dict[str, Any]:
    from training.cluster import score_on_cluster

    run.begin("score", "Scoring images on the cluster")
    made = _made(run, score_on_cluster(job, run, entries))
    remove_portions(run.folder)
    return made


def _made(run: Run, results: Results) -> dict[str, Any]:
    """Writes the results, and says what there is.

    Raises:
        InspectorError: Not one image could be read.
    """
    if not results.scored:
        first = results.unread[0]
        raise InspectorError(f"No image could be scored. The first: {first.reason}", first.hint)
    write_results(run.folder, results)
    return {
        "results": RESULTS_FILE,
        "n_scored": len(results.scored),
        "n_unread": len(results.unread),
    }


class _Scoring:
    """Collects what scoring yields, batch by batch, in bounded memory."""

    def __init__(
        self,
        job: ScoreJob,
        pipeline: Pipeline,
        card: ModelCard,
        entries: Sequence[SnapshotEntry],
        test_ids: Set[int],
        run: Run,
    ) -> None:
        self._job = job
        self._pipeline = pipeline
        self._card = card
        self._entries = entries
        self._run = run
        self._variants = _variants(job, card)
        self._windows = card.windows
        self._maps = RowsFile(run.folder / MAPS_FILE) if job.keep_maps else None
        self._descriptors = RowsFile(run.folder / DESCRIPTORS_FILE)
        self._scored: list[ImageResult] = []
        self._unread: list[UnreadImage] = []
        self.pixels = {name: ClassPixels() for name in self._variants}
        self.without_mask: dict[int, str] = {}
        """By image id: why its mask is not believed. Its pixels are not counted."""
        known = set(job.left_out) | (set() if job.judge_painted else set(card.annotated_images))
        self.painted = frozenset(
            e.image_id for e in entries if e.image_id in test_ids and e.sha256 and e.sha256 in known
        )
        """Ids of test images that a model learned painted defects from: they are not judged by."""
        self._judging = test_ids - self.painted

    def judged(self) -> list[ImageResult]:
        """The results that metrics are made of."""
        return [result for result in self._scored if result.image_id in self._judging]

    def score_all(self, device: Device) -> None:
        """Scores every entry."""
        tiling = self._card.tiling
        with scoring_by(self._job, self._pipeline, tiling, self._variants, device) as score_images:
            self._score_batches(score_images)
        self._tell_left_out()

    def _score_batches(self, score_images: Score) -> None:
        total = len(self._entries)
        tiling = self._card.tiling
        at_once = tiling.images_at_once(self._job.batch_size)
        for batch in read_batches(self._entries, tiling.canvas, at_once):
            for row, error in batch.failures:
                entry = self._entries[row]
                self._unread.append(
                    UnreadImage(entry.image_id, entry.path, error.message, error.hint)
                )
            if batch.rows:
                chosen = [self._entries[row] for row in batch.rows]
                self._keep(chosen, score_images(chosen, batch.images))
            self._run.progress(len(self._scored) + len(self._unread), total, "images")

    def _tell_left_out(self) -> None:
        for reason in self.without_mask.values():
            self._run.note(f"Left out of the pixel metrics: {reason}")
        if self.without_mask:
            self._run.note(
                f"The pixels of {len(self.without_mask)} of {len(self._scored)} images are left "
                "out of the pixel metrics, as their masks cannot be used."
            )

        if self._job.evaluate and self.painted:
            self._run.note(
                f"{len(self.painted)} test images are left out of the metrics: a model has "
                "learned from the defects painted on them."
            )

    def finish(self) -> Results:
        """Completes the files; there are none where not one image could be read."""
        if self._maps is not None:
            self._maps.close()
        self._descriptors.close()
        return Results(tuple(self._scored), tuple(self._unread))

    def _keep(self, entries: Sequence[SnapshotEntry], scored: Scored) -> None:
        raw_scores = scored.raw_scores.tolist()
        scores = {name: values.tolist() for name, values in scored.scores.items()}
        statistics = {
            name: list(map(Expected, found.u.tolist(), found.gamma.tolist()))
            for name, found in scored.statistics.items()
            if name != RAW
        }
        for index, entry in enumerate(entries):
            self._scored.append(
                ImageResult(
                    image_id=entry.image_id,
                    path=entry.path,
                    class_name=entry.class_name,
                    truth=entry.truth,
                    defect_kind=entry.defect_kind,
                    raw_score=raw_scores[index],
                    scores={name: values[index] for name, values in scores.items()},
                    statistics={name: found[index] for name, found in statistics.items()},
                )
            )
        self._descriptors.append(scored.descriptors.half().cpu().numpy())
        if self._maps is not None:
            self._maps.append(for_display(scored.smoothed).cpu().numpy())
        if self._job.evaluate:
            self._add_pixels(entries, scored)

    def _add_pixels(self, entries: Sequence[SnapshotEntry], scored: Scored) -> None:
        side = scored.smoothed.shape[-1]
        masks = [self._known_mask(entry, side) for entry in entries]
        for name in self._variants:
            statistics: Statistics = scored.statistics[name]
            maps = self._pipeline.aligners[name].apply_to(scored.smoothed, statistics)
            array = maps.float().cpu().numpy()
            for index, (entry, mask) in enumerate(zip(entries, masks, strict=True)):
                if mask is not None:
                    self.pixels[name].update(entry.class_name, array[index], mask)

    def _known_mask(self, entry: SnapshotEntry, side: int) -> NDArray[np.bool_] | None:
        """The mask at map size; None where its pixels are not known, or not to be counted."""
        if entry.image_id not in self._judging:
            return None
        if entry.truth is Truth.GOOD:
            return np.zeros((side, side), np.bool_)
        if entry.truth is Truth.UNKNOWN or not entry.masks:
            return None
        paths = [Path(mask) for mask in entry.masks]
        try:
            # A loose folder's masks have no hash: nothing was promised about them.
            for path, digest in zip(paths, entry.mask_sha256, strict=False):
                if sha256_of(path) != digest:
                    raise InspectorError(f"'{path}' has changed since it was imported.")
            mask = read_mask(paths, (side, side))
            if not mask.any():  # else a defect's pixels would count as normal ones
                raise InspectorError(
                    f"Of the defect in '{paths[0]}' nothing is left on anomaly maps of {side} "
                    "pixels: it is too small, or the mask is empty."
                )
            return mask
        except InspectorError as error:
            self.without_mask[entry.image_id] = error.message
            return None


def _variants(job: ScoreJob, card: ModelCard) -> tuple[str, ...]:
    """The alignment variants to compute: those asked for, with raw scores and default always."""
    card.check_alignments(job.variants)
    wanted = {RAW, card.default_alignment, *job.variants} if job.variants else set(card.alignments)
    return tuple(name for name in card.alignments if name in wanted)
