"""What a project decides by, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from inspector.errors import InspectorError
from inspector.jobs.model_card import CARD_FILE, ThresholdCard, read_model_card
from inspector.project.active import (
    active_model,
    adopt_model,
    asked_model,
    deciding_of,
    pin_model,
    threshold_key,
    use_model,
    variant_key,
)
from inspector.project.candidates import add_candidate, candidates
from inspector.project.models import ModelRow
from inspector.project.project import Project

Add = Callable[..., ModelRow]


@pytest.fixture
def add(project: Project, write_model: Callable[..., Path]) -> Add:
    """Adds a model as a training does, with two alignments and thresholds."""

    def one(parent: ModelRow | None = None) -> ModelRow:
        run = project.new_run("train", "revdist", b"{}", None)
        folder = write_model(run.folder / "model")
        limits = {
            name: ThresholdCard(
                value=value,
                target_false_positive_rate=0.02,
                supported=True,
                calibration_scores=[],
                held_out=True,
            )
            for name, value in (("none", 0.5), ("cada", 1.0))
        }
        card = msgspec.structs.replace(
            read_model_card(folder),
            alignments=["none", "cada"],
            default_alignment="cada",
            thresholds=limits,
            parent=parent.folder.name if parent else "",
        )
        (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
        return project.add_model(run.run_id, folder)

    return one


def test_the_newest_is_active_until_a_person_chooses(project: Project, add: Add) -> None:
    assert active_model(project) is None
    with pytest.raises(InspectorError, match="no model yet"):
        asked_model(project, None)
    first = add()
    assert active_model(project) == first
    second = add()
    assert active_model(project) == asked_model(project, None) == second
    assert adopt_model(project, second)
    use_model(project, first)
    third = add()
    assert not adopt_model(project, third)
    assert active_model(project) == asked_model(project, None) == first
    assert asked_model(project, "3") == third
    project.trash_model(1)
    assert active_model(project) == third
    project.restore_model(1)
    assert active_model(project) == first


def test_what_was_only_adopted_gives_way(project: Project, add: Add) -> None:
    first = add()
    pin_model(project)
    second = add()
    assert active_model(project) == first
    assert adopt_model(project, second)
    assert active_model(project) == second


def test_one_trained_again_waits_for_a_decision(project: Project, add: Add) -> None:
    first = add()
    again = add(first)
    add_candidate(project, again)  # as settling a training does
    assert active_model(project) == first
    project.trash_model(first.model_id)
    assert active_model(project) == again
    pin_model(project)
    add()
    assert active_model(project) == again
    use_model(project, again)
    assert candidates(project) == ()


def test_thresholds_set_by_hand_go_before_the_models_own(project: Project, add: Add) -> None:
    model = add()
    found = deciding_of(project, model)
    assert (found.variant, found.threshold, found.own) == ("cada", 1.0, 1.0)
    project.set_setting(threshold_key(model, "cada"), 1.25)
    found = deciding_of(project, model)
    assert (found.variant, found.threshold, found.own) == ("cada", 1.25, 1.0)
    project.set_setting(variant_key(model), "none")
    assert deciding_of(project, model).threshold == 0.5
    assert deciding_of(project, model, "cada").threshold == 1.25
    project.set_setting(variant_key(model), "cada-q")  # of an older model file
    assert deciding_of(project, model).variant == "cada"
    assert deciding_of(project, model, "cada", 2.0).threshold == 2.0
    assert "(set by hand; the model's own is 1.000)" in deciding_of(project, model, "cada").words
    with pytest.raises(InspectorError, match="no alignment 'cada-b'") as error:
        deciding_of(project, model, "cada-b")
    assert "none, cada" in error.value.hint
