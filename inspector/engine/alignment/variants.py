"""The alignment variants by name."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.engine.alignment.base import Aligner, NoAlignment
from inspector.engine.alignment.cada import Cada, CadaB, CadaQ, CadaSigma
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.alignment.regressed import Layers
from inspector.errors import InspectorError

VARIANTS = ("none", "cada-a", "cada-b", "cada", "cada-sigma", "cada-q")
"""All of them, in the order in which they are shown."""


def build_aligner(
    name: str,
    class_names: Sequence[str],
    channels: int,
    layers: Layers = "conv-2-linear",
    dropout: float = 0.25,
) -> Aligner:
    """An unfitted aligner.

    Args:
        name: One of `VARIANTS`.
        class_names: Of the training images.
        channels: C of the detector's descriptor.
        layers: Structure of the regressor.
        dropout: Of the regressor; at training only.

    Raises:
        InspectorError: There is no such variant.
    """
    match name:
        case "none":
            return NoAlignment()
        case "cada-a":
            return ClassStatistics(class_names)
        case "cada-b":
            return CadaB(class_names, channels, layers, dropout)
        case "cada":
            return Cada(channels, layers, dropout)
        case "cada-sigma":
            return CadaSigma(channels, layers, dropout)
        case "cada-q":
            return CadaQ(channels, layers, dropout)
    raise InspectorError(f"There is no alignment '{name}'.", f"Use one of: {', '.join(VARIANTS)}.")
