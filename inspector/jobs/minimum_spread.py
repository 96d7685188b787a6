"""ε of a saved model's alignment, read without torch."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import InspectorError
from inspector.jobs.model_card import WEIGHTS_FILE


def minimum_spread(model_folder: Path, variant: str) -> float:
    """ε of a model's alignment variant: the smallest γ̂ − û that is believed.

    Raises:
        InspectorError: The weights are missing or damaged, or the model has no such variant.
    """
    from safetensors import SafetensorError, safe_open

    file = model_folder / WEIGHTS_FILE
    try:
        with safe_open(file, framework="numpy") as weights:
            return float(weights.get_tensor(f"alignment.{variant}.minimum_spread"))
    except (OSError, SafetensorError) as error:
        raise InspectorError(
            f"The alignment '{variant}' cannot be read from '{file}' ({error}).",
            "Train the model again, or choose another one.",
        ) from error
