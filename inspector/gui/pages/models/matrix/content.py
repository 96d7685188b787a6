"""What the matrix shows, from what is known of the models; free of Qt."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from inspector.core.words import UNDEFINED
from inspector.errors import InspectorError
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.pages.models.facts import ModelFacts
from inspector.jobs.catalogue import METHODS, TrainingParameters, resolve_parameters
from inspector.jobs.model_card import ModelCard
from inspector.project.matrix import Trained
from inspector.project.recipes import parameters_made_with


def trained_of(models: Sequence[ModelFacts]) -> list[Trained]:
    """The evaluated models among `models`, in the order of the catalogue."""
    newest = newest_digest(models)
    made = []
    for facts in models:
        if facts.card is None or facts.evaluation is None:
            continue
        parts = [changes_of(facts.card)]
        if facts.model.digest != newest:
            parts.append(f"snapshot {facts.model.snapshot_id}")
        made.append(
            Trained(
                method=facts.model.method,
                preset=facts.card.preset,
                changes=", ".join(part for part in parts if part),
                seed=facts.card.seed,
                model=facts.model.name,
                seconds=facts.seconds,
                evaluation=facts.evaluation,
            )
        )
    order = {name: place for place, name in enumerate(METHODS)}
    return sorted(made, key=lambda one: order.get(one.method, len(order)))


def changes_of(card: ModelCard) -> str:
    """In which parameters a model differs from its preset, the seed left out; empty for none."""
    made_with = parameters_made_with(card)
    method = METHODS.get(card.method)
    try:
        usual = resolve_parameters(method, card.preset, {}) if method is not None else None
    except InspectorError:  # a preset that is there no more
        usual = None
    if made_with is None or usual is None:
        return UNDEFINED
    before, after = _flat(usual), _flat(made_with)
    return ", ".join(f"{name}={after[name]}" for name in after if after[name] != before[name])


def newest_digest(models: Sequence[ModelFacts]) -> str:
    """Digest of the images that the newest model was trained on; empty without any."""
    return max(models, key=lambda of: of.model.model_id).model.digest if models else ""


def missing_trainings(
    models: Sequence[ModelFacts], methods: Collection[str], n_seeds: int, split: str = ""
) -> list[TrainRequest]:
    """The trainings of some methods, first preset, seeds 0 to n − 1, that the matrix lacks.

    They learn from the kept split of that name, if any.
    """
    digest = newest_digest(models)
    there = {
        (of.model.method, of.card.preset, of.card.seed)
        for of in models
        if of.card is not None and of.model.digest == digest and not changes_of(of.card)
    }
    return [
        TrainRequest(
            method=name,
            preset=method.presets[0].name,
            changes={"seed": seed} if seed else {},
            split=split,
            for_comparison=True,
        )
        for name, method in METHODS.items()
        if name in methods
        for seed in range(n_seeds)
        if (name, method.presets[0].name, seed) not in there
    ]


def _flat(parameters: TrainingParameters) -> dict[str, object]:
    """All parameters by name, in words of `--set` where that is not ambiguous; without the seed."""
    flat: dict[str, object] = {}
    for prefix, group in (
        ("", parameters.common),
        ("alignment.", parameters.alignment),
        ("", parameters.method),
    ):
        flat |= {f"{prefix}{name}": value for name, value in msgspec.to_builtins(group).items()}
    flat.pop("seed")
    return flat
