"""Projects to measure the window on, written straight into the database: no training, no import."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspector.core.evaluation import Expected, ImageResult
from inspector.core.samples import Split, Truth
from inspector.jobs.model_card import CARD_FILE, ModelCard, ThresholdCard
from inspector.project.database import Database
from inspector.project.project import Project
from inspector.project.records import FileStamp, ImageRecord, add_image
from inspector.project.results import DESCRIPTORS_FILE, MAPS_FILE
from inspector.project.runs import RunState
from inspector.project.schema import open_database
from inspector.project.sources import Source, save_source
from inspector.project.work import SCORE, TRAIN

VARIANTS = ("none", "cada", "sada")
N_CLASSES = 40
_PICTURES = 200
_MAP_SIDE = 64
_DESCRIPTOR = 256


def make_big_project(folder: Path, count: int) -> None:
    """Many images of 320 × 240 pixels, scored in three variants. The files are links to few."""
    Project.create(folder).close()
    written = [_written(folder / "few" / f"{n}.png", n, (240, 320)) for n in range(_PICTURES)]
    rng = np.random.default_rng(0)
    records = []
    for number in range(count):
        record = _record(rng, number, written[number % _PICTURES])
        records.append(record)
        place = folder / "images" / record.path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(folder / "few" / f"{number % _PICTURES}.png", place)
    _fill(folder, records)


def make_review_project(folder: Path, count: int) -> None:
    """Images of 2000 × 1500 pixels with scores, maps and descriptors."""
    Project.create(folder).close()
    rng = np.random.default_rng(0)
    records = []
    for number in range(count):
        record = _record(rng, number, ImageRecord("", "", Split.TEST, Truth.GOOD, ""))
        file = folder / "images" / record.path
        written = _written(file, number, (1500, 2000))
        records.append(replace(written, **_said(record)))
    _fill(folder, records, with_maps=True)


def _said(record: ImageRecord) -> dict[str, object]:
    names = ("path", "class_name", "split", "truth", "defect_kind")
    return {name: getattr(record, name) for name in names}


def _record(rng: np.random.Generator, number: int, file: ImageRecord) -> ImageRecord:
    """An image of a class of the long tail; every tenth one is defective."""
    class_name = f"class {int(N_CLASSES * rng.random() ** 2):02d}"
    is_bad = number % 10 == 0
    split = Split.TEST if is_bad or number % 3 == 0 else Split.TRAIN
    kind = "scratch" if is_bad else ""
    path = f"{class_name}/{split}/{kind or 'good'}/{number:06d}.png"
    truth = Truth.DEFECTIVE if is_bad else Truth.GOOD
    return replace(
        file, path=path, class_name=class_name, split=split, truth=truth, defect_kind=kind
    )


def _written(path: Path, seed: int, shape: tuple[int, int]) -> ImageRecord:
    """Writes a textured picture with some noise, and says what is known of the file."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    waves = np.sin(columns / (9 + seed % 7)) + np.cos(rows / (13 + seed % 5))
    grey = 120 + 30 * waves + rng.normal(0, 4, shape)
    tint = np.array([1.0, 0.95, 0.9]) - 0.2 * rng.random(3)
    pixels = np.clip(grey[..., None] * tint, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)
    status = path.stat()
    return ImageRecord(
        path="",
        class_name="",
        split=Split.TEST,
        truth=Truth.GOOD,
        defect_kind="",
        stamp=FileStamp(status.st_size, status.st_mtime_ns),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        width=shape[1],
        height=shape[0],
        bit_depth=8,
        channels=3,
    )


def _fill(folder: Path, records: list[ImageRecord], *, with_maps: bool = False) -> None:
    database = open_database(folder)
    try:
        _add_images(database, records)
    finally:
        database.close()
    with Project.open(folder) as project:
        snapshot = project.take_snapshot()
        run = project.new_run(TRAIN, "revdist", b"{}", snapshot.snapshot_id)
        model_folder = run.folder / "model"
        _write_model(model_folder, snapshot.snapshot_id, snapshot.digest)
        project.finish_run(run.run_id, b"{}", RunState.DONE)
        model = project.add_model(run.run_id, model_folder)
        scoring = project.new_run(SCORE, "revdist", b"{}", snapshot.snapshot_id)
        project.finish_run(scoring.run_id, b"{}", RunState.DONE)
        results = _results(records)
        project.save_scores(model.model_id, snapshot.snapshot_id, results, scoring.run_id)
        project.set_setting("active_model", model.model_id)
        if with_maps:
            rng = np.random.default_rng(1)
            maps = rng.normal(0.3, 0.05, (len(records), _MAP_SIDE, _MAP_SIDE))
            maps[::10, 20:30, 20:30] += 0.5
            np.save(scoring.folder / MAPS_FILE, maps.astype(np.float16))
            descriptors = rng.normal(size=(len(records), _DESCRIPTOR)).astype(np.float16)
            np.save(scoring.folder / DESCRIPTORS_FILE, descriptors)


def _add_images(database: Database, records: list[ImageRecord]) -> None:
    with database.transaction():
        source = Source(0, database.folder / "images", "mvtec", "Made for measuring")
        source_id = save_source(database, source)
        for record in records:
            add_image(database, source_id, record)


def scores_of(truths: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """(N,) scores of each variant: defects higher, better told apart by each variant."""
    rng = np.random.default_rng(2)
    return {
        name: rng.normal(0.5, 0.12 - 0.03 * place, len(truths)) + 0.3 * truths
        for place, name in enumerate(VARIANTS)
    }


def _results(records: list[ImageRecord]) -> list[ImageResult]:
    bad = np.array([record.truth is Truth.DEFECTIVE for record in records])
    columns = {name: values.tolist() for name, values in scores_of(bad).items()}
    return [
        ImageResult(
            image_id=row + 1,
            path=record.path,
            class_name=record.class_name,
            truth=record.truth,
            defect_kind=record.defect_kind,
            raw_score=columns["none"][row],
            scores={name: values[row] for name, values in columns.items()},
            statistics={name: Expected(0.3, 0.6) for name in VARIANTS[1:]},
        )
        for row, record in enumerate(records)
    ]


def _write_model(folder: Path, snapshot_id: int, digest: str) -> None:
    calibration = np.sort(np.random.default_rng(3).normal(0.5, 0.06, 500)).tolist()
    threshold = ThresholdCard(
        value=0.7,
        target_false_positive_rate=0.01,
        supported=True,
        calibration_scores=calibration,
        held_out=True,
    )
    card = ModelCard(
        method="revdist",
        preset="quick",
        backbone="none",
        backbone_sha256="",
        image_size=256,
        score_percent=1.0,
        alignments=list(VARIANTS),
        default_alignment="cada",
        alignment_statistics="",
        thresholds=dict.fromkeys(VARIANTS, threshold),
        class_names=[f"class {n:02d}" for n in range(N_CLASSES)],
        training_images={},
        windows={},
        parameters={},
        snapshot_id=snapshot_id,
        snapshot_digest=digest,
        seed=0,
        device="cpu",
        precision="float32",
        steps={},
        created="2025-01-01T00:00:00+00:00",
        versions={},
        notes=[],
    )
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"not used here")
    (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
