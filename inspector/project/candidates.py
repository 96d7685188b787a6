"""Models that were trained again and that nobody has decided on: none replaces another by itself.

A model becomes a candidate when it is registered and names a parent that is still there. It stops
being one when somebody takes it into use or keeps the old one.
"""

from __future__ import annotations

from inspector.errors import InspectorError
from inspector.jobs.model_card import read_model_card
from inspector.project.models import ModelRow
from inspector.project.project import Project

_SETTING = "undecided_models"


def parent_of(project: Project, model: ModelRow) -> ModelRow | None:
    """The model that this one was trained again from, in use or in the trash; None without one."""
    try:
        parent = read_model_card(model.folder).parent
        return project.find_model_by_folder(model.folder.with_name(parent)) if parent else None
    except InspectorError:
        return None  # it was removed, or the card cannot be read: there is nothing to compare with


def add_candidate(project: Project, model: ModelRow) -> None:
    """Takes a model that has just been registered for a candidate, if it has a parent."""
    if parent_of(project, model) is not None:
        ids = project.get_setting(_SETTING, list[int], [])
        project.set_setting(_SETTING, sorted({*ids, model.model_id}))


def candidates(project: Project) -> tuple[ModelRow, ...]:
    """The models in use that nobody has decided on, oldest first."""
    ids = project.get_setting(_SETTING, list[int], [])
    return tuple(model for model in project.models() if model.model_id in ids)


def decide(project: Project, model_id: int) -> bool:
    """Notes that somebody has decided on a model; whether it was a candidate until now."""
    ids = project.get_setting(_SETTING, list[int], [])
    if model_id not in ids:
        return False
    project.set_setting(_SETTING, [other for other in ids if other != model_id])
    return True
