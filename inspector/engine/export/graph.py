"""The whole pipeline as one graph: an image in; score, map and decision out."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspector.core.tiling import Tiling
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.export.blending import blend_at_once
from inspector.engine.maps import smooth
from inspector.engine.pipeline import Pipeline
from inspector.engine.tiling import cut
from inspector.engine.tracing import traced
from inspector.errors import InspectorError

OUTPUTS = ("score", "anomaly_map", "flagged")
"""Names of what the graph gives, in this order."""


class Outputs(NamedTuple):
    """What an exported file says of a batch of images.

    Attributes:
        score: Aligned image scores (B,), float32.
        anomaly_map: Aligned, smoothed maps (B, H, W), float32.
        flagged: Whether the score is above the threshold, (B,) bool.
    """

    score: NDArray[np.float32]
    anomaly_map: NDArray[np.float32]
    flagged: NDArray[np.bool_]


class ScoringGraph(nn.Module):
    """A pipeline with one alignment variant and one threshold, for inputs of one size.

    All tiles of a batch go through the detector together, not in portions as in `engine.tiling`:
    a portion would be one more copy of the network in the graph.

    Args:
        pipeline: On the CPU, ready to score; it is not changed.
        variant: The alignment variant.
        threshold: Scores above it are flagged.
        size: Of what the detector looks at: side of the square input, or of a tile of it.

    Attributes:
        tiling: How it looks at images.

    Raises:
        InspectorError: The pipeline has no such variant, or it needs the class of every image.
    """

    threshold: Tensor

    def __init__(self, pipeline: Pipeline, variant: str, threshold: float, size: int) -> None:
        super().__init__()
        if variant not in pipeline.aligners:
            raise InspectorError(
                f"The model has no alignment '{variant}'.",
                f"It has: {', '.join(pipeline.aligners)}.",
            )
        aligner = pipeline.aligners[variant]
        if isinstance(aligner, ClassStatistics):
            raise InspectorError(
                f"The alignment '{variant}' needs the class of every image, which an exported file "
                "is not told.",
                "Choose another alignment, such as 'cada'.",
            )
        self.detector = copy.deepcopy(pipeline.detector)
        self.tiling = Tiling(size) if pipeline.tiling is None else pipeline.tiling
        self.detector.backbone.fix_size(self.tiling.side, self.tiling.side)
        self.backbone = self.detector.backbone  # the detector keeps it out of its modules
        self.aligner = aligner
        self.variant = variant
        self.scorer = pipeline.scorer
        self.register_buffer("threshold", torch.tensor(rounded_down(threshold)))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Images (B, 3, canvas, canvas) in [0, 1] to `Outputs`."""
        side = self.tiling.side
        features = self.detector.observe(cut(images, self.tiling, range(self.tiling.tiles)))
        tiles = self.detector.predict_features(features, (side, side))
        prediction = blend_at_once(tiles, self.tiling)
        smoothed = smooth(prediction.map.float())
        statistics = self.aligner.statistics(prediction.descriptor)
        levels = self.aligner.apply_to(self.scorer.levels(smoothed), statistics)
        score = self.scorer.score(levels, self.variant)
        return score, self.aligner.apply_to(smoothed, statistics), score > self.threshold


def as_onnx(graph: ScoringGraph) -> bytes:
    """The graph in ONNX's format, batch dimension free; see `traced`.

    Raises:
        InspectorError: The model has a part that has no counterpart there, or it is too large.
    """
    graph.eval().requires_grad_(False)
    try:
        return traced(graph, graph.tiling.canvas, OUTPUTS, fold_constants=False)
    except (RuntimeError, OSError) as error:  # of the exporter; OSError: no source to compile
        reason = str(error).strip().splitlines()[0].split("  [Caused by")[0]
        raise InspectorError(
            f"This model cannot be exported: {reason}",
            "Score with Inspector itself, or train a model of another method or backbone.",
        ) from error


def rounded_down(threshold: float) -> float:
    """The largest float32 that is not above it: a float32 score is above both or neither."""
    nearest = np.float32(threshold)
    if float(nearest) > threshold:
        nearest = np.nextafter(nearest, np.float32(-np.inf))
    return float(nearest)
