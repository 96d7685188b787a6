"""A model's card in sections of labelled lines: shown, and copied as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from PySide6.QtCore import QCoreApplication

from inspector.core.words import score
from inspector.gui.pages.models import words
from inspector.gui.pages.models.facts import ModelFacts, flat_parameters
from inspector.jobs.model_card import ModelCard, ThresholdCard


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, (label, value) each."""

    title: str
    lines: tuple[tuple[str, str], ...]


def sections_of(facts: ModelFacts, card: ModelCard) -> tuple[Section, ...]:
    """What it is, its thresholds, what made it, what it learned from, its parameters."""
    return (
        _what_it_is(facts, card),
        _thresholds(card),
        _what_made_it(facts, card),
        _training_images(card),
        _parameters(card),
    )


def as_text(facts: ModelFacts, card: ModelCard) -> str:
    """The whole card as plain text."""
    lines = [facts.model.name, "=" * len(facts.model.name)]
    for section in sections_of(facts, card):
        lines += ["", section.title, "-" * len(section.title)]
        lines += [f"{name}: {value}" for name, value in section.lines]
    if card.notes:
        title = QCoreApplication.translate("ModelCard", "Notes")
        lines += ["", title, "-" * len(title), *card.notes]
    return "\n".join(lines) + "\n"


def as_json(facts: ModelFacts, card: ModelCard) -> str:
    """The card as JSON, with the model's name, training time and newest metrics."""
    document = {
        "name": facts.model.name,
        "training_seconds": facts.seconds,
        "card": card,
        "evaluation": facts.evaluation,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def evidence(card: ThresholdCard) -> str:
    """What a threshold was taken from: "2 % of normal parts, 711 calibration scores, held out"."""
    rate = QCoreApplication.translate("ModelCard", "{rate} of normal parts").format(
        rate=words.percent(card.target_false_positive_rate)
    )
    count = QCoreApplication.translate("ModelCard", "{count} calibration scores").format(
        count=words.number(len(card.calibration_scores))
    )
    if card.held_out:
        kind = QCoreApplication.translate("ModelCard", "held out")
    else:
        kind = QCoreApplication.translate("ModelCard", "of images it learned from")
    parts = [rate, count, kind]
    if not card.supported:
        parts.append(QCoreApplication.translate("ModelCard", "too few for this rate"))
    return ", ".join(parts)


def _what_it_is(facts: ModelFacts, card: ModelCard) -> Section:
    title = QCoreApplication.translate("ModelCard", "What it is")
    variants = ", ".join(words.variant_label(name) for name in card.alignments)
    lines = [
        (QCoreApplication.translate("ModelCard", "Method"), facts.method_title),
        (QCoreApplication.translate("ModelCard", "Preset"), card.preset),
        (QCoreApplication.translate("ModelCard", "Backbone"), card.backbone),
        (QCoreApplication.translate("ModelCard", "Input"), _input(card)),
        (QCoreApplication.translate("ModelCard", "Image score"), _image_score(card)),
        (QCoreApplication.translate("ModelCard", "Alignments"), variants),
        (
            QCoreApplication.translate("ModelCard", "Used by default"),
            words.variant_label(card.default_alignment),
        ),
    ]
    if card.parent:
        lines.append((QCoreApplication.translate("ModelCard", "Trained again from"), card.parent))
    if card.alignment_statistics:
        label = QCoreApplication.translate("ModelCard", "Statistics")
        lines.append((label, card.alignment_statistics))
    return Section(title, tuple(lines))


def _input(card: ModelCard) -> str:
    size = f"{card.image_size} × {card.image_size} px"
    if card.tiles == 1:
        return size
    return QCoreApplication.translate("ModelCard", "{count} tiles of {size} each").format(
        count=f"{card.tiles} × {card.tiles}", size=size
    )


def _image_score(card: ModelCard) -> str:
    if card.image_scorer == "fitted":
        return QCoreApplication.translate(
            "ModelCard", "fitted: how far the map lies above normal maps"
        )
    if card.image_scorer == "max" or not card.score_percent:
        return QCoreApplication.translate("ModelCard", "maximum of the pixels")
    text = QCoreApplication.translate("ModelCard", "mean of the top {share} % of pixels")
    if card.tiles > 1:
        text = QCoreApplication.translate(
            "ModelCard", "mean of as many top pixels as {share} % of a tile"
        )
    return text.format(share=f"{card.score_percent:g}")


def _thresholds(card: ModelCard) -> Section:
    title = QCoreApplication.translate("ModelCard", "Thresholds")
    lines = tuple(
        (words.variant_label(name), f"{score(card.thresholds[name].value)}: {evidence(of)}")
        for name, of in card.thresholds.items()
    )
    nothing = ((words.UNDEFINED, QCoreApplication.translate("ModelCard", "none were set")),)
    return Section(title, lines or nothing)


def _what_made_it(facts: ModelFacts, card: ModelCard) -> Section:
    title = QCoreApplication.translate("ModelCard", "What made it")
    steps = ", ".join(f"{name} {words.number(count)}" for name, count in card.steps.items())
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    lines = (
        (QCoreApplication.translate("ModelCard", "Run"), str(facts.model.run_id)),
        (
            QCoreApplication.translate("ModelCard", "Created"),
            " ".join(words.moment(card.created or facts.model.created)),
        ),
        (
            QCoreApplication.translate("ModelCard", "Training time"),
            words.duration(facts.seconds),
        ),
        (
            QCoreApplication.translate("ModelCard", "Snapshot"),
            f"{card.snapshot_id} ({card.snapshot_digest[:12]})",
        ),
        (QCoreApplication.translate("ModelCard", "Device"), f"{card.device}, {card.precision}"),
        (QCoreApplication.translate("ModelCard", "Steps"), steps or words.UNDEFINED),
        (QCoreApplication.translate("ModelCard", "Seed"), str(card.seed)),
        (QCoreApplication.translate("ModelCard", "Versions"), versions or words.UNDEFINED),
    )
    return Section(title, lines)


def _training_images(card: ModelCard) -> Section:
    title = QCoreApplication.translate("ModelCard", "What it learned from")
    by_count: Sequence[tuple[str, int]] = sorted(
        card.training_images.items(), key=lambda pair: (-pair[1], pair[0])
    )
    total = QCoreApplication.translate("ModelCard", "All classes")
    lines = [(total, words.number(sum(card.training_images.values())))]
    if card.split:
        split = QCoreApplication.translate("ModelCard", "Long-tailed split")
        lines.append((split, card.split))
    for name, count in by_count:
        number = words.number(count)
        if card.long_tail is not None and name in card.long_tail.tail:
            number = QCoreApplication.translate("ModelCard", "{number} (tail)").format(
                number=number
            )
        lines.append((words.class_label(name), number))
    return Section(title, tuple(lines))


def _parameters(card: ModelCard) -> Section:
    title = QCoreApplication.translate("ModelCard", "Parameters")
    shown = {
        *("preset", "precision", "backbone", "seed", "image_size"),
        *("score_percent", "image_scorer"),
    }
    lines = [pair for pair in flat_parameters(card).items() if pair[0] not in shown]
    return Section(title, tuple(lines))
