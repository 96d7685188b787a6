"""What the window can ask a worker to do. A request is data: it can wait in a file, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from inspector.project.kept_splits import split_file
from inspector.project.project import Project
from inspector.project.runs import RunRow
from inspector.project.splits import read_split
from inspector.project.work import (
    Computing,
    prepare_export,
    prepare_retraining,
    prepare_scoring,
    prepare_training,
)


class TrainRequest(msgspec.Struct, frozen=True, kw_only=True, tag="train"):
    """Train a method; names and values as `resolve_parameters` takes them.

    `split` names the kept split that it learns from; empty for all normal images. Where it is only
    wanted `for_comparison`, the model does not become the active one by itself.
    """

    method: str
    preset: str
    changes: dict[str, Any]
    device: str = "auto"
    precision: str = "auto"
    split: str = ""
    for_comparison: bool = False


class RetrainRequest(msgspec.Struct, frozen=True, kw_only=True, tag="retrain"):
    """Train a model again on the project as it is then; `name` is for people only."""

    model_id: int
    name: str = ""
    changes: dict[str, Any] = {}
    device: str = "auto"
    precision: str = "auto"


class ScoreRequest(msgspec.Struct, frozen=True, kw_only=True, tag="score"):
    """Score all images with a model; with `evaluate`, the test images, and compute metrics.

    With `evaluate` and `everything` one pass scores all images and evaluates by the test images.
    """

    model: str
    evaluate: bool = False
    everything: bool = False
    device: str = "auto"
    precision: str = "auto"


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, tag="export"):
    """Export a model to the file `to`; the rest as in `ExportJob`, `name` is for people only."""

    model_id: int
    name: str
    format: str
    to: str
    variant: str = ""
    threshold: float | None = None


class ResumeRequest(msgspec.Struct, frozen=True, kw_only=True, tag="resume"):
    """Go on with a run that was lost or failed."""

    run_id: int


Request = TrainRequest | RetrainRequest | ScoreRequest | ExportRequest | ResumeRequest


def prepare(request: Request, project: Project) -> RunRow:
    """The run folder for a request.

    Raises:
        InspectorError: It cannot be done; says why.
    """
    match request:
        case TrainRequest():
            computing = Computing(request.device, request.precision)
            split = read_split(split_file(project, request.split)) if request.split else None
            return prepare_training(
                project, request.method, request.preset, request.changes, computing, split
            )
        case RetrainRequest():
            computing = Computing(request.device, request.precision)
            model = project.find_model(request.model_id)
            return prepare_retraining(project, model, request.changes, computing)
        case ScoreRequest():
            computing = Computing(request.device, request.precision)
            model = project.find_model(request.model)
            return prepare_scoring(
                project,
                model,
                computing,
                evaluate=request.evaluate,
                everything=request.everything,
            )
        case ExportRequest():
            return prepare_export(
                project,
                project.find_model(request.model_id),
                request.format,
                Path(request.to),
                variant=request.variant,
                threshold=request.threshold,
            )
        case ResumeRequest():
            return project.resume_run(request.run_id)
