"""What the page shows of each model, read from database and files; free of Qt, for threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.core.evaluation import RAW, Evaluation, VariantEvaluation
from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS
from inspector.jobs.events import Metric, replay
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.name_file import has_names
from inspector.project.candidates import candidates
from inspector.project.durations import training_seconds
from inspector.project.evaluations import ModelEvaluation, newest_evaluations
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunRow


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model with all that is known of it.

    Attributes:
        model: Its row in the project.
        card: Its card; None where that cannot be read.
        problem: Why the card cannot be read; empty where it can.
        evaluated: Its newest evaluation; None where it has none.
        n_scored: Number of images of the project that it has scored.
        size: Bytes on disk.
        seconds: How long its training took; None where the run does not tell.
        run_folder: Folder of the run that made it; None where the run is gone.
        is_candidate: Whether it was trained again and nobody has decided on it.
        has_names: Whether it has learned names of its classes.
    """

    model: ModelRow
    card: ModelCard | None
    problem: str
    evaluated: ModelEvaluation | None
    n_scored: int
    size: int
    seconds: float | None
    run_folder: Path | None
    is_candidate: bool = False
    has_names: bool = False

    @property
    def method_title(self) -> str:
        """The method's name for people."""
        method = METHODS.get(self.model.method)
        return method.title if method else self.model.method

    @property
    def n_training(self) -> int | None:
        """Number of images that it was trained on."""
        return sum(self.card.training_images.values()) if self.card else None

    @property
    def evaluation(self) -> Evaluation | None:
        """Its newest metrics."""
        return self.evaluated.evaluation if self.evaluated else None

    @property
    def raw(self) -> VariantEvaluation | None:
        """The metrics of its raw scores."""
        return self.evaluation.find(RAW) if self.evaluation else None

    @property
    def aligned(self) -> VariantEvaluation | None:
        """The metrics under its default alignment; None where it has none but the raw score."""
        variant = self.card.default_alignment if self.card else RAW
        return self.evaluation.find(variant) if self.evaluation and variant != RAW else None

    @property
    def aligned_variants(self) -> tuple[str, ...]:
        """The evaluated alignment variants besides the raw score, the default one first."""
        if self.evaluation is None:
            return ()
        names = [v.variant for v in self.evaluation.variants if v.variant != RAW]
        default = self.card.default_alignment if self.card else ""
        return tuple(sorted(names, key=lambda name: name != default))


def read_facts(project: Project) -> tuple[ModelFacts, ...]:
    """The facts of all models, those in the trash too; oldest first."""
    evaluations = newest_evaluations(project)
    counts = project.scored_counts()
    runs = {run.run_id: run for run in project.runs()}
    models = sorted((*project.models(), *project.trashed_models()), key=lambda m: m.model_id)
    undecided = set(candidates(project))
    return tuple(
        _facts(
            model,
            evaluations.get(model.folder.name),
            counts.get(model.model_id, 0),
            runs.get(model.run_id),
            is_candidate=model in undecided,
        )
        for model in models
    )


def read_metrics(run_folder: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Curves of a training, "STAGE.NAME" -> (steps, values); of a step said twice the last."""
    points: dict[str, dict[int, float]] = {}
    for event in replay(run_folder):
        if isinstance(event, Metric):
            points.setdefault(f"{event.stage}.{event.name}", {})[event.step] = event.value
    return {
        name: ([float(step) for step in sorted(of)], [of[step] for step in sorted(of)])
        for name, of in points.items()
    }


def flat_parameters(card: ModelCard) -> dict[str, str]:
    """Dotted name -> value in words, with the preset, precision and backbone among them."""
    flat: dict[str, str] = {"preset": card.preset, "precision": card.precision}
    for group, values in card.parameters.items():
        prefix = "" if group == "common" else f"{group}."
        if isinstance(values, dict):
            flat.update({f"{prefix}{name}": _written(value) for name, value in values.items()})
        else:
            flat[group] = _written(values)
    return flat


def tails_differ(models: Sequence[ModelFacts]) -> bool:
    """Whether models know other classes than each other as those with few images."""
    cards = (facts.card for facts in models)
    tails = {frozenset(card.long_tail.tail) for card in cards if card and card.long_tail}
    return len(tails) > 1


def differing(parameters: Sequence[dict[str, str]]) -> dict[str, tuple[str, ...]]:
    """The parameters in which some models differ -> their values; "–" where one lacks it."""
    names = list(dict.fromkeys(name for of_model in parameters for name in of_model))
    rows = {name: tuple(of.get(name, "–") for of in parameters) for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _facts(
    model: ModelRow,
    evaluated: ModelEvaluation | None,
    n_scored: int,
    run: RunRow | None,
    *,
    is_candidate: bool,
) -> ModelFacts:
    card, problem = None, ""
    try:
        card = read_model_card(model.folder)
    except InspectorError as error:
        problem = f"{error.message} {error.hint}"
    return ModelFacts(
        model=model,
        card=card,
        problem=problem,
        evaluated=evaluated,
        n_scored=n_scored,
        size=_size_of(model.folder),
        seconds=training_seconds(run.folder) if run else None,
        run_folder=run.folder if run else None,
        is_candidate=is_candidate,
        has_names=has_names(model.folder),
    )


def _size_of(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    except OSError:
        return 0  # it is being moved or deleted; the next look will tell


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
