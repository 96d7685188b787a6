"""The parameters of a training, with their bounds; forms and the command line are made from them.

Every field carries its bounds and a sentence of description in `msgspec.Meta`, so that one place
decides what is valid. Defaults are the *paper* preset's numbers (METHODS sections 1 to 3).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

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


Coreset = Annotated[
    float, Meta(gt=0, le=1, description="Share of the patches that a bank remembers")
]
CoresetWidth = Annotated[
    int, Meta(ge=0, le=4096, description="Width in which they are chosen; 0: as they are")
]

CoresetPoints = Annotated[
    int,
    Meta(ge=1000, le=100_000_000, description="From how many patches at most, drawn evenly"),
]


class PatchCoreParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PatchCore, with the bank that DMAD has."""

    coreset: Coreset = 0.02
    coreset_width: CoresetWidth = 128
    coreset_points: CoresetPoints = 4_000_000


class DmadParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dual memory banks."""

    epochs: Annotated[int, Meta(ge=1, le=10_000, description="Times that each image is seen")] = 48
    batch_size: Annotated[int, Meta(ge=1, le=1024, description="Images per step")] = 32
    patches: Annotated[
        int, Meta(ge=0, le=16_384, description="Patches per image and step, at random; 0: all")
    ] = 0
    learning_rate: Annotated[
        float, Meta(gt=0, le=1, description="AdamW learning rate of the mapper")
    ] = 2e-4
    projection_rate: Annotated[
        float, Meta(gt=0, le=1, description="That of the projection and the attention")
    ] = 1e-4
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-5
    # The paper's 0.015 is of features whose spread it does not tell; here it is a share of their
    # root mean square. With 0.015 of that nothing is learned. 0.3 (ours) is about as far as a
    # normal patch lies from the bank.
    noise: Annotated[
        float, Meta(ge=0, le=10, description="Noise that turns normal patches into abnormal ones")
    ] = 0.3
    coreset: Coreset = 0.02
    coreset_width: CoresetWidth = 128
    coreset_points: CoresetPoints = 4_000_000
    outlier_images: Annotated[
        int, Meta(ge=0, le=10_000, description="Images blended with textures; 0: no outlier bank")
    ] = 200
    textures: Annotated[
        str, Meta(max_length=4096, description="Folder of texture images; empty: built-in ones")
    ] = ""
    mask_filter: Annotated[
        bool, Meta(description="Learn from painted patches only, not from the whole image")
    ] = True
    centre_samples: Annotated[
        int, Meta(ge=0, le=10_000, description="Pseudo-anomalies around each painted defect")
    ] = 32
    centre_noise: Annotated[
        float, Meta(ge=0, le=10, description="How far they lie from its centre")
    ] = 0.1
    attention: Annotated[
        Literal["auto", "on", "off"],
        Meta(description="Attention to the whole image; auto: where nothing is painted"),
    ] = "auto"


def planned_steps(parameters: Any, n_images: int) -> int:
    """The steps of a method's fit on so many images; 0 for a method that counts none beforehand."""
    if hasattr(parameters, "epochs"):
        return int(parameters.epochs) * -(-n_images // int(parameters.batch_size))
    return int(getattr(parameters, "iterations", 0))
