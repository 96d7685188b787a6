"""Jobs of a project: preparing a run folder for a worker.

The window and the command line start the process and settle (`settling.py`) what it leaves; neither
knows more about jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.bank_file import Place, read_muted
from inspector.jobs.catalogue import (
    Method,
    Parameters,
    TrainingParameters,
    find_method,
    resolve_parameters,
)
from inspector.jobs.export_formats import find_format
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.parameters import AlignmentParameters, CommonParameters
from inspector.jobs.processes import check_split
from inspector.jobs.spec import (
    JOB_FILE,
    ExportJob,
    Job,
    ScoreJob,
    TrainJob,
)
from inspector.jobs.text_packages import require_packages
from inspector.jobs.tiles import check_tiles_of_file
from inspector.project.loose import problems_of_folder, snapshot_of_folder
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import write_problems
from inspector.project.runs import RunRow
from inspector.project.snapshots import require_normal_training
from inspector.project.splits import SplitFile, restrict

TRAIN, SCORE, EVALUATE, SCORE_FOLDER = "train", "score", "evaluate", "score-folder"
EXPORT = "export"

_LOOSE_SNAPSHOT = "snapshot.json"  # in the run folder: it is of no use to any other run


@dataclass(frozen=True, slots=True)
class Computing:
    """Where and how a worker computes: names as in `TrainJob`."""

    device: str = "auto"
    precision: str = "auto"
    processes: int = 1  # of a training
    cluster: str = ""  # of a scoring


def prepare_training(
    project: Project,
    method_name: str,
    preset: str,
    changes: Parameters,
    computing: Computing,
    split: SplitFile | None = None,
) -> RunRow:
    """A run folder for a training on the project as it is now, or on a split of it.

    Raises:
        InspectorError: A parameter is not valid, there is nothing to learn from, or the split does
            not fit the project.
    """
    method = find_method(method_name)
    preset = preset or method.presets[0].name
    parameters = resolve_parameters(method, preset, changes)
    return _new_training(project, method, preset, parameters, computing, split=split)


def prepare_retraining(
    project: Project, model: ModelRow, changes: Parameters, computing: Computing
) -> RunRow:
    """A run folder for training a model again, on the project as it is now.

    It takes the model's method, preset, parameters and seed, and leaves out the painted patches
    that are muted in its banks or were left out when it was trained.

    Raises:
        InspectorError: The model cannot be read, a parameter is not valid, or muted patches would
            lie elsewhere.
    """
    card = read_model_card(model.folder)
    muted = tuple(sorted({*read_muted(model.folder), *_muted_before(project, model)}))
    method = find_method(card.method)
    asked = resolve_parameters(method, card.preset, parameters_of(card) | changes)
    if muted and asked.common.tiling.canvas != card.tiling.canvas:
        same = f"image_size={card.image_size}"
        if card.tiles > 1 or asked.common.tiles > 1:
            same += f" with as many tiles ({card.tiles}) and the same overlap"
        raise InspectorError(
            f"{len(muted)} painted patches are muted in '{model.name}' by their place on its grid; "
            "this training would have another one.",
            f"Keep {same}, or unmute them first.",
        )
    return _new_training(project, method, card.preset, asked, computing, muted, model.folder.name)


def prepare_scoring(
    project: Project,
    model: ModelRow,
    computing: Computing,
    *,
    evaluate: bool = False,
    everything: bool = False,
    variants: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> RunRow:
    """A run folder for scoring the project's images; with `evaluate`, its test images.

    With `evaluate` and `everything` it scores all images and evaluates by the test images among
    them. `left_out` is that of `ScoreJob`.

    Raises:
        InspectorError: The model cannot be read or has no such variant, or there is no image.
    """
    read_model_card(model.folder).check_alignments(variants)
    snapshot = project.take_snapshot()
    job = ScoreJob(
        model=str(model.folder),
        snapshot=str(project.snapshot_file(snapshot.snapshot_id)),
        subset="test" if evaluate and not everything else "all",
        variants=tuple(variants),
        evaluate=evaluate,
        left_out=tuple(left_out),
        cache=str(project.cache_folder),
        cluster=computing.cluster,
        device=computing.device,
        precision=computing.precision,
    )
    kind = EVALUATE if evaluate else SCORE
    return _new_run(project, kind, model.method, job, snapshot.snapshot_id)


def prepare_folder_scoring(
    project: Project,
    model: ModelRow,
    folder: Path,
    layout: str | None,
    computing: Computing,
    class_name: str = "",
    variants: Sequence[str] = (),
) -> RunRow:
    """A run folder for scoring images that are not imported; see `snapshot_of_folder`."""
    card = read_model_card(model.folder)
    card.check_alignments(variants)
    snapshot = snapshot_of_folder(folder, layout, card.windows, class_name)
    job = ScoreJob(
        model=str(model.folder),
        snapshot=_LOOSE_SNAPSHOT,
        variants=tuple(variants),
        cluster=computing.cluster,
        device=computing.device,
        precision=computing.precision,
    )
    run = _new_run(project, SCORE_FOLDER, model.method, job, None)
    write_atomically(run.folder / _LOOSE_SNAPSHOT, msgspec.json.encode(snapshot))
    write_problems(run.folder, problems_of_folder(folder, layout))
    return run


def prepare_export(
    project: Project,
    model: ModelRow,
    format_name: str,
    to: Path,
    *,
    variant: str = "",
    threshold: float | None = None,
) -> RunRow:
    """A run folder for exporting a model to the file `to`, as `ExportJob` tells.

    Raises:
        InspectorError: There is no such format or variant, packages are missing, the model cannot
            be read or has too many tiles, or the folder of the file does not exist.
    """
    format_ = find_format(format_name)
    format_.require_packages()
    file = format_.file(to)
    card = read_model_card(model.folder)
    check_tiles_of_file(model.name, card.tiles)
    card.check_alignments((variant,) if variant else ())
    snapshot = project.take_snapshot()
    job = ExportJob(
        model=str(model.folder),
        name=model.name,
        snapshot=str(project.snapshot_file(snapshot.snapshot_id)),
        format=format_.name,
        to=str(file),
        variant=variant,
        threshold=threshold,
    )
    return _new_run(project, EXPORT, model.method, job, snapshot.snapshot_id)


def parameters_of(card: ModelCard) -> Parameters:
    """A model's parameters as changes for `resolve_parameters`.

    What this Inspector does not know any more is left out; what is new since comes from the preset.
    """
    groups: dict[str, type[msgspec.Struct]] = {
        "common": CommonParameters,
        "alignment": AlignmentParameters,
        card.method: find_method(card.method).parameters,
    }
    changes: Parameters = {}
    for group, kind in groups.items():
        values = card.parameters.get(group) or {}
        prefix = "" if group == "common" else f"{group}."
        known = {field.name for field in msgspec.structs.fields(kind)}
        changes |= {f"{prefix}{name}": values[name] for name in values if name in known}
    return changes


def training_job(run: RunRow) -> TrainJob | None:
    """What a training was asked to do; None for another kind of run, or an older Inspector's."""
    try:
        return msgspec.json.decode(run.spec_json, type=TrainJob) if run.kind == TRAIN else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _new_training(
    project: Project,
    method: Method,
    preset: str,
    parameters: TrainingParameters,
    computing: Computing,
    muted: tuple[Place, ...] = (),
    parent: str = "",
    split: SplitFile | None = None,
) -> RunRow:
    require_packages(parameters.common.backbone, names_classes=method.names_classes)
    check_split(parameters.method, computing.processes)
    snapshot = project.take_snapshot()
    require_normal_training(snapshot)
    if split is not None:
        snapshot = project.keep_snapshot(restrict(snapshot, split))
    job = TrainJob(
        method=method.name,
        preset=preset,
        snapshot=str(project.snapshot_file(snapshot.snapshot_id)),
        cache=str(project.cache_folder),
        common=parameters.common,
        alignment=parameters.alignment,
        method_parameters=msgspec.to_builtins(parameters.method),
        muted=muted,
        parent=parent,
        split=snapshot.long_tail.words if snapshot.long_tail else "",
        device=computing.device,
        precision=computing.precision,
        processes=computing.processes,
    )
    return _new_run(project, TRAIN, method.name, job, snapshot.snapshot_id)


def _muted_before(project: Project, model: ModelRow) -> tuple[Place, ...]:
    """What the model's own training left out: it is in none of its banks, so it is not in
    `muted.json` either."""
    job = training_job(project.find_run(model.run_id))
    return job.muted if job is not None else ()


def _new_run(project: Project, kind: str, method: str, job: Job, snapshot_id: int | None) -> RunRow:
    encoded = msgspec.json.encode(job)
    run = project.new_run(kind, method, encoded, snapshot_id)
    write_atomically(run.folder / JOB_FILE, encoded)
    return run
