"""The parameters of a training, with their bounds; forms and the command line are made from them.

Every field carries its bounds and a sentence of description in `msgspec.Meta`, so that one place
decides what is valid. Defaults are the *paper* preset's numbers (METHODS sections 1 to 3).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from inspector.core.tiling import Tiling

ImageScorer = Literal["top", "max", "fitted"]


class CommonParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every method has."""

    backbone: Annotated[str, Meta(min_length=1, description="Frozen feature extractor, timm name")]
    image_size: Annotated[
        int, Meta(ge=64, le=1024, multiple_of=32, description="Side of the square input, pixels")
    ] = 256
    tiles: Annotated[
        int,
        Meta(
            ge=1,
            le=16,
            description="Tiles along each side of the image, for small defects in large images; "
            "4 take 16 times as long as 1, the image as a whole",
        ),
    ] = 1
    tile_overlap: Annotated[
        float, Meta(ge=0.05, le=0.5, description="Share of a tile that its neighbour sees as well")
    ] = 0.25
    score_percent: Annotated[
        float,
        Meta(
            ge=0,
            le=100,
            description="Image score = mean of this top % of pixels, of those of one tile; 0: max",
        ),
    ] = 1.0
    image_scorer: Annotated[
        ImageScorer,
        Meta(
            description="Image score: top, mean of the top % of pixels; max, their maximum; "
            "fitted, how far the map lies above normal maps"
        ),
    ] = "top"
    target_false_positive_rate: Annotated[
        float, Meta(gt=0, lt=1, description="Share of normal images the threshold may flag")
    ] = 0.02
    seed: Annotated[int, Meta(ge=0, lt=2**31, description="Seed of every random choice")] = 0

    @property
    def tiling(self) -> Tiling:
        """How images are looked at."""
        return Tiling.sharing(self.image_size, self.tiles, self.tile_overlap)


class AlignmentParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CADA's regressor and the images its statistics come from."""

    statistics: Annotated[
        Literal["cross-fitted", "fitted"],
        Meta(description="Statistics from images held out of the fit, or from the fitted ones"),
    ] = "cross-fitted"
    folds: Annotated[
        int, Meta(ge=2, le=10, description="Parts that are held out in turn (cross-fitted)")
    ] = 3
    iterations: Annotated[
        int, Meta(ge=1, le=200_000, description="Steps of the regressor at most")
    ] = 5000
    batch_size: Annotated[int, Meta(ge=1, le=1024, description="Images per step")] = 16
    # The paper's 5e-2 is of targets as they are. Of standardised ones held-out normal images are
    # predicted worse with it (smooth L1 0.25) than with 1e-2 (0.20; benchmarks/RESULTS.md).
    learning_rate: Annotated[float, Meta(gt=0, le=10, description="SGD learning rate")] = 1e-2
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="SGD weight decay")] = 1e-4
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Dropout of the regressor")] = 0.25
    layers: Annotated[
        Literal["linear", "2-linear", "conv-2-linear", "2-conv"],
        Meta(description="Structure of the regressor"),
    ] = "conv-2-linear"


class RevDistParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reverse distillation."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 5000
    batch_size: Annotated[int, Meta(ge=2, le=1024, description="Images per step")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 2e-3
    plateau: Annotated[
        float, Meta(ge=0, le=1, description="Share of the steps after which the rate falls to 0")
    ] = 1.0
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-5


class ReContrastParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Contrastive reconstruction."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 5000
    batch_size: Annotated[int, Meta(ge=2, le=1024, description="Images per step")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 2e-3
    encoder_rate: Annotated[
        float, Meta(ge=0, le=1, description="That of the trainable encoder")
    ] = 1e-5
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-5
    hardness: Annotated[
        float,
        Meta(
            ge=-3,
            le=3,
            description="Points easier than their mean plus this many deviations do not count",
        ),
    ] = 1.0
    batch_norm: Annotated[
        Literal["frozen", "adapted"],
        Meta(description="Whether the encoder's statistics adapt; for a single class only"),
    ] = "frozen"


class UniAdParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Transformer with layer-wise queries."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 50_000
    batch_size: Annotated[int, Meta(ge=1, le=1024, description="Images per step")] = 64
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 3e-4
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-4
    gradient_clip: Annotated[
        float, Meta(gt=0, le=1000, description="Largest norm of a step's gradient")
    ] = 0.1
    jitter: Annotated[
        float, Meta(ge=0, le=1000, description="Noise on the features that it learns from")
    ] = 20.0
    whitening: Annotated[
        bool, Meta(description="Weigh reconstruction errors by how normal features spread")
    ] = True


class DinomalyParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reconstruction over a vision transformer."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 10_000
    batch_size: Annotated[int, Meta(ge=1, le=1024, description="Images per step")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 2e-3
    final_rate: Annotated[
        float, Meta(ge=0, le=1, description="What it has fallen to in the last step")
    ] = 2e-4
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-4
    gradient_clip: Annotated[
        float, Meta(gt=0, le=1000, description="Largest norm of a step's gradient")
    ] = 0.1
    dropout: Annotated[
        float, Meta(ge=0, lt=1, description="Noise of the bottleneck; more for more varied images")
    ] = 0.2
    easy_share: Annotated[
        float, Meta(ge=0, lt=1, description="Share of the points, the easiest, that hardly count")
    ] = 0.9


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
    distance: Annotated[
        bool, Meta(description="Let the distance to the normal bank count beside the mapper")
    ] = True
    likeness: Annotated[
        bool, Meta(description="Let it count how much a patch looks like a painted defect")
    ] = True
    attention: Annotated[
        Literal["auto", "on", "off"],
        Meta(description="Attention to all of the image or tile; auto: where nothing is painted"),
    ] = "auto"


class LtadParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Long-tailed detection with learned class names."""

    iterations: Annotated[int, Meta(ge=1, le=1_000_000, description="Training steps")] = 10_000
    batch_size: Annotated[int, Meta(ge=2, le=1024, description="Images per step")] = 32
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate")] = 4e-4
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="AdamW weight decay")] = 1e-4
    noise: Annotated[
        float,
        Meta(ge=0, le=10, description="Noise that turns normal features into abnormal ones"),
    ] = 0.5
    semantic: Annotated[
        bool, Meta(description="Use the semantic module beside the reconstruction")
    ] = True
    synthesis: Annotated[
        bool, Meta(description="Synthesise features of classes with few images")
    ] = True
    whitening: Annotated[
        bool, Meta(description="Weigh reconstruction errors by how normal features spread")
    ] = True
    least_real: Annotated[
        float, Meta(ge=0, le=1, description="Share of real images that the rarest class keeps")
    ] = 0.5
    names: Annotated[
        Literal["learned", "folder", "shared"],
        Meta(description="Names of the classes: learned, as the folders say, or one for all"),
    ] = "learned"
    classes: Annotated[
        Literal["folders", "clusters"],
        Meta(description="What a class is: a folder, or a cluster found without labels"),
    ] = "folders"
    clusters: Annotated[
        int, Meta(ge=0, le=200, description="How many clusters; 0: as many as fit best")
    ] = 0
    name_iterations: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Steps of learning names and synthesis")
    ] = 5000
    name_batch_size: Annotated[int, Meta(ge=2, le=1024, description="Images per step of that")] = 32
    name_rate: Annotated[float, Meta(gt=0, le=1, description="AdamW learning rate of that")] = 1e-3
    divergence: Annotated[
        float, Meta(ge=0, le=100, description="Weight of the VAE's divergence from N(0, 1)")
    ] = 0.01


def planned_steps(parameters: Any, n_images: int) -> int:
    """The steps of a method's fit on so many images; 0 for a method that counts none beforehand."""
    if hasattr(parameters, "epochs"):
        return int(parameters.epochs) * -(-n_images // int(parameters.batch_size))
    return int(getattr(parameters, "iterations", 0))
