"""Fitting an image scorer to the aligned levels of normal images, and its scores of them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.engine.scorers import FittedScorer, Scorer

_SHRINKAGE = 0.3  # (ours) of the correlations towards none: 0.1 is hardly worse, on real parts
_LEAST_DEVIATION = 0.01  # (ours) of how far the levels of one map lie apart


def fit_scorer(scorer: Scorer, levels: Mapping[str, Tensor]) -> None:
    """Fits a scorer to levels (N, 1 + K) of normal images by variant; others need no fit.

    Mean, deviation and correlation, in closed form. A deviation is never believed to be less than
    a hundredth of what lies between the highest and the lowest share of a map, as of very few
    images, or of images that are all the same, there is none.
    """
    if not isinstance(scorer, FittedScorer):
        return
    for name, found in levels.items():
        exact = found.detach().cpu().double()
        mean = exact.mean(dim=0)
        reach = float(mean[1] - mean[-1])
        deviation = exact.std(dim=0, correction=0).clamp_min(max(_LEAST_DEVIATION * reach, 1e-6))
        above = ((exact - mean) / deviation)[:, 1:]
        correlation = above.T @ above / len(above)
        shrunk = (1 - _SHRINKAGE) * correlation + _SHRINKAGE * torch.eye(len(correlation))
        scorer.set_normal(name, mean, deviation, shrunk)


@torch.no_grad()
def held_out_scores(
    scorer: Scorer, levels: Mapping[str, Tensor], folds: NDArray[np.int64] | None
) -> dict[str, NDArray[np.float64]]:
    """Image scores (N,) of normal images by variant: each by a scorer fitted without its fold.

    Args:
        scorer: Fitted to all of them; it is not changed.
        levels: (N, 1 + K) by variant.
        folds: Fold of each image; None where the scorer itself must do.
    """
    if folds is None:
        return {name: _as_array(scorer.score(found, name)) for name, found in levels.items()}
    scores = {name: np.empty(len(folds)) for name in levels}
    for fold in np.unique(folds):
        of_fold, own = deepcopy(scorer), torch.from_numpy(folds == fold)
        fit_scorer(of_fold, {name: found[~own] for name, found in levels.items()})
        for name, found in levels.items():
            scores[name][folds == fold] = _as_array(of_fold.score(found[own], name))
    return scores


def _as_array(scores: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = scores.cpu().double().numpy()  # some GPUs have no doubles
    return array
