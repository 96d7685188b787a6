"""The export job: a model as a file for another runtime, proved there on images of the project."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from inspector.core.files import not_written, sha256_of
from inspector.core.tiling import Tiling
from inspector.engine.device import Device, make_repeatable
from inspector.engine.export.describing import as_facts, describe
from inspector.engine.export.exported_files import load_file, write_file
from inspector.engine.export.graph import ScoringGraph, as_onnx
from inspector.engine.export.proof import TOLERANCE, Proof
from inspector.engine.model_files import load_model
from inspector.engine.pipeline import Pipeline
from inspector.errors import InspectorError
from inspector.jobs.export_formats import DESCRIPTION_SUFFIX, ExportFormat, find_format
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.jobs.model_card import CARD_FILE
from inspector.jobs.spec import ExportJob
from inspector.project.snapshots import SnapshotEntry, read_snapshot
from training.images import read_batches
from training.run import Run

_PROOF_IMAGES = 12
_PROOF_BATCH, _PROOF_BATCH_OF_TILED = 4, 2  # all tiles of a batch are in memory at once


def export(job: ExportJob, run: Run) -> dict[str, Any]:
    """Runs the job: its files appear beside each other when all is proved, or not at all.

    Returns:
        The main file, all files, and what the proof has found.

    Raises:
        InspectorError: The model cannot be exported, there is no image to prove it on, the file
            says something else than the model, or it cannot be written.
    """
    run.plan("load", "convert", "prove")
    run.begin("load", "Loading the model")
    format_ = find_format(job.format)
    format_.require_packages()
    target = format_.file(Path(job.to))
    entries = chosen_for_proof(read_snapshot(run.folder / job.snapshot).entries)
    make_repeatable(0)
    folder = Path(job.model)
    pipeline, card = load_model(folder)
    pipeline.to(Device("cpu"))
    variant = job.variant or card.default_alignment
    card.check_alignments((variant,))
    threshold = card.thresholds[variant].value if job.threshold is None else job.threshold
    description = describe(
        card,
        job.name,
        folder.name,
        sha256_of(folder / CARD_FILE),
        variant,
        threshold,
        format_,
        len(read_fresh_masks(folder)),
    )
    run.progress(1, 1, "models")
    try:
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=".inspector-export-", ignore_cleanup_errors=True
        ) as made:
            file = Path(made) / target.name
            run.begin("convert", f"Converting to {format_.title}")
            graph = as_onnx(ScoringGraph(pipeline, variant, threshold, card.image_size))
            write_file(format_, graph, as_facts(description), file)
            del graph  # hundreds of megabytes
            run.progress(1, 1, "files")
            run.begin("prove", "Proving it on images of the project")
            proof = _proved(format_, file, pipeline, variant, threshold, entries, card.tiling, run)
            described = file.with_name(file.name + DESCRIPTION_SUFFIX)
            text = msgspec.json.encode(description | {"proof": proof})
            described.write_bytes(msgspec.json.format(text))
            files = _moved(Path(made), target)
    except OSError as error:
        raise not_written(target, error) from error
    return {"file": str(target), "files": files, "proof": proof}


def chosen_for_proof(entries: Sequence[SnapshotEntry]) -> list[SnapshotEntry]:
    """At most twelve images, from all classes and kinds of truth in turn.

    Raises:
        InspectorError: There is none.
    """
    groups: dict[tuple[str, str], list[SnapshotEntry]] = defaultdict(list)
    for entry in entries:
        groups[(entry.truth, entry.class_name)].append(entry)
    rows = max(map(len, groups.values()), default=0)
    ordered = [groups[key] for key in sorted(groups)]
    turns = [group[row] for row in range(rows) for group in ordered if row < len(group)]
    if not turns:
        raise InspectorError(
            "There is no image to prove the exported file on.", "Import a folder of images first."
        )
    return turns[:_PROOF_IMAGES]


def _proved(
    format_: ExportFormat,
    file: Path,
    pipeline: Pipeline,
    variant: str,
    threshold: float,
    entries: Sequence[SnapshotEntry],
    tiling: Tiling,
    run: Run,
) -> dict[str, Any]:
    """Runs the file in its runtime; batches of several sizes, as any must do."""
    at_once = _PROOF_BATCH if tiling.count == 1 else _PROOF_BATCH_OF_TILED
    loaded = load_file(format_, file)
    proof = Proof(pipeline, variant, threshold, loaded)
    unread: list[InspectorError] = []
    for some, batch_size in ((entries[:1], 1), (entries[1:], at_once)):
        for batch in read_batches(some, tiling.canvas, batch_size):
            unread += [error for _, error in batch.failures]
            if batch.rows:
                proof.add(batch.images)
            run.progress(proof.images + len(unread), len(entries), "images")
    if not proof.images:
        raise InspectorError(
            "None of the images to prove the exported file on can be read. The first: "
            f"{unread[0].message}",
            unread[0].hint,
        )
    return {
        "runtime": loaded.title,
        "images": proof.images,
        "tolerance": TOLERANCE,
        "score_difference": proof.score_difference,
        "map_difference": proof.map_difference,
    }


def _moved(made: Path, target: Path) -> list[str]:
    """Puts all files in their places, the main one last: who sees it has the others."""
    files = sorted(made.iterdir(), key=lambda file: file.name == target.name)
    before = made / "before"
    before.mkdir()
    for file in files:
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
    begun: list[Path] = []
    try:
        for file in files:
            place = target.with_name(file.name)
            if place.exists():
                place.replace(before / file.name)
            begun.append(place)
            file.replace(place)
    except OSError:
        for place in begun:
            place.unlink(missing_ok=True)
            if (before / place.name).exists():
                (before / place.name).replace(place)
        raise
    return [str(target.with_name(file.name)) for file in reversed(files)]
