"""What a project decides by: the model in use, its alignment variant, its thresholds.

People choose all three, in the window or by `inspector models --use`; both decide by them then.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.candidates import candidates, decide
from inspector.project.models import ModelRow
from inspector.project.project import Project

_MODEL = "active_model"


def model_in_use(project: Project) -> ModelRow | None:
    """The model that was chosen, else the newest one; None without any.

    One that was trained again and that nobody has decided on is not taken while there is another.
    """
    models = project.models()
    undecided = set(candidates(project))
    decided = tuple(model for model in models if model not in undecided) or models
    chosen = project.get_setting(_MODEL, int, 0)
    newest = decided[-1] if decided else None
    return next((model for model in decided if model.model_id == chosen), newest)


def use_model(project: Project, model: ModelRow) -> None:
    """Chooses the model: it stays in use, whatever newer ones come."""
    project.set_setting(_MODEL, model.model_id)
    decide(project, model.model_id)


def pin_model(project: Project, model: ModelRow) -> None:
    """What is in use stays it, without a word on newer ones."""
    project.set_setting(_MODEL, model.model_id)


def asked_model(project: Project, name_or_id: str | None) -> ModelRow:
    """The model with this name or number; the one in use where none is named.

    Raises:
        InspectorError: There is none.
    """
    own = model_in_use(project) if name_or_id is None else None
    return own or project.find_model(name_or_id)


@dataclass(frozen=True, slots=True)
class Deciding:
    """How scores of a model become OK or NG.

    Attributes:
        variant: The alignment variant.
        threshold: A score above it is NG.
        own: The model's own threshold for the variant.
    """

    variant: str
    threshold: float
    own: float


def deciding_in_use(project: Project, model: ModelRow, variant: str | None = None) -> Deciding:
    """The thresholds set by hand go before the model's own.

    Args:
        variant: An alignment variant; by default the one that is in use.

    Raises:
        InspectorError: The model lacks the variant, or its card cannot be read.
    """
    card = read_model_card(model.folder)
    chosen = variant or variant_in_use(project, model, card)
    if chosen not in card.thresholds:
        raise InspectorError(
            f"The model {model.name} has no alignment '{chosen}'.",
            f"It has: {', '.join(card.alignments)}.",
        )
    own = card.thresholds[chosen].value
    return Deciding(chosen, project.get_setting(threshold_key(model, chosen), float, own), own)


def variant_in_use(project: Project, model: ModelRow, card: ModelCard) -> str:
    """The alignment variant that was chosen for a model, else its default."""
    kept = project.get_setting(variant_key(model), str, card.default_alignment)
    return kept if kept in card.alignments else card.default_alignment


def variant_key(model: ModelRow) -> str:
    """The setting that keeps a model's variant."""
    return f"variant/{model.model_id}"


def threshold_key(model: ModelRow, variant: str) -> str:
    """The setting that keeps the threshold of a variant."""
    return f"threshold/{model.model_id}/{variant}"


def lower_threshold_key(model: ModelRow, variant: str) -> str:
    """The setting that keeps where the unsure band of a variant begins."""
    return f"lower/{model.model_id}/{variant}"
