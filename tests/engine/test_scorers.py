"""Image scorers against numpy, scipy and scikit-learn, and what alignment needs of them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.covariance import ShrunkCovariance
from torch import Tensor

from inspector.engine.scorers import SHARES, FittedScorer, Scorer, TopScorer, build_scorer
from inspector.jobs.parameters import ImageScorer
from training.scorer_fit import fit_scorer, held_out_scores

SHRINKAGE = 0.3
COUNT = len(SHARES)


def maps(seed: int, count: int = 6, side: int = 40) -> Tensor:
    """Maps of some unevenness and height, skewed as anomaly maps are."""
    generator = torch.Generator().manual_seed(seed)
    base = torch.rand(count, 1, 1, generator=generator)
    return base + base * torch.rand(count, side, side, generator=generator) ** 4


def fitted_to(found: Tensor) -> FittedScorer:
    scorer = FittedScorer(["none"], 2.0)
    fit_scorer(scorer, {"none": found})
    return scorer


@pytest.fixture(scope="module")
def fitted() -> FittedScorer:
    return fitted_to(FittedScorer([], 2.0).levels(maps(0, 60)))


def normal_of(scorer: FittedScorer) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the levels of normal maps."""
    return scorer.get_buffer("normal.none.mean"), scorer.get_buffer("normal.none.deviation")


def top_mean(image: NDArray[np.float64], percent: float) -> float:
    count = max(1, int(image.size * percent / 100))
    return float(np.sort(image.ravel())[::-1][:count].mean())


@pytest.mark.parametrize("side", [16, 41, 64])
def test_levels_are_means_of_the_highest_pixels(side: int) -> None:
    images = maps(1, 4, side)
    naive = [
        [top_mean(image, share) for share in (2.0, *SHARES)] for image in images.double().numpy()
    ]
    found = FittedScorer([], 2.0).levels(images)
    np.testing.assert_allclose(found.numpy(), naive, rtol=1e-5)
    np.testing.assert_allclose(TopScorer(2.0).levels(images).numpy(), np.array(naive)[:, :1], 1e-5)
    highest = build_scorer("max", 2.0, ()).levels(images)
    assert torch.equal(highest[:, 0], images.amax(dim=(1, 2)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 999), st.floats(0.05, 20), st.floats(-5, 5), st.sampled_from(["top", "max"]))
def test_scores_may_be_aligned_instead_of_maps(
    seed: int, a: float, b: float, name: ImageScorer
) -> None:
    images = maps(seed, 2, 16)
    for scorer in (build_scorer(name, 3.0, ()), FittedScorer([], 3.0)):
        torch.testing.assert_close(
            scorer.levels(a * images + b), a * scorer.levels(images) + b, rtol=1e-4, atol=1e-4
        )
    top = build_scorer(name, 3.0, ())
    scores = top.score(top.levels(images), "none")
    aligned = top.score(top.levels(a * images + b), "cada")
    torch.testing.assert_close(aligned, a * scores + b, rtol=1e-4, atol=1e-4)


def distances(scorer: FittedScorer, levels: Tensor) -> NDArray[np.float64]:
    """Standard deviations above normal maps, from the score's unit."""
    mean, deviation = normal_of(scorer)
    found: NDArray[np.float64] = scorer.score(levels, "none").double().numpy()
    return (found - float(mean[0])) / float(deviation[0])


