"""Whether a training can start, and why not. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from inspector.jobs.backbones import weights_folder

FEWEST_FOR_FOLDS = 6

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides it.

    Attributes:
        has_project: Whether a project is open.
        is_loading: Whether its images are still being read.
        n_images: Normal images to learn from.
        backbone: timm name; empty while none was given.
        problems: Sentences on parameters that are invalid.
        has_weights: Whether the backbone's weights are on this machine.
        split_fits: Whether the long-tailed split in force, if any, fits the images.
    """

    has_project: bool
    is_loading: bool
    n_images: int
    backbone: str
    problems: Sequence[str] = ()
    has_weights: bool = True
    split_fits: bool = True


def method_obstacle(situation: Situation) -> str:
    """Why no method can learn here; empty where one can."""
    if not situation.has_project:
        return translate("Train", "Open a project first.")
    if situation.is_loading:
        return translate("Train", "The images are still being read.")
    if situation.n_images == 0:
        return translate(
            "Train",
            "There are no normal images to learn from. Import a folder of good parts.",
        )
    return ""


def obstacle(situation: Situation) -> str:
    """Why the training as asked for cannot start; empty where it can."""
    reason = method_obstacle(situation)
    if reason:
        return reason
    if not situation.split_fits:
        return translate(
            "Train", "The long-tailed split does not fit the images. Take it off to train."
        )
    if not situation.backbone:
        return translate("Train", "Write the timm name of the backbone.")
    if situation.problems:
        return situation.problems[0]
    return ""


def caution(situation: Situation) -> str:
    """What to know before it starts; empty if nothing."""
    sentences = []
    if not situation.has_weights:
        sentence = translate(
            "Train",
            "The weights of this backbone are not on this machine: the training fetches them from "
            "the internet, or put them into {folder}.",
        )
        sentences.append(sentence.format(folder=weights_folder()))
    if 0 < situation.n_images < FEWEST_FOR_FOLDS:
        sentences.append(
            translate(
                "Train",
                "With so few normal images none are held out; the threshold will be optimistic.",
            )
        )
    return " ".join(sentences)
