"""The ends of the heat map's colours: the same on every page."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from inspector.core.aligned_maps import fixed_scale
from inspector.gui.session import Session


def heat_scale(session: Session, variant: str) -> tuple[float, float] | None:
    """Low and high end under an alignment variant of the active model; None without a model.

    By the scores that the model was calibrated with, which no later scoring changes. A model that
    kept none: by the present scores of the training images, or else of all images.
    """
    card, library = session.scale.card, session.library
    if card is None:
        return None
    threshold = card.thresholds.get(variant)
    normal: ArrayLike = threshold.calibration_scores if threshold is not None else []
    if not np.size(normal):
        scores = library.scores.of(variant)
        training = scores[library.images.is_training]
        normal = training if np.isfinite(training).any() else scores
    return fixed_scale(normal, session.scale.default_threshold(variant))
