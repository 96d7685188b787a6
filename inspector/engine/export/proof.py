"""The proof: an exported file must say of real images what the pipeline says."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.engine.device import Device
from inspector.engine.export.exported_files import ExportedFile
from inspector.engine.export.graph import Outputs
from inspector.engine.pipeline import Pipeline
from inspector.errors import InspectorError

TOLERANCE = 1e-4
"""The largest difference of an aligned score or pixel; of those beyond 1, as a share of them."""


class Proof:
    """Compares a file with the pipeline that it was made of, batch by batch.

    Args:
        pipeline: On the CPU, in float32.
        variant: The alignment variant of the file.
        threshold: The threshold of the file.
        file: The file, loaded.

    Attributes:
        images: How many were compared.
        score_difference: Largest difference of an image score, divided by it where it is beyond 1.
        map_difference: The same of a pixel.
    """

    def __init__(
        self, pipeline: Pipeline, variant: str, threshold: float, file: ExportedFile
    ) -> None:
        self._pipeline = pipeline
        self._variant = variant
        self._threshold = threshold
        self._file = file
        self.images = 0
        self.score_difference = 0.0
        self.map_difference = 0.0

    def add(self, images: Tensor) -> None:
        """Compares what both say of images (B, 3, H, W) in [0, 1].

        Raises:
            InspectorError: They differ by more than `TOLERANCE`, or what the file flags does not
                follow from its scores.
        """
        score, map_ = self._expected(images)
        found = self._run(images)
        shapes = (found.score.shape, found.anomaly_map.shape, found.flagged.shape)
        if shapes != (score.shape, map_.shape, score.shape):
            raise self._refuted(f"its outputs have the shapes {shapes}")
        apart, pixel_apart = _apart(score, found.score), _apart(map_, found.anomaly_map)
        # Asked this way round, what is not a number fails too.
        if not apart <= TOLERANCE:
            raise self._refuted(f"a score differs by {apart:.2g}")
        if not pixel_apart <= TOLERANCE:
            raise self._refuted(f"a pixel of a map differs by {pixel_apart:.2g}")
        if (found.flagged != (found.score.astype(np.float64) > self._threshold)).any():
            raise self._refuted("it flags other images than those above the threshold")
        self.images += len(images)
        self.score_difference = max(self.score_difference, apart)
        self.map_difference = max(self.map_difference, pixel_apart)

    def _expected(self, images: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Aligned scores (B,) and maps (B, H, W), as scoring computes them."""
        name = self._variant
        scored = self._pipeline.score(images, [""] * len(images), Device("cpu"), (name,))
        with torch.inference_mode():
            aligner = self._pipeline.aligners[name]
            maps = aligner.apply_to(scored.smoothed, scored.statistics[name])
        return scored.scores[name].numpy(), maps.numpy()

    def _run(self, images: Tensor) -> Outputs:
        try:
            return self._file.run(np.ascontiguousarray(images.numpy()))
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise self._refuted(f"it does not run: {reason}") from error

    def _refuted(self, reason: str) -> InspectorError:
        return InspectorError(
            f"The exported file does not agree with the model in {self._file.title}: {reason}. "
            "It was not kept.",
            "Export to another format, or with another release of the runtime; please report it.",
        )


def _apart(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    return float((np.abs(wanted - found) / np.maximum(1, np.abs(wanted))).max())
