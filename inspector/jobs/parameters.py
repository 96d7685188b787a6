"""The parameters of a training, with their bounds; forms and the command line are made from them.

Every field carries its bounds and a sentence of description in `msgspec.Meta`, so that one place
decides what is valid. Defaults are the *paper* preset's numbers (METHODS sections 1 and 2).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class CommonParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every method has."""

    backbone: Annotated[str, Meta(min_length=1, description="Frozen feature extractor, timm name")]
    image_size: Annotated[
        int, Meta(ge=64, le=1024, multiple_of=32, description="Side of the square input, pixels")
    ] = 256
    score_percent: Annotated[
        float, Meta(ge=0, le=100, description="Image score = mean of this top % of pixels; 0: max")
    ] = 1.0
    target_false_positive_rate: Annotated[
        float, Meta(gt=0, lt=1, description="Share of normal images the threshold may flag")
    ] = 0.02
    seed: Annotated[int, Meta(ge=0, lt=2**31, description="Seed of every random choice")] = 0


class AlignmentParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CADA's regressor and the images its statistics come from."""

    statistics: Annotated[
        Literal["cross-fitted", "fitted"],
        Meta(description="Statistics from images held out of the fit, or from the fitted ones"),
    ] = "cross-fitted"
    folds: Annotated[
        int, Meta(ge=2, le=10, description="Parts that are held out in turn (cross-fitted)")
    ] = 3
    iterations: Annotated[int, Meta(ge=1, le=200_000, description="Steps of the regressor")] = 5000
    batch_size: Annotated[int, Meta(ge=1, le=1024, description="Images per step")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=10, description="SGD learning rate")] = 5e-2
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="SGD weight decay")] = 1e-4
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Dropout of the regressor")] = 0.25


class RevDistParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reverse distillation."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 5000
    batch_size: Annotated[int, Meta(ge=2, le=1024, description="Images per step")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 2e-3
    plateau: Annotated[
        float, Meta(ge=0, le=1, description="Share of the steps after which the rate falls to 0")
    ] = 1.0
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-5
