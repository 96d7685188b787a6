"""Filters matched to defects, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from inspector.engine.memory.spread import Spread

C = 12


def normal_differences(count: int, seed: int = 0) -> torch.Tensor:
    """Spread unequally, some channels together."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, C)) @ np.random.default_rng(7).normal(size=(C, C))
    return torch.from_numpy((mixed + 0.3).astype(np.float32))


def test_it_is_the_inverse_of_the_shrunk_covariance() -> None:
    rows = normal_differences(500)
    spread = Spread(C)
    spread.fit(torch.split(rows, 130))
    covariance = np.cov(rows.numpy().T, bias=True)
    shrunk = 0.7 * covariance + 0.3 * np.eye(C) * np.trace(covariance) / C
    np.testing.assert_allclose(spread.mean, rows.mean(dim=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(spread.precision, np.linalg.inv(shrunk), rtol=1e-3, atol=1e-4)


def test_normal_patches_respond_with_standard_scores() -> None:
    rows = normal_differences(4000)
    spread = Spread(C)
    spread.fit([rows])
    defect = normal_differences(5, seed=3) + 4 * torch.eye(C)[2]
    responses = (rows - spread.mean) @ spread.filter_for(defect)
    assert float(responses.mean()) == pytest.approx(0, abs=0.01)
    assert float(responses.std()) == pytest.approx(1, abs=0.01)


def test_one_painted_defect_finds_others_of_its_kind_where_the_distance_does_not() -> None:
    """The defect points where normal patches hardly vary, and is not much longer than they are."""
    rng = np.random.default_rng(5)
    scale = np.where(np.arange(C) == 2, 0.3, 1.0)
    normal = torch.from_numpy((rng.normal(size=(4000, C)) * scale).astype(np.float32))
    spread = Spread(C)
    spread.fit([normal[:3000]])
    move = 1.2 * torch.eye(C)[2]
    one, others = normal[3000:3020] + move, normal[3020:]
    asked = torch.cat([others, others + move])
    truth = [False] * len(others) + [True] * len(others)
    responses = (asked - spread.mean) @ spread.filter_for(one)
    assert roc_auc_score(truth, asked.norm(dim=1)) < 0.7
    assert roc_auc_score(truth, responses) > 0.95


def test_before_it_is_fitted_nothing_is_infinite() -> None:
    assert bool(torch.isfinite(Spread(C).filter_for(torch.zeros(3, C))).all())


def test_the_level_is_what_one_normal_patch_in_a_thousand_says() -> None:
    rows = normal_differences(6000)
    spread = Spread(C)
    spread.fit(torch.split(rows, 200))
    assert spread.sample.shape == (6000, C)
    levels = []
    for count in (1, 4, 40):
        filters = torch.stack(
            [spread.filter_for(normal_differences(4, seed=n) + 5 * torch.eye(C)[n % C])
             for n in range(count)]
        )  # fmt: skip
        said = spread.respond_to_sample(filters)
        levels.append(spread.level(said))
        kept = spread.sample.double().numpy() - spread.mean.double().numpy()
        naive = np.quantile((kept @ filters.double().numpy().T).max(axis=1), 0.999)
        assert levels[-1] == pytest.approx(max(3, naive), rel=1e-3)
    assert levels == sorted(levels)
    assert levels[-1] > 3
    assert spread.level(said[:, :0]) == 3


def test_the_sample_is_from_all_places_of_the_grid() -> None:
    columns = torch.eye(C).repeat(1024 // C + 1, 1)[:1024]  # which column a patch lies in
    spread = Spread(C)
    spread.fit([columns] * 100)
    counts = spread.sample.float().sum(dim=0)
    assert float(counts.min()) > 0.8 * float(counts.max())
