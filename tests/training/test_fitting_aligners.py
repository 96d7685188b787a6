"""Aligners and thresholds: no score that sets a threshold comes from what has seen its image."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import training.alignment
from inspector.engine.alignment.variants import VARIANTS
from inspector.engine.scorers import TopScorer
from inspector.jobs import events
from inspector.jobs.parameters import AlignmentParameters
from training.alignment import AlignmentData, fit_aligners, stage_names
from training.normal_statistics import NormalStatistics
from training.regression import SideBySide
from training.sampling import fold_of

PARAMETERS = AlignmentParameters(iterations=60, batch_size=8, learning_rate=0.05)
CLASSES = ("bolt", "cap", "nut")
N = 30


def normal_data(folds: NDArray[np.int64] | None, n: int = N) -> AlignmentData:
    """Three classes at three levels; an image's number is in its descriptor's first channel."""
    rng = np.random.default_rng(0)
    kind = np.arange(n) % 3
    u = 0.1 + 0.2 * kind + rng.normal(0, 0.005, n)
    gamma = u + 0.2 + 0.1 * kind + rng.normal(0, 0.01, n)
    descriptors = rng.normal(0, 0.1, (n, 6, 2, 2))
    descriptors[np.arange(n), 1 + kind] += 2
    descriptors[:, 0] = np.arange(n)[:, None, None] / 64  # exact in float16
    level = (gamma - 0.02)[:, None]
    statistics = NormalStatistics(
        *(torch.tensor(x, dtype=torch.float32) for x in (u, gamma, (gamma - u) / 3, level))
    )
    names = [CLASSES[k] for k in kind]
    return AlignmentData(torch.tensor(descriptors).half(), statistics, True, names, folds)


class Watching(SideBySide):
    """Remembers which images it learns from and which it looks at."""

    learned: ClassVar[list[set[int]]] = []
    looked: ClassVar[list[set[int]]] = []

    def __init__(self, objectives: Any, examples: Any, *others: Any) -> None:
        super().__init__(objectives, examples, *others)
        self._learned = numbers_of(objectives, examples)
        self.learned.append(self._learned)
        self._objectives = objectives

    def run(self, run: Any, lengths: Any, held_out: Any = None) -> Any:
        if held_out is not None:
            self.looked.append(numbers_of(self._objectives, held_out))
            assert not self.looked[-1] & self._learned
        return super().run(run, lengths, held_out)


def numbers_of(objectives: Any, examples: Any) -> set[int]:
    """Which images some examples are of: the middle tap of a window is the channel's mean."""
    aligner = objectives["cada"].aligner
    middle = examples["cada"].inputs[:, 0, 4]
    raw = middle * aligner.descriptor_std[0, 0, 0, 0] + aligner.descriptor_mean[0, 0, 0, 0]
    return {round(float(number) * 64) for number in raw}


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> type[Watching]:
    monkeypatch.setattr(Watching, "learned", [])
    monkeypatch.setattr(Watching, "looked", [])
    monkeypatch.setattr(training.alignment, "SideBySide", Watching)
    return Watching


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_each_fold_is_tried_by_aligners_that_did_not_see_it(
    new_run: Callable[..., Any], watching: type[Watching], n_folds: int
) -> None:
    folds = fold_of(N, n_folds, 0)
    run = new_run()
    run.plan(*stage_names(n_folds))
    fitted = fit_aligners(normal_data(folds), TopScorer(), PARAMETERS, 0.1, run, seed=0)
    everything = set(range(N))
    held_out = [set(np.flatnonzero(folds == fold).tolist()) for fold in range(n_folds)]
    assert watching.looked == held_out
    assert watching.learned == [*(everything - some for some in held_out), everything]
    assert all(card.held_out for card in fitted.thresholds.values())
    assert [event.name for event in run.of(events.Stage)] == stage_names(n_folds)


@pytest.mark.parametrize("folds", [None, fold_of(N, 2, 0)], ids=["no folds", "fitted statistics"])
def test_where_something_was_seen_the_card_says_so(
    new_run: Callable[..., Any], folds: NDArray[np.int64] | None
) -> None:
    run = new_run()
    run.plan(*stage_names(2))
    data = dataclasses.replace(normal_data(folds), held_out=False)
    fitted = fit_aligners(data, TopScorer(), PARAMETERS, 0.1, run, seed=0)
    assert not any(card.held_out for card in fitted.thresholds.values())
    if folds is None:
        assert set(fitted.steps.values()) == {PARAMETERS.iterations}


def test_a_variant_is_fitted_for_as_long_as_held_out_images_gain(
    new_run: Callable[..., Any],
) -> None:
    """What is to be learned has nothing to do with the descriptors: to go on is to over-fit."""
    rng = np.random.default_rng(0)
    u = torch.tensor(rng.normal(0, 1, N), dtype=torch.float32)
    noise = NormalStatistics(u, u + 1 + torch.rand(N), u.abs(), u[:, None] + 0.5)
    data = dataclasses.replace(normal_data(fold_of(N, 2, 0)), statistics=noise)
    parameters = msgspec.structs.replace(PARAMETERS, iterations=120, dropout=0.0)
    run = new_run()
    run.plan(*stage_names(2))
    steps = fit_aligners(data, TopScorer(), parameters, 0.1, run, seed=0).steps
    assert steps["cada"] < 150
    curves = [m for m in run.of(events.Metric) if m.name == "validation_loss"]
    total: dict[int, float] = {}
    for metric in curves:
        total[metric.step + 1] = total.get(metric.step + 1, 0.0) + metric.value
    assert steps["cada"] == min(total, key=lambda step: total[step])
    learned = {m.step for m in run.of(events.Metric) if (m.stage, m.name) == ("cada", "loss")}
    assert max(learned) < steps["cada"]


