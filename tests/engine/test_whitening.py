"""Errors weighed by the spread of normal errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.engine.whitening import Whitening
from training.whitening import learn_whitening


class Rows:
    """A feature source of one stage, a row an image."""

    def __init__(self, stage: Tensor) -> None:
        self._stage = stage

    def batch(self, rows: list[int]) -> list[Tensor]:
        return [self._stage[rows]]


class Unhindered:
    """A run that nobody ends."""

    def check(self) -> None:
        """Goes on."""


def learned(errors: Tensor, groups: list[list[int]]) -> Whitening:
    whitening = Whitening(errors.shape[1])
    source, run = Rows(errors), Unhindered()
    learn_whitening(whitening, lambda features: features[0], source, groups, run)  # type: ignore[arg-type]
    return whitening


@pytest.fixture
def errors() -> Tensor:
    """40 images' errors in four channels: two go together, one is tiny."""
    draw = torch.randn(40, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    mixed = torch.einsum("dc,nchw->ndhw", torch.tensor(np.diag([3.0, 1, 1, 0.01])).float(), draw)
    mixed[:, 1] += mixed[:, 0]
    return mixed + 0.5


def test_before_it_has_learned_it_is_the_mean_of_the_squares() -> None:
    error = torch.randn(2, 6, 3, 3)
    torch.testing.assert_close(Whitening(6)(error), error.square().mean(dim=1))


def test_lengths_are_mahalanobis_distances(errors: Tensor) -> None:
    from sklearn.covariance import EmpiricalCovariance

    whitening = learned(errors, [list(range(40))])
    flat = errors.movedim(1, -1).reshape(-1, 4).double().numpy()
    known = EmpiricalCovariance().fit(flat)
    own = np.diag(np.diag(known.covariance_))
    shrunk = np.linalg.inv(0.95 * known.covariance_ + 0.05 * own)
    some = np.random.default_rng(1).normal(size=(7, 4))
    centred = some - known.location_
    wanted = np.einsum("nc,cd,nd->n", centred, shrunk, centred) / 4
    found = whitening(torch.from_numpy(some).float().view(7, 4, 1, 1)).flatten()
    np.testing.assert_allclose(found.numpy(), wanted, rtol=2e-3)


def test_normal_errors_are_about_one_long(errors: Tensor) -> None:
    whitening = learned(errors, [list(range(40))])
    assert 0.8 < float(whitening(errors).mean()) <= 1.0  # less than 1 by the shrinkage


def test_a_small_error_where_there_is_none_counts_more_than_a_usual_one(errors: Tensor) -> None:
    whitening = learned(errors, [list(range(40))])
    usual, odd = torch.full((1, 4, 1, 1), 0.5), torch.full((1, 4, 1, 1), 0.5)
    usual[0, 0], usual[0, 1] = 2.5, 2.5
    odd[0, 3] += 0.1
    assert float(whitening(odd)) > 3 * float(whitening(usual))


def test_a_small_group_counts_as_much_as_a_large_one(errors: Tensor) -> None:
    errors[36:] *= 10
    alike = learned(errors, [list(range(36)), list(range(36, 40))])
    as_often = torch.cat([errors[:36], errors[36:].repeat(9, 1, 1, 1)])
    copied = learned(as_often, [list(range(72))])
    probe = torch.randn(3, 4, 2, 2)
    torch.testing.assert_close(alike(probe), copied(probe), rtol=1e-3, atol=1e-4)


def test_a_channel_that_never_errs_is_no_division_by_zero() -> None:
    whitening = learned(torch.zeros(3, 2, 2, 2), [[0, 1, 2]])
    assert bool(whitening(torch.ones(1, 2, 2, 2)).isfinite().all())


def test_a_model_of_before_has_learned_none(errors: Tensor) -> None:
    old = Whitening(4)
    old.load_state_dict({})
    torch.testing.assert_close(old(errors), errors.square().mean(dim=1))
