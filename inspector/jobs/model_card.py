"""`model.json`: what a saved model is, what made it, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from inspector.core.longtail import HeadAndTail
from inspector.core.tiling import Tiling
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.jobs.parameters import ImageScorer

FORMAT_VERSION = 1
CARD_FILE = "model.json"
WEIGHTS_FILE = "model.safetensors"


class ThresholdCard(msgspec.Struct, frozen=True, kw_only=True):
    """The default threshold of one alignment variant.

    Attributes:
        value: Scores above it are flagged.
        target_false_positive_rate: What was asked for, in [0, 1].
        supported: Whether there were enough calibration scores for that target.
        calibration_scores: Scores of normal images it was taken from, ascending.
        held_out: Whether the detector and the aligner had not seen these images.
    """

    value: float
    target_false_positive_rate: float
    supported: bool
    calibration_scores: list[float]
    held_out: bool


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the weights.

    Attributes:
        parameters: The validated job parameters, as JSON.
        backbone_sha256: Digest of the backbone's weights file; it must be found again at loading.
        image_size: Side of the square input in pixels: of a tile, where `tiling` has several.
        score_percent: Image score = mean of this top percentage of pixels (0: their maximum).
        alignments: Variants stored in the model; their weights are prefixed `alignment.NAME.`.
        alignment_statistics: In words: on which images the aligner's statistics were taken.
        windows: Intensity window of 16-bit images per class.
        long_tail: The classes of which it saw many and few images: by the split that it was
            trained on, else by the rule of the class chart; None where no class has few.
        split: That split in words, "exp, β 10, seed 0"; empty where there is none.
        annotated_images: SHA-256 of the images whose painted defects it learned from; as read, also
            of those whose defects it learned at once.
        notes: Sentences a user must know: stopped early, few images, ….
        image_scorer: What makes the image score: "top" (see `score_percent`), "max" or "fitted";
            what that has learned is prefixed `scorer.`.
        parent: Folder name of the model that it was trained again from; empty for none.
        tiles: How many tiles it looks at along each side of an image.
        tile_overlap: Pixels that neighbours share.
        processes: How many processes learned it together.
    """

    format_version: int = FORMAT_VERSION
    method: str
    preset: str
    backbone: str
    backbone_sha256: str
    image_size: int
    score_percent: float
    alignments: list[str]
    default_alignment: str
    alignment_statistics: str
    thresholds: dict[str, ThresholdCard]
    class_names: list[str]
    training_images: dict[str, int]
    windows: dict[str, IntensityWindow]
    parameters: dict[str, Any]
    snapshot_id: int
    snapshot_digest: str
    seed: int
    device: str
    precision: str
    steps: dict[str, int]
    created: str
    versions: dict[str, str]
    notes: list[str]
    annotated_images: list[str] = msgspec.field(default_factory=list)
    long_tail: HeadAndTail | None = None
    split: str = ""
    parent: str = ""
    tiles: int = 1
    tile_overlap: int = 0
    image_scorer: ImageScorer = "top"
    processes: int = 1

    @property
    def tiling(self) -> Tiling:
        """How the model looks at an image."""
        return Tiling(self.image_size, self.tiles, self.tile_overlap)

    def check_alignments(self, names: Iterable[str]) -> None:
        """Raises InspectorError where the model lacks one of these alignment variants."""
        unknown = set(names) - set(self.alignments)
        if unknown:
            raise InspectorError(
                f"The model has no alignment '{min(unknown)}'.",
                f"It has: {', '.join(self.alignments)}.",
            )


class _Format(msgspec.Struct):
    """The one key that every format has."""

    format_version: int = 0


def read_model_card(folder: Path) -> ModelCard:
    """The card of a model folder.

    Raises:
        InspectorError: There is no readable card, or a newer Inspector wrote it.
    """
    file = folder / CARD_FILE
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InspectorError(
            f"{folder} is not a model folder ({CARD_FILE} cannot be read).",
            "Give a folder that `inspector train` has made.",
        ) from error
    try:
        version = msgspec.json.decode(data, type=_Format).format_version
        if version > FORMAT_VERSION:
            raise InspectorError(
                f"The model {folder.name} was saved by a newer Inspector (format {version}).",
                "Update Inspector to use it.",
            )
        card = msgspec.json.decode(data, type=ModelCard)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InspectorError(
            f"The model card {file} is damaged ({error}).", "Train the model again."
        ) from error
    shown = {mask.image_sha256 for mask in read_fresh_masks(folder)} - {*card.annotated_images}
    if not shown:
        return card
    return msgspec.structs.replace(card, annotated_images=[*card.annotated_images, *sorted(shown)])
