"""What a training computes with. What was chosen or measured for a run holds for its resumption."""

from __future__ import annotations

from inspector.engine.backbones import Backbone
from inspector.engine.device import Device, cpu_precision, resolve_device
from inspector.engine.model_files import build_detector
from inspector.engine.runtimes import speed_up
from inspector.jobs.runtime_choice import TORCH
from inspector.jobs.spec import TrainJob
from training.features import FeatureSource
from training.run import Run


def choose_runtime(job: TrainJob, run: Run, backbone: Backbone, exact: Device) -> None:
    """What computes features; the same for the run's resumption and for all its processes."""
    saved = run.checkpoints.load("runtime")
    wanted = saved.facts["runtime"] if saved is not None else ""
    problem = speed_up(backbone, job.common.image_size, exact, wanted)
    if problem:
        run.note(problem)
    if saved is None:
        run.checkpoints.save("runtime", {}, {"runtime": backbone.computed_by or TORCH})


def fitting_device(job: TrainJob, run: Run, backbone: Backbone, source: FeatureSource) -> Device:
    """The device of the fits; what was measured for a run holds for its resumption too."""
    device = resolve_device(job.device, job.precision)
    if device.kind != "cpu" or job.precision != "auto":
        return device
    saved = run.checkpoints.load("precision")
    if saved is not None:
        return Device("cpu", saved.facts["precision"])
    detector = build_detector(job.method, backbone)
    device.place(detector)
    features = source.batch([0])
    precision = cpu_precision(lambda: detector.predict_features(features, source.size).map)
    run.checkpoints.save("precision", {}, {"precision": precision})
    return Device("cpu", precision)
