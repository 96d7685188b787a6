"""The model card in words, for reports and lists."""

from __future__ import annotations

from inspector.core import words
from inspector.jobs.catalogue import find_method
from inspector.jobs.model_card import ModelCard


def card_facts(card: ModelCard) -> dict[str, str]:
    """The model card in words, in reading order."""
    method = find_method(card.method)
    n_images = sum(card.training_images.values())
    facts = {
        "Method": f"{method.title} ({card.method}, preset {card.preset})",
        "Backbone": f"{card.backbone} (weights {card.backbone_sha256[:12]})",
        "Input": _input(card),
        "Image score": _image_score(card),
        "Training images": f"{n_images} normal images of {len(card.training_images)} classes",
        "Training steps": ", ".join(f"{name} {steps}" for name, steps in card.steps.items()),
        "Alignment": f"{card.default_alignment}, statistics {card.alignment_statistics}",
        "Snapshot": f"{card.snapshot_id} ({card.snapshot_digest[:12]})",
        "Seed": str(card.seed),
        "Computed on": f"{card.device}, {card.precision}{_together(card)}",
        "Created": card.created,
        "Versions": ", ".join(f"{name} {value}" for name, value in card.versions.items()),
    }
    if card.split:
        facts["Long-tailed split"] = card.split
    if card.long_tail is not None:
        facts["Many images of"] = ", ".join(map(words.class_label, card.long_tail.head))
        facts["Few images of"] = ", ".join(map(words.class_label, card.long_tail.tail))
    for number, note in enumerate(card.notes, 1):
        facts[f"Note {number}"] = note
    return facts


def _together(card: ModelCard) -> str:
    return f", {card.processes} processes" if card.processes > 1 else ""


def _input(card: ModelCard) -> str:
    size = f"{card.image_size} × {card.image_size} pixels"
    return size if card.tiles == 1 else f"{card.tiles} × {card.tiles} tiles of {size}"


def _image_score(card: ModelCard) -> str:
    if card.image_scorer == "fitted":
        return "fitted: how far the map lies above normal maps"
    if card.image_scorer == "max" or not card.score_percent:
        return "maximum of the pixels"
    of_tile = "" if card.tiles == 1 else ", as many as that is of a tile"
    return f"mean of the top {card.score_percent:g} % of the pixels{of_tile}"
