"""Aligners, a fitted scorer and thresholds from the statistics of normal images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.thresholds import threshold_for_false_positive_rate
from inspector.engine.alignment.base import Aligner, Statistics
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.alignment.regressed import Regressed
from inspector.engine.alignment.variants import VARIANTS, build_aligner
from inspector.engine.scorers import Scorer
from inspector.jobs.model_card import ThresholdCard
from inspector.jobs.parameters import AlignmentParameters
from training.normal_statistics import NormalStatistics
from training.objectives import OBJECTIVES, Objective, least_spread, set_class_statistics
from training.regression import Examples, Look, SideBySide, best_lengths, inputs_of
from training.run import Run
from training.scorer_fit import fit_scorer, held_out_scores


@dataclass(frozen=True, slots=True)
class AlignmentData:
    """Normal images to align by.

    Attributes:
        descriptors: Of the detector that will be used, (N, C, h, w).
        statistics: Of N images.
        held_out: Whether the statistics of each image are by a detector that had not seen it.
        class_names: Class of each image; read by CaDA-A, and by CaDA-B at training.
        folds: Fold of each image, (N,): the aligners of the others are tried on it. None where
            there are too few images.
    """

    descriptors: Tensor
    statistics: NormalStatistics
    held_out: bool
    class_names: Sequence[str]
    folds: NDArray[np.int64] | None


class Fitted(NamedTuple):
    """All alignment variants.

    Attributes:
        aligners: By name.
        thresholds: The default threshold of each.
        steps: How long each learned one was fitted.
    """

    aligners: dict[str, Aligner]
    thresholds: dict[str, ThresholdCard]
    steps: dict[str, int]


def stage_names(n_folds: int) -> list[str]:
    """The stages that `fit_aligners` begins: one a fold, then the aligners themselves."""
    return [*(f"calibration-{fold + 1}" for fold in range(n_folds)), "cada"]


def fit_aligners(
    data: AlignmentData,
    scorer: Scorer,
    parameters: AlignmentParameters,
    target_false_positive_rate: float,
    run: Run,
    seed: int,
) -> Fitted:
    """All alignment variants, the default threshold of each, and how long each was fitted.

    A scorer that is fitted is so in place, to the aligned levels of all these images.

    For each fold, aligners are fitted on the other folds and tried on it while they learn: a
    regressor that goes on for too long learns its images by heart, and then tells nothing of fresh
    ones. The length that served all folds best is how long the final ones are fitted *(ours)*; what
    was said of each fold at that length gives the scores that the threshold comes from, so neither
    the detector (where `data.held_out`) nor the aligner nor the scorer has seen their images.

    Without folds the schedule's length is taken, and the fitted images give the threshold.
    """
    everything = np.arange(len(data.class_names))
    lengths = dict.fromkeys(_learned(), parameters.iterations)
    levels: dict[str, Tensor] = {}
    n_folds = 0 if data.folds is None else int(data.folds.max()) + 1
    if data.folds is not None:
        tried = _try_folds(data, n_folds, parameters, run, seed)
        lengths = best_lengths([part.looks for part in tried], [len(part.rows) for part in tried])
        levels = {name: _held_out_levels(name, tried, lengths.get(name), data) for name in VARIANTS}
    run.begin("cada", "Learning to align")
    aligners, fits = _prepare(data, everything, parameters, seed)
    fits.run(run, lengths)
    if run.ended_early():
        steps, planned = run.steps_done(), max(lengths.values())
        run.note(f"Aligning was ended early, after {steps} of {planned} steps.")
        lengths = {name: min(length, steps) for name, length in lengths.items()}
    if data.folds is None:
        levels = {
            name: _aligned(aligner, data, everything, _said(aligner, data, everything))
            for name, aligner in aligners.items()
        }
    fit_scorer(scorer, levels)
    scores = held_out_scores(scorer, levels, data.folds)
    cards = {
        name: threshold_card(
            values, target_false_positive_rate, held_out=data.held_out and n_folds > 0
        )
        for name, values in scores.items()
    }
    return Fitted(aligners, cards, lengths)


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


@dataclass(frozen=True, slots=True)
class _Tried:
    """Aligners fitted without one fold, and what they said of it on the way."""

    rows: NDArray[np.int64]
    aligners: dict[str, Aligner]
    looks: dict[str, list[Look]]

    def statistics(self, name: str, steps: int | None, data: AlignmentData) -> Statistics:
        """What a variant said of the fold after so many steps."""
        aligner = self.aligners[name]
        if isinstance(aligner, Regressed):
            look = next(look for look in self.looks[name] if look.steps == steps)
            return aligner.read(look.outputs)
        return _said(aligner, data, self.rows)


def _try_folds(
    data: AlignmentData, n_folds: int, parameters: AlignmentParameters, run: Run, seed: int
) -> list[_Tried]:
    """Tries the aligners on each fold."""
    tried: list[_Tried] = []
    most = parameters.iterations
    for fold in range(n_folds):
        run.begin(f"calibration-{fold + 1}", f"Trying the alignment, part {fold + 1} of {n_folds}")
        tried.append(_try_fold(data, fold, most, parameters, run, seed))
        if run.ended_early():
            most = run.steps_done()  # more would tell nothing that all folds know
            planned = parameters.iterations
            run.note(f"Trying the alignment was ended early, after {most} of {planned} steps.")
    return tried


def _try_fold(
    data: AlignmentData,
    fold: int,
    steps: int,
    parameters: AlignmentParameters,
    run: Run,
    seed: int,
) -> _Tried:
    assert data.folds is not None
    others, rows = np.flatnonzero(data.folds != fold), np.flatnonzero(data.folds == fold)
    aligners, fits = _prepare(data, others, parameters, seed)
    held_out = fits.examples(data, rows)
    looks = fits.run(run, dict.fromkeys(_learned(), steps), held_out)
    return _Tried(rows, aligners, looks)


class _Fits:
    """The learned aligners of some of the images, ready to be fitted."""

    def __init__(
        self,
        objectives: Mapping[str, Objective],
        data: AlignmentData,
        rows: NDArray[np.int64],
        parameters: AlignmentParameters,
        seed: int,
    ) -> None:
        self._objectives = objectives
        self._fits = SideBySide(objectives, self.examples(data, rows), parameters, seed)

    def examples(self, data: AlignmentData, rows: NDArray[np.int64]) -> dict[str, Examples]:
        """Rows of the data as each objective takes them."""
        chosen = torch.from_numpy(rows)
        statistics = data.statistics.rows(chosen)
        names = [data.class_names[row] for row in rows]
        # All have the same scales and structure, hence the same inputs.
        first = next(iter(self._objectives.values())).aligner
        inputs = inputs_of(first, data.descriptors[chosen])
        return {
            name: Examples(inputs, objective.targets(statistics, names))
            for name, objective in self._objectives.items()
        }

    def run(
        self,
        run: Run,
        lengths: Mapping[str, int],
        held_out: Mapping[str, Examples] | None = None,
    ) -> dict[str, list[Look]]:
        """See `SideBySide.run`."""
        return self._fits.run(run, lengths, held_out)


def _learned() -> list[str]:
    """Names of the variants that are fitted by steps."""
    return [name for name in VARIANTS if isinstance(build_aligner(name, [""], 1), Regressed)]


def _prepare(
    data: AlignmentData, rows: NDArray[np.int64], parameters: AlignmentParameters, seed: int
) -> tuple[dict[str, Aligner], _Fits]:
    """All variants for some of the images: closed forms done, the others ready to be fitted."""
    chosen = torch.from_numpy(rows)
    statistics = data.statistics.rows(chosen)
    names = [data.class_names[row] for row in rows]
    classes = sorted(set(names))
    descriptors = data.descriptors[chosen]
    aligners: dict[str, Aligner] = {}
    objectives: dict[str, Objective] = {}
    scaled: Regressed | None = None
    for name in VARIANTS:
        torch.manual_seed(seed)
        aligner = build_aligner(
            name, classes, descriptors.shape[1], parameters.layers, parameters.dropout
        ).to(descriptors.device)
        if isinstance(aligner, ClassStatistics):
            set_class_statistics(aligner, statistics, names)
        if isinstance(aligner, Regressed):
            if scaled is None:
                aligner.scale_descriptors(descriptors)
                scaled = aligner
            aligner.descriptor_mean.copy_(scaled.descriptor_mean)
            aligner.descriptor_std.copy_(scaled.descriptor_std)
            objectives[name] = OBJECTIVES[type(aligner)](aligner, statistics, names)
        if name != "none":
            aligner.minimum_spread.fill_(least_spread(aligner, statistics))
        aligners[name] = aligner.eval()
    return aligners, _Fits(objectives, data, rows, parameters, seed)


@torch.no_grad()
def _said(aligner: Aligner, data: AlignmentData, rows: NDArray[np.int64]) -> Statistics:
    """What an aligner says of some of the images."""
    names = [data.class_names[row] for row in rows]
    return aligner.statistics(data.descriptors[torch.from_numpy(rows)].float(), names)


def _held_out_levels(
    name: str, tried: Sequence[_Tried], steps: int | None, data: AlignmentData
) -> Tensor:
    """Levels (N, K) of each image, aligned by what was fitted without it."""
    levels = torch.empty_like(data.statistics.levels)
    for part in tried:
        found = part.statistics(name, steps, data)
        levels[torch.from_numpy(part.rows)] = _aligned(part.aligners[name], data, part.rows, found)
    return levels


@torch.no_grad()
def _aligned(
    aligner: Aligner, data: AlignmentData, rows: NDArray[np.int64], found: Statistics
) -> Tensor:
    """Aligned levels (n, K) of some of the images."""
    return aligner.apply_to(data.statistics.levels[torch.from_numpy(rows)], found)
