"""Aligners and thresholds from the statistics of normal images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.thresholds import threshold_for_false_positive_rate
from inspector.engine.alignment.base import Aligner, NoAlignment, Statistics
from inspector.jobs.model_card import ThresholdCard
from inspector.jobs.parameters import AlignmentParameters
from training.cada import fit_cada, fit_class_statistics
from training.normal_statistics import NormalStatistics
from training.run import Run


@dataclass(frozen=True, slots=True)
class AlignmentData:
    """Normal images to align by.

    Attributes:
        descriptors: Of the detector that will be used, (N, C, h, w).
        statistics: Of N images; where `folds` is given, by detectors that had not seen them.
        class_names: Class of each image; read by CaDA-A alone.
        folds: Fold of each image, (N,); None where the statistics are of fitted images.
    """

    descriptors: Tensor
    statistics: NormalStatistics
    class_names: Sequence[str]
    folds: NDArray[np.int64] | None


def stage_names(n_folds: int) -> list[str]:
    """The stages that `fit_aligners` begins: the aligner itself, then one a held-out fold."""
    return ["cada", *(f"calibration-{fold + 1}" for fold in range(n_folds))]


def fit_aligners(
    data: AlignmentData,
    parameters: AlignmentParameters,
    target_false_positive_rate: float,
    run: Run,
    seed: int,
) -> tuple[dict[str, Aligner], dict[str, ThresholdCard]]:
    """All alignment variants, and the default threshold of each.

    The threshold comes from scores of images that neither the detector nor the aligner had seen:
    for each fold, an aligner fitted on the other folds aligns it. Without folds it comes from the
    fitted images themselves.
    """
    everything = np.arange(len(data.class_names))
    run.begin("cada", "Learning to align")
    aligners = _fit(data, everything, parameters, run, seed, parameters.iterations)
    steps = run.steps_done()
    if steps < parameters.iterations:
        run.note(f"Aligning was ended early, after {steps} of {parameters.iterations} steps.")
    scores = {name: np.empty(len(everything)) for name in aligners}
    if data.folds is None:
        for name, aligner in aligners.items():
            scores[name] = _aligned_scores(aligner, data, everything)
    else:
        n_folds = int(data.folds.max()) + 1
        for fold in range(n_folds):
            run.begin(f"calibration-{fold + 1}", f"Calibrating, part {fold + 1} of {n_folds}")
            held_out = np.flatnonzero(data.folds == fold)
            others = np.flatnonzero(data.folds != fold)
            fitted = _fit(data, others, parameters, run, seed, steps)
            if run.steps_done() < steps:
                run.note("Calibrating was ended early; the threshold is less certain.")
            for name, aligner in fitted.items():
                scores[name][held_out] = _aligned_scores(aligner, data, held_out)
    held_out_everywhere = data.folds is not None
    cards = {
        name: threshold_card(values, target_false_positive_rate, held_out=held_out_everywhere)
        for name, values in scores.items()
    }
    return aligners, cards


def threshold_card(
    normal_scores: NDArray[np.float64], target: float, *, held_out: bool
) -> ThresholdCard:
    """The threshold for a target false-positive rate, with the scores it was taken from."""
    threshold = threshold_for_false_positive_rate(normal_scores, target)
    return ThresholdCard(
        value=threshold.value,
        target_false_positive_rate=target,
        supported=threshold.supported,
        calibration_scores=sorted(map(float, normal_scores)),
        held_out=held_out,
    )


def _fit(
    data: AlignmentData,
    rows: NDArray[np.int64],
    parameters: AlignmentParameters,
    run: Run,
    seed: int,
    steps: int,
) -> dict[str, Aligner]:
    chosen = torch.from_numpy(rows)
    u, gamma = data.statistics.u[chosen], data.statistics.gamma[chosen]
    names = [data.class_names[row] for row in rows]
    device = data.descriptors.device
    return {
        "none": NoAlignment().to(device),
        "cada-a": fit_class_statistics(names, u, gamma),
        "cada": fit_cada(data.descriptors[chosen], u, gamma, parameters, run, seed, steps),
    }


@torch.no_grad()
def _aligned_scores(
    aligner: Aligner, data: AlignmentData, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    chosen = torch.from_numpy(rows)
    names = [data.class_names[row] for row in rows]
    found: Statistics = aligner.statistics(data.descriptors[chosen].float(), names)
    aligned = aligner.apply_to(data.statistics.score[chosen], found)
    result: NDArray[np.float64] = aligned.cpu().double().numpy()  # some GPUs have no doubles
    return result
