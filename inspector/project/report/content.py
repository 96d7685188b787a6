"""What a report is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.evaluation import RAW, Evaluation, ImageResult, VariantEvaluation
from inspector.core.thresholds import Threshold

Image = NDArray[np.uint8]
Map = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything that a report shows.

    Attributes:
        title: Heading; the project's or model's name.
        facts: The model card, in order: method, backbone, alignment, seed, versions and so on.
        evaluation: Metrics of every alignment variant.
        results: The scored images, those of unknown truth included.
        default_variant: The alignment variant shown beside the raw score; "none" for raw only.
        picture: Gives an image id's (H, W, 3) uint8 RGB image and (h, w) float32 raw smoothed map.
            It may raise InspectorError, whose message then stands in the picture's place.
        mask: Gives an image id's (H, W) bool ground-truth mask, None where there is none.
        threshold: How the default variant's threshold was chosen, where that is known.
        held_out_scores: Default variant's scores of the normal images that chose the threshold.
        n_painted: How many test images are left out, as a model learned from defects painted on
            them.
        minimum_spread: The aligner's least γ̂ − û: the heat maps are aligned as the scores were.
    """

    title: str
    facts: Mapping[str, str]
    evaluation: Evaluation
    results: Sequence[ImageResult]
    default_variant: str
    picture: Callable[[int], tuple[Image, Map]]
    mask: Callable[[int], Mask | None]
    threshold: Threshold | None = None
    held_out_scores: Sequence[float] = ()
    minimum_spread: float = 1e-6
    n_painted: int = 0

    @property
    def raw(self) -> VariantEvaluation | None:
        """The evaluation of the raw scores."""
        return self.evaluation.find(RAW)

    @property
    def aligned(self) -> VariantEvaluation | None:
        """The evaluation of the default variant; None where that is the raw score itself."""
        return None if self.default_variant == RAW else self.evaluation.find(self.default_variant)

    @property
    def shown(self) -> VariantEvaluation | None:
        """The evaluation that decides: the default variant's, be it aligned or raw."""
        return self.evaluation.find(self.default_variant)
