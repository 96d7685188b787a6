"""What a project decides by: the active model, its alignment variant, its thresholds.

The window and the command line read and change the same: both decide alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.errors import InspectorError
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.candidates import candidates, decide
from inspector.project.models import ModelRow
from inspector.project.project import Project

_MODEL, _IS_CHOSEN = "active_model", "active_model_is_chosen"


def active_model(project: Project) -> ModelRow | None:
    """The model that decides; None without any.

    Where none was ever made active, or it is gone, the newest one; yet not one that was trained
    again and that nobody has decided on, while there is another.
    """
    models = project.models()
    wanted = project.get_setting(_MODEL, int, 0)
    active = next((model for model in models if model.model_id == wanted), None)
    if active is not None or not models:
        return active
    undecided = set(candidates(project))
    decided = tuple(model for model in models if model not in undecided) or models
    return decided[-1]


def use_model(project: Project, model: ModelRow) -> None:
    """A person chooses the model: it stays active, whatever newer ones come.

    Raises:
        InspectorError: Its card cannot be read: nothing could be decided by it.
    """
    read_model_card(model.folder)
    project.set_setting(_MODEL, model.model_id)
    project.set_setting(_IS_CHOSEN, True)
    decide(project, model.model_id)


def adopt_model(project: Project, model: ModelRow) -> bool:
    """A new model becomes the active one unless a person has chosen another; whether it has."""
    active = active_model(project)
    if active is not None and active != model and project.get_setting(_IS_CHOSEN, bool, False):
        return False
    project.set_setting(_MODEL, model.model_id)
    return True


def pin_model(project: Project) -> None:
    """The active model stays it for now: what comes next is only tried."""
    active = active_model(project)
    if active is not None:
        project.set_setting(_MODEL, active.model_id)


def asked_model(project: Project, name_or_id: str | None) -> ModelRow:
    """The model with this name or number; the active one where none is named.

    Raises:
        InspectorError: There is none.
    """
    active = active_model(project) if name_or_id is None else None
    return active or project.find_model(name_or_id)


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

    @property
    def words(self) -> str:
        """In a sentence's words."""
        told = f"{self.variant}, threshold {self.threshold:.3f}"
        if self.threshold == self.own:
            return told
        return f"{told} (set by hand; the model's own is {self.own:.3f})"

    def decision(self, score: float) -> str:
        """ "NG" or "OK"."""
        return "NG" if score > self.threshold else "OK"


def deciding_of(
    project: Project, model: ModelRow, variant: str | None = None, threshold: float | None = None
) -> Deciding:
    """What is asked for, else what is set by hand, else what is the model's own.

    Args:
        variant: An alignment variant; by default the one that is used with the model.
        threshold: By default the one that is used with the variant.

    Raises:
        InspectorError: The model lacks the variant, or its card cannot be read.
    """
    card = read_model_card(model.folder)
    chosen = variant or active_variant(project, model, card)
    if chosen not in card.thresholds:
        raise InspectorError(
            f"The model {model.name} has no alignment '{chosen}'.",
            f"It has: {', '.join(card.alignments)}.",
        )
    own = card.thresholds[chosen].value
    kept = project.get_setting(threshold_key(model, chosen), float, own)
    return Deciding(chosen, kept if threshold is None else threshold, own)


def active_variant(project: Project, model: ModelRow, card: ModelCard) -> str:
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
