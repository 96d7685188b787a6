"""A small defect in a large image: tiles see it, and one painted mask makes more of the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspector.core.samples import Truth
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import LearnJob, ScoreJob, TrainJob, read_job
from inspector.project.learning import prepare_learning
from inspector.project.project import Project
from inspector.project.results import read_results
from inspector.project.runs import RunRow
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_scoring, prepare_training
from training.learn_job import Learner
from training.run import Run
from training.score_job import score
from training.train_job import train

CPU = Computing("cpu", "float32")
SIDE = 416  # pixels of an image; the canvas of 4 × 4 tiles of 64 is half as large
PARAMETERS: dict[str, Any] = {
    "image_size": 64,
    "tiles": 4,
    "dmad.epochs": 8,
    "dmad.batch_size": 16,
    "dmad.coreset": 0.05,
    "dmad.outlier_images": 8,
    "dmad.patches": 16,
    "alignment.iterations": 4,
    "alignment.statistics": "fitted",
}


def board(seed: int) -> NDArray[np.uint8]:
    """Stripes and spots, all alike but none the same."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    picture = 120 + 25 * np.sin(columns / 9 + rng.uniform(0, 6)) + rng.normal(0, 6, (SIDE, SIDE))
    for _ in range(14):  # normal, and louder than the defect
        row, column = rng.uniform(20, SIDE - 20, 2)
        picture[(rows - row) ** 2 + (columns - column) ** 2 < rng.uniform(5, 14) ** 2] += 50
    pixels: NDArray[np.uint8] = np.clip(picture, 0, 255).astype(np.uint8)
    return pixels


def flaw(top: int, left: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    for step in range(18):
        mask[top + step : top + step + 5, left + step : left + step + 5] = True
    return mask


def write(folder: Path) -> None:
    def save(name: str, pixels: NDArray[np.uint8]) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / name)

    for seed in range(8):
        save(f"board/train/good/{seed:03}.png", board(seed))
    for seed in range(6):
        save(f"board/test/good/{seed:03}.png", board(100 + seed))
    for seed, place in enumerate([(60, 300), (250, 111), (333, 217)]):
        mask, pixels = flaw(*place), board(200 + seed)
        pixels[mask] -= np.minimum(pixels[mask], 28)
        save(f"board/test/cut/{seed:03}.png", pixels)
        save(f"board/ground_truth/cut/{seed:03}_mask.png", 255 * mask.astype(np.uint8))


def clearness(run: RunRow, without: int) -> float:
    """By how many deviations of good test images the defective ones, but one, lie above all."""
    found = [one for one in read_results(run.folder).scored if one.image_id != without]
    good = [one.raw_score for one in found if Path(one.path).parts[-3:-1] == ("test", "good")]
    bad = [one.raw_score for one in found if one.truth is Truth.DEFECTIVE]
    assert len(good) == 6 and len(bad) == 2
    return float((min(bad) - max(good)) / np.std(good))


def carry_out(project: Project, row: RunRow) -> RunRow:
    job, run = read_job(row.folder), Run(row.folder, lambda event: None)
    if isinstance(job, TrainJob):
        made = train(job, run)
    elif isinstance(job, ScoreJob):
        made = score(job, run)
    else:
        assert isinstance(job, LearnJob)
        made = Learner().learn(job, run)
    settle(project, row, JobOutcome(state=DONE, results=made))
    return row


def test_one_painted_defect_makes_others_like_it_stand_out(tmp_path: Path) -> None:
    write(tmp_path / "boards")
    with Project.create(tmp_path / "project") as project:
        project.import_folder(tmp_path / "boards")
        shown = next(e for e in project.take_snapshot().entries if e.masks)

        def trained() -> float:
            carry_out(project, prepare_training(project, "dmad", "quick", PARAMETERS, CPU))
            row = prepare_scoring(project, project.find_model(), CPU)
            return clearness(carry_out(project, row), shown.image_id)

        before = trained()
        kind = project.add_defect_type("cut").type_id
        project.add_annotation(shown.image_id, kind, flaw(60, 300), "anna", "brush")
        row = prepare_learning(project, project.find_model(), CPU)
        assert row is not None
        at_once = clearness(carry_out(project, row), shown.image_id)
        taught = trained()
    assert min(at_once, taught) > before + 1
    assert min(at_once, taught) > 1
