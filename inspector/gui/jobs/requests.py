"""What the window can ask a worker to do. A request is data: it can wait in a file, too."""

from __future__ import annotations

from typing import Any

import msgspec

from inspector.project.project import Project
from inspector.project.runs import RunRow
from inspector.project.work import Computing, prepare_scoring, prepare_training


class TrainRequest(msgspec.Struct, frozen=True, kw_only=True, tag="train"):
    """Train a method; names and values as `resolve_parameters` takes them."""

    method: str
    preset: str
    changes: dict[str, Any]
    device: str = "auto"
    precision: str = "auto"


class ScoreRequest(msgspec.Struct, frozen=True, kw_only=True, tag="score"):
    """Score all images with a model; with `evaluate`, the test images, and compute metrics."""

    model: str
    evaluate: bool = False
    device: str = "auto"
    precision: str = "auto"


class ResumeRequest(msgspec.Struct, frozen=True, kw_only=True, tag="resume"):
    """Go on with a run that was lost or failed."""

    run_id: int


Request = TrainRequest | ScoreRequest | ResumeRequest


def prepare(request: Request, project: Project) -> RunRow:
    """The run folder for a request.

    Raises:
        InspectorError: It cannot be done; says why.
    """
    match request:
        case TrainRequest():
            computing = Computing(request.device, request.precision)
            return prepare_training(
                project, request.method, request.preset, request.changes, computing
            )
        case ScoreRequest():
            computing = Computing(request.device, request.precision)
            model = project.find_model(request.model)
            return prepare_scoring(project, model, computing, evaluate=request.evaluate)
        case ResumeRequest():
            return project.resume_run(request.run_id)
