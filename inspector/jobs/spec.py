"""`job.json`: what a worker is asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.parameters import AlignmentParameters, CommonParameters

JOB_FILE = "job.json"
MODEL_FOLDER = "model"  # within the run folder of a training


class TrainJob(msgspec.Struct, frozen=True, kw_only=True, tag="train"):
    """Fit a detector and its alignments on a snapshot's normal training images.

    Attributes:
        snapshot: Path of the snapshot file.
        cache: Folder of the feature cache.
        method_parameters: Already validated by the catalogue.
        muted: Painted patches not to learn from: (annotation id, row, column on the patch grid).
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32" or "bfloat16".
        checkpoint_seconds: Greatest loss of work by a crash.
    """

    method: str
    preset: str
    snapshot: str
    cache: str
    common: CommonParameters
    alignment: AlignmentParameters
    method_parameters: dict[str, Any]
    muted: tuple[tuple[int, int, int], ...] = ()
    device: str = "auto"
    precision: str = "auto"
    checkpoint_seconds: float = 20.0


class ScoreJob(msgspec.Struct, frozen=True, kw_only=True, tag="score"):
    """Score a snapshot's images with a model; with `evaluate`, compare with what is known of them.

    Attributes:
        model: The model folder.
        snapshot: Path of the snapshot file; a relative one is meant within the run folder.
        subset: "all", or "test" for the images set aside for test.
        variants: Alignment variants; empty means all that the model has.
        evaluate: Whether to compute metrics and write the report.
        judge_painted: Whether images that the model learned painted defects from count in it.
        keep_maps: Whether to write the anomaly maps (`maps.npy`).
    """

    model: str
    snapshot: str
    subset: str = "all"
    variants: tuple[str, ...] = ()
    evaluate: bool = False
    judge_painted: bool = False
    keep_maps: bool = True
    batch_size: int = 16
    device: str = "auto"
    precision: str = "auto"


Job = TrainJob | ScoreJob


def read_job(run_folder: Path) -> Job:
    """The job of a run folder.

    Raises:
        InspectorError: There is none, or it is damaged.
    """
    file = run_folder / JOB_FILE
    try:
        job: Job = msgspec.json.decode(file.read_bytes(), type=Job)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InspectorError(
            f"{file} is missing or damaged ({error}).", "Start the job again."
        ) from error
    return job