def test_it_is_the_one_sided_distance(fitted: FittedScorer) -> None:
    """Against non-negative least squares, and scikit-learn where both distances are the same."""
    normal = FittedScorer([], 2.0).levels(maps(0, 60)).double().numpy()[:, 1:]
    mean, deviation = normal.mean(axis=0), normal.std(axis=0)
    reference = ShrunkCovariance(shrinkage=SHRINKAGE)
    reference.fit((normal - mean) / deviation)
    lower = np.linalg.cholesky(reference.covariance_)
    levels = fitted.levels(torch.cat([maps(3, 40), maps(4, 20) * 1.3]))
    levels[::3, 1:4] += 0.4  # small bright spots
    found = distances(fitted, levels)
    z = (levels.double().numpy()[:, 1:] - mean) / deviation
    two_sided = np.sqrt(reference.mahalanobis(z))
    same = 0
    for row, own in enumerate(z):
        if own.max() <= 0:
            assert found[row] == pytest.approx(own.max(), abs=1e-4)
            continue
        whitened = np.linalg.solve(lower, own)
        _, left = scipy.optimize.nnls(lower.T, whitened)
        expected = np.sqrt(whitened @ whitened - left**2)
        assert found[row] == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert found[row] <= two_sided[row] + 1e-4
        if (np.linalg.solve(reference.covariance_, own) >= 0).all():
            assert found[row] == pytest.approx(two_sided[row], rel=1e-4)
            same += 1
    assert same > 3
    assert 3 < (z.max(axis=1) <= 0).sum() < 40


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 999), st.floats(0, 2), st.integers(1, 256))
def test_no_score_falls_where_pixels_rise(
    fitted: FittedScorer, seed: int, most: float, count: int
) -> None:
    images = maps(seed, 4, 16) * 1.5 - 0.5
    generator = torch.Generator().manual_seed(seed)
    risen = images.flatten(1).clone()
    chosen = torch.randperm(256, generator=generator)[:count]
    risen[:, chosen] += most * torch.rand(count, generator=generator)
    scorers: list[Scorer] = [TopScorer(2.0), TopScorer(0), fitted]
    for scorer in scorers:
        before = scorer.score(scorer.levels(images), "none")
        after = scorer.score(scorer.levels(risen.view_as(images)), "none")
        assert bool((after >= before - 1e-5).all())


def test_calm_images_are_in_order(fitted: FittedScorer) -> None:
    """A whole image that rises evenly, from far below what is normal to far above."""
    heights = torch.linspace(-3, 3, 200)
    levels = normal_of(fitted)[0] + heights[:, None].expand(-1, 1 + COUNT)
    assert bool((fitted.score(levels, "none").diff() > 0).all())


def test_the_unit_is_that_of_the_top_percentage(fitted: FittedScorer) -> None:
    """What is d deviations above in every level at once scores about as its top percentage."""
    mean, deviation = normal_of(fitted)
    levels = mean + 4 * deviation
    found = float(fitted.score(levels[None], "none"))
    top = float(levels[0])
    spread = float(deviation[0])
    assert top - 1e-5 <= found < top + 3 * spread


def test_variants_have_their_own_normal() -> None:
    levels = FittedScorer([], 1.0).levels(maps(0, 30))
    both = FittedScorer(["none", "cada"], 1.0)
    fit_scorer(both, {"none": levels, "cada": 3 * levels - 1})
    # A shift and a stretch of all images alike says nothing new.
    torch.testing.assert_close(
        both.score(3 * levels - 1, "cada"), 3 * both.score(levels, "none") - 1, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("n_images", [1, 2, 3])
@pytest.mark.parametrize("are_equal", [True, False])
def test_few_images_or_equal_ones_give_finite_scores(n_images: int, are_equal: bool) -> None:
    levels = FittedScorer([], 1.0).levels(maps(0, n_images))
    if are_equal:
        levels = levels[:1].expand(n_images, -1)
    scorer = fitted_to(levels)
    scores = scorer.score(torch.cat([levels, levels + 1]), "none")
    assert bool(scores.isfinite().all())
    assert float(scores[n_images:].min()) > float(scores[:n_images].max())


def test_scores_of_normal_images_are_by_a_scorer_that_did_not_see_them() -> None:
    levels = FittedScorer([], 2.0).levels(maps(7, 30))
    folds = np.arange(30) % 3
    scorer = fitted_to(levels)
    before = {name: tensor.clone() for name, tensor in scorer.state_dict().items()}
    found = held_out_scores(scorer, {"none": levels}, folds)["none"]
    for fold in range(3):
        own = torch.from_numpy(folds == fold)
        expected = fitted_to(levels[~own]).score(levels[own], "none")
        np.testing.assert_allclose(found[folds == fold], expected.numpy(), rtol=1e-6)
    assert all(torch.equal(before[name], now) for name, now in scorer.state_dict().items())
    own_scores = held_out_scores(scorer, {"none": levels}, None)["none"]
    np.testing.assert_allclose(own_scores, scorer.score(levels, "none").numpy(), rtol=1e-6)
    top = held_out_scores(TopScorer(2.0), {"none": levels}, folds)["none"]
    np.testing.assert_allclose(top, levels[:, 0].numpy(), rtol=1e-6)