def leave_fold_out(data: AlignmentData, folds: NDArray[np.int64]) -> list[float]:
    """CaDA-A's calibration scores, one image after the other."""
    u, gamma, _, levels = (np.asarray(t, np.float64) for t in data.statistics)
    score = levels[:, 0]
    scores = []
    for row in range(len(score)):
        others = folds != folds[row]
        own = others & (np.array(data.class_names) == data.class_names[row])
        least = 0.5 * (gamma - u)[others].min()
        spread = max(gamma[own].mean() - u[own].mean(), least)
        scores.append((score[row] - u[own].mean()) / spread)
    return sorted(scores)


def test_class_statistics_leave_the_held_out_fold_out(new_run: Callable[..., Any]) -> None:
    folds = fold_of(N, 3, 1)
    data = normal_data(folds)
    run = new_run()
    run.plan(*stage_names(3))
    _, cards, _ = fit_aligners(data, TopScorer(), PARAMETERS, 0.1, run, seed=0)
    assert np.allclose(cards["cada-a"].calibration_scores, leave_fold_out(data, folds), atol=1e-5)
    raw = sorted(data.statistics.score.tolist())
    assert np.allclose(cards["none"].calibration_scores, raw, atol=1e-6)


def test_what_cannot_be_learned_from_others_is_not_known_when_calibrating(
    new_run: Callable[..., Any],
) -> None:
    """Statistics that only an image's own number tells: fitted scores look far too good."""
    data = normal_data(None, n=12)
    rng = np.random.default_rng(5)
    u = torch.tensor(rng.uniform(0.1, 0.9, 12), dtype=torch.float32)
    unpredictable = NormalStatistics(u, u + 0.1, u, u[:, None] + 0.1)
    marks = torch.eye(12)[:, :, None, None].expand(12, 12, 2, 2).half()
    parameters = AlignmentParameters(
        iterations=150, batch_size=12, learning_rate=0.05, dropout=0.0, weight_decay=0.0
    )
    spread = {}
    for name, folds in (("fitted", None), ("held out", fold_of(12, 3, 0))):
        run = new_run(name=name)
        run.plan(*stage_names(3))
        mixed = AlignmentData(marks, unpredictable, True, data.class_names, folds)
        _, cards, _ = fit_aligners(mixed, TopScorer(), parameters, 0.1, run, seed=0)
        spread[name] = float(np.std(cards["cada"].calibration_scores))
    assert spread["held out"] > 3 * spread["fitted"]


def test_alignment_brings_the_classes_onto_one_scale(new_run: Callable[..., Any]) -> None:
    data = normal_data(fold_of(N, 3, 0))
    run = new_run()
    run.plan(*stage_names(3))
    parameters = msgspec.structs.replace(PARAMETERS, iterations=120, dropout=0.0)
    aligners, cards, _ = fit_aligners(data, TopScorer(), parameters, 0.1, run, seed=0)
    assert set(aligners) == set(cards) == set(VARIANTS)
    raw = np.array(cards["none"].calibration_scores)
    for name in ("cada-a", "cada-b", "cada", "cada-sigma"):
        aligned = np.array(cards[name].calibration_scores)
        assert np.std(aligned) / np.mean(aligned) < 0.4 * np.std(raw) / np.mean(raw)
        assert 0.8 < np.mean(aligned) < 1.1  # γ̂ is the maximum, the score a little below


@pytest.mark.parametrize(("target", "rank"), [(0.1, 28), (0.5, 16), (0.04, 30)])
def test_the_threshold_is_the_conformal_quantile(
    new_run: Callable[..., Any], target: float, rank: int
) -> None:
    """The k-th smallest of 30 scores, k = ⌈31 (1 − target)⌉."""
    run = new_run()
    run.plan(*stage_names(2))
    _, cards, _ = fit_aligners(
        normal_data(fold_of(N, 2, 0)), TopScorer(), PARAMETERS, target, run, seed=0
    )
    for card in cards.values():
        assert card.value == pytest.approx(card.calibration_scores[rank - 1], abs=2e-6)
        assert card.target_false_positive_rate == target
        assert card.supported


def test_too_few_scores_are_not_said_to_support_the_target(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.plan(*stage_names(2))
    _, cards, _ = fit_aligners(
        normal_data(fold_of(N, 2, 0)), TopScorer(), PARAMETERS, 0.01, run, seed=0
    )
    for card in cards.values():
        assert not card.supported
        assert card.value == pytest.approx(card.calibration_scores[-1], abs=2e-6)


def test_equal_data_and_seed_give_equal_aligners(new_run: Callable[..., Any]) -> None:
    def fitted(name: str, seed: int) -> dict[str, Tensor]:
        run = new_run(name=name)
        run.plan(*stage_names(0))
        torch.rand(7)  # what happened before must not matter
        aligners = fit_aligners(normal_data(None), TopScorer(), PARAMETERS, 0.1, run, seed).aligners
        return aligners["cada"].state_dict()

    first, second, other = fitted("a", 3), fitted("b", 3), fitted("c", 4)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
