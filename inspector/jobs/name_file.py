"""What a model learned of its classes' names, for who shows it; never imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from inspector.errors import InspectorError
from inspector.jobs.model_card import WEIGHTS_FILE

_NAMES = "detector.names."
_SAMPLE = "detector.sample."


@dataclass(frozen=True, slots=True)
class Naming:
    """What people can read of learned names; bytes of JSON in the model's weights.

    Attributes:
        classes: The folder, or the cluster, that each name is of.
        nearest: For each, the nearest words of the text side with their similarity (cosine), the
            nearest first; empty where names are not learned.
        encoder: The text side.
    """

    classes: list[str]
    nearest: list[list[tuple[str, float]]]
    encoder: str


@dataclass(frozen=True, slots=True)
class StoredNames:
    """The names of a model's K classes, and a sample of the features it learned from.

    Attributes:
        naming: Classes and nearest words.
        similarity: (K, K) float32, cosine between the names' text vectors.
        features: (M, C) float32, standardised, averaged over the image.
        feature_classes: (M,) int32, an index into `naming.classes`.
        synthetic: (M,) bool, which of them were synthesised.
    """

    naming: Naming
    similarity: NDArray[np.float32]
    features: NDArray[np.float32]
    feature_classes: NDArray[np.int32]
    synthetic: NDArray[np.bool_]

    def most_alike(self, c: int) -> int | None:
        """The other class whose name is most similar; None for the only class."""
        others = [other for other in range(len(self.similarity)) if other != c]
        return max(others, key=lambda other: float(self.similarity[c, other]), default=None)


def has_names(folder: Path) -> bool:
    """Whether a model folder holds names; no for weights that cannot be read. Reads a header."""
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="numpy") as opened:
            return f"{_NAMES}naming" in set(opened.keys())
    except (OSError, SafetensorError):
        return False


def read_names(folder: Path) -> StoredNames | None:
    """What a model folder holds of names; None for a method that has none.

    Raises:
        InspectorError: The weights are missing or damaged.
    """
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="numpy") as opened:
            if f"{_NAMES}naming" not in set(opened.keys()):
                return None
            text = opened.get_tensor(f"{_NAMES}naming").tobytes()
            named = opened.get_tensor(f"{_NAMES}named").astype(np.float32)
            stored = StoredNames(
                msgspec.json.decode(text, type=Naming),
                named @ named.T,
                opened.get_tensor(f"{_SAMPLE}features").astype(np.float32),
                opened.get_tensor(f"{_SAMPLE}classes").astype(np.int32),
                opened.get_tensor(f"{_SAMPLE}synthetic").astype(np.bool_),
            )
    except (OSError, SafetensorError, msgspec.MsgspecError) as error:
        raise _unreadable(folder, str(error)) from error
    if not _is_consistent(stored):
        raise _unreadable(folder, "its names and features do not belong together")
    return stored


def _is_consistent(stored: StoredNames) -> bool:
    count, naming, classes = len(stored.similarity), stored.naming, stored.feature_classes
    return (
        len(naming.classes) == len(naming.nearest) == count
        and len(stored.features) == len(classes) == len(stored.synthetic)
        and bool(((classes >= 0) & (classes < count)).all())
    )


def _unreadable(folder: Path, reason: str) -> InspectorError:
    return InspectorError(
        f"The weights of the model {folder.name} cannot be read ({reason}).",
        "Train the model again, or restore the folder from a backup.",
    )
