"""Trainings to compare, and which of them a project has: done, begun, or still to do.

A training is recognised by method, preset, parameters, seed and the digest of its snapshot. So the
same comparison asked for twice trains nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.backbones import weights_origin
from inspector.jobs.catalogue import (
    METHODS,
    Method,
    Parameters,
    TrainingParameters,
    find_method,
    resolve_parameters,
)
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.parameters import AlignmentParameters, CommonParameters, planned_steps
from inspector.jobs.spec import ScoreJob, TrainJob, read_job
from inspector.jobs.text_packages import missing_packages
from inspector.project.evaluations import ModelEvaluation, evaluation_of
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.snapshots import Snapshot
from inspector.project.work import EVALUATE, training_job
from inspector.project.workers import is_worker_alive


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training to compare; `changes` are what makes it differ from the preset."""

    method: Method
    preset: str
    changes: Parameters
    parameters: TrainingParameters

    @property
    def seed(self) -> int:
        """Seed of every random choice."""
        return self.parameters.common.seed


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a recipe is in a project.

    Attributes:
        recipe: What was asked for.
        model: The trained model.
        run: Without a model: the training of it that was begun and can go on, or is under way.
        is_running: Whether a worker is at it.
        evaluated: The model's evaluation on the images asked about.
    """

    recipe: Recipe
    model: ModelRow | None = None
    run: RunRow | None = None
    is_running: bool = False
    evaluated: ModelEvaluation | None = None


def methods_at_hand() -> tuple[str, ...]:
    """The methods whose first preset finds all that it needs on this machine. Reads files."""
    backbones = {
        name: resolve_parameters(method, method.presets[0].name, {}).common.backbone
        for name, method in METHODS.items()
    }
    return tuple(
        name
        for name, backbone in backbones.items()
        if weights_origin(backbone)
        and not missing_packages(backbone, names_classes=METHODS[name].names_classes)
    )


def make_recipes(
    methods: Sequence[str], preset: str, seeds: Sequence[int], changes: Mapping[str, object]
) -> tuple[Recipe, ...]:
    """Every method with every seed.

    Args:
        methods: Names in the catalogue.
        preset: Empty for the first of each method.
        seeds: Seeds; without any, the preset's.
        changes: As for `resolve_parameters`; a name with a method in front is for that one only.

    Raises:
        InspectorError: A method, preset or parameter is not known or not valid.
    """
    for name in changes:
        group = name.partition(".")[0] if "." in name else ""
        if group in METHODS and group not in methods:
            raise InspectorError(
                f"'{name}' is a parameter of a method that is not compared.",
                f"Compare '{group}' too, or leave it out.",
            )
    made = []
    for name in dict.fromkeys(methods):
        method = find_method(name)
        others = tuple(f"{other}." for other in METHODS if other != name)
        own = {key: value for key, value in changes.items() if not key.startswith(others)}
        for seed in dict.fromkeys(seeds) or (None,):
            asked = own if seed is None else own | {"seed": seed}
            wanted = preset or method.presets[0].name
            parameters = resolve_parameters(method, wanted, asked)
            made.append(Recipe(method, wanted, asked, parameters))
    return tuple(made)


def standing_of(
    project: Project, recipe: Recipe, snapshot: Snapshot, left_out: Sequence[str] = ()
) -> Standing:
    """How far a recipe is on the images of a snapshot.

    Args:
        project: The project.
        recipe: The training.
        snapshot: The images.
        left_out: SHA-256 of images that an evaluation must not count.
    """
    digests = project.snapshot_digests()
    for model in reversed(project.models()):
        if model.digest == snapshot.digest and _is_made_by(project, recipe, model):
            found = _evaluation(project, model, digests, left_out)
            return Standing(recipe, model, evaluated=found)
    for run in reversed(project.runs()):
        job = training_job(run)
        if job is None or digests.get(run.snapshot_id or 0) != snapshot.digest:
            continue
        if _asks_for(recipe, job):
            if is_worker_alive(run.folder):
                return Standing(recipe, run=run, is_running=True)
            if run.state in (RunState.LOST, RunState.FAILED):
                return Standing(recipe, run=run)
    return Standing(recipe)


def parameters_made_with(card: ModelCard) -> TrainingParameters | None:
    """The parameters of a model; None where this Inspector does not know them."""
    method = METHODS.get(card.method)
    if method is None:
        return None
    try:
        return TrainingParameters(
            msgspec.convert(card.parameters.get("common"), CommonParameters),
            msgspec.convert(card.parameters.get("alignment"), AlignmentParameters),
            msgspec.convert(card.parameters.get(card.method), method.parameters),
        )
    except msgspec.ValidationError:
        return None


def painted_images(snapshot: Snapshot, recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """SHA-256 of the images that no model may be judged by, so that all are judged alike.

    Those with painted defects, where one of the methods learns from them.
    """
    if not any(recipe.method.learns_from_defects for recipe in recipes):
        return ()
    return tuple(sorted({entry.sha256 for entry in snapshot.annotated()}))


def _is_made_by(project: Project, recipe: Recipe, model: ModelRow) -> bool:
    if model.method != recipe.method.name:
        return False
    try:
        card = read_model_card(model.folder)
    except InspectorError:
        return False
    if card.preset != recipe.preset or parameters_made_with(card) != recipe.parameters:
        return False
    # One of before a parameter was there may have been made otherwise than its default says.
    if card.parameters.get(card.method) != msgspec.to_builtins(recipe.parameters.method):
        return False
    # One that somebody ended early, or whose patches somebody muted, is another one.
    planned = planned_steps(recipe.parameters.method, sum(card.training_images.values()))
    job = training_job(project.find_run(model.run_id))
    return card.steps.get("detector", 0) >= planned and (job is None or not job.muted)


def _asks_for(recipe: Recipe, job: TrainJob) -> bool:
    return (
        job.method == recipe.method.name
        and job.preset == recipe.preset
        and job.common == recipe.parameters.common
        and job.alignment == recipe.parameters.alignment
        and job.method_parameters == msgspec.to_builtins(recipe.parameters.method)
        and not job.muted
    )


def _evaluation(
    project: Project, model: ModelRow, digests: Mapping[int, str], left_out: Sequence[str]
) -> ModelEvaluation | None:
    """The newest evaluation on the model's own images, without those left out, of all variants."""
    card = read_model_card(model.folder)
    own = set(card.annotated_images)
    for run in reversed(project.runs()):
        if run.kind != EVALUATE or digests.get(run.snapshot_id or 0) != model.digest:
            continue
        try:
            job = read_job(run.folder)
        except InspectorError:
            continue
        if not isinstance(job, ScoreJob) or Path(job.model).name != model.folder.name:
            continue
        found = evaluation_of(project, run)
        if found is None or job.judge_painted or own | {*job.left_out} != own | {*left_out}:
            continue
        if set(card.alignments) <= {variant.variant for variant in found.evaluation.variants}:
            return found
    return None
