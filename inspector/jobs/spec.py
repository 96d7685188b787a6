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
        parent: Folder name of the model that this one is trained again from; empty for none. It
            stays the same when a person gives the model another name.
        split: The long-tailed split that it is restricted to, in words; empty for none.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "auto", "float32" or "bfloat16".
        processes: How many processes of this machine learn together, one a GPU.
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
    parent: str = ""
    split: str = ""
    device: str = "auto"
    precision: str = "auto"
    processes: int = 1
    checkpoint_seconds: float = 20.0


class ScoreJob(msgspec.Struct, frozen=True, kw_only=True, tag="score"):
    """Score a snapshot's images with a model; with `evaluate`, compare with what is known of them.

    Metrics count the images set aside for test only, also where all are scored: one pass does both.

    Attributes:
        model: The model folder.
        snapshot: Path of the snapshot file; a relative one is meant within the run folder.
        subset: "all", or "test" for the images set aside for test.
        variants: Alignment variants; empty means all that the model has.
        evaluate: Whether to compute metrics and write the report.
        judge_painted: Whether images that the model learned painted defects from count in it.
        left_out: SHA-256 of images that do not count in it either: those that a model to compare
            with has learned from.
        keep_maps: Whether to write the anomaly maps (`maps.npy`).
        cache: The project's cache folder, for what learning at once will ask for; may be empty.
        cluster: Address of a Ray cluster that does the work, or "auto"; empty for this machine.
    """

    model: str
    snapshot: str
    subset: str = "all"
    variants: tuple[str, ...] = ()
    evaluate: bool = False
    judge_painted: bool = False
    left_out: tuple[str, ...] = ()
    keep_maps: bool = True
    cache: str = ""
    cluster: str = ""
    batch_size: int = 16
    device: str = "auto"
    precision: str = "auto"


class ExportJob(msgspec.Struct, frozen=True, kw_only=True, tag="export"):
    """Write a model as a file for another runtime, and prove it there on a snapshot's images.

    Attributes:
        model: The model folder.
        name: What people call the model.
        snapshot: Path of the snapshot file.
        format: Name of an `ExportFormat`.
        to: The main file, absolute; what lies there is replaced once the new one is proved.
        variant: Alignment variant of the scores; empty means the model's own.
        threshold: Scores above it are flagged; None means the model's own for the variant.
    """

    model: str
    name: str
    snapshot: str
    format: str
    to: str
    variant: str = ""
    threshold: float | None = None


class LearnJob(msgspec.Struct, frozen=True, kw_only=True, tag="learn"):
    """Take painted masks into a trained model at once, and score a snapshot's images with it.

    What it learned before at once counts no more: these masks take its place.

    Attributes:
        model: The model folder.
        snapshot: Path of the snapshot file; it holds the masks.
        annotations: Annotation ids of the masks; none takes out what was learned at once.
        current: The image that somebody is looking at; −1 for none. It comes first, and its masks
            are expected to change again soon.
        first: Images that come next, in this order; all others follow.
        batch_size: Images that are looked at together.
        memory: Bytes for what a warm worker keeps of images.
        cache: The project's cache folder, where it finds and keeps what is known of images; may be
            empty.
    """

    model: str
    snapshot: str
    annotations: tuple[int, ...]
    current: int = -1
    first: tuple[int, ...] = ()
    batch_size: int = 16
    memory: int = 1 << 30
    cache: str = ""
    device: str = "auto"
    precision: str = "auto"


class ServeJob(msgspec.Struct, frozen=True, kw_only=True, tag="serve"):
    """Keep the model of the last request warm, and carry out one `ServeRequest` after the other."""


class ServeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One line on the stdin of a serving worker. A newer one stops the one under way.

    Attributes:
        run: A run folder with a `LearnJob`; what is said and made goes there, as of any job.
    """

    run: str


Job = TrainJob | ScoreJob | ExportJob | LearnJob | ServeJob


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
