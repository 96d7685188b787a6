"""Errors of reconstruction, weighed by how the errors of normal features spread *(ours)*."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_SHRINKAGE = 0.05  # of the covariance towards its diagonal
_LEAST = 1e-12


class Whitening(nn.Module):
    """Squared length of an error, seen through the covariance of normal errors (Mahalanobis).

    What gives features back does so well in some directions and badly in others. Errors that normal
    features make too then hardly count; small ones in directions that it knows well do. Until it
    has learned, all directions count alike: the mean of the squares over the channels.

    Args:
        channels: C of the errors.

    Attributes:
        mean: Of normal errors, (C,).
        matrix: W, with W Wᵀ the inverse of their covariance, (C, C).
    """

    mean: Tensor
    matrix: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("matrix", torch.eye(channels))
        self.register_load_state_dict_pre_hook(_as_before)  # type: ignore[no-untyped-call]

    def forward(self, error: Tensor) -> Tensor:
        """Errors (B, C, h, w) to ‖(error − mean) W‖² / C, (B, h, w) float32; a little below
        1 on average for those it learned from."""
        centred = error.float().movedim(1, -1) - self.mean
        length: Tensor = (centred @ self.matrix).square().mean(dim=-1)
        return length

    def learn(self, mean: Tensor, covariance: Tensor) -> None:
        """Takes over mean (C,) and covariance (C, C) of normal errors, both float64."""
        own = torch.diag(covariance.diagonal().clamp_min(_LEAST))
        precision = torch.linalg.inv((1 - _SHRINKAGE) * covariance + _SHRINKAGE * own)
        self.mean.copy_(mean)
        self.matrix.copy_(torch.linalg.cholesky(precision))


def _as_before(module: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    """A model that was saved when there was no whitening has learned none."""
    for name, own in module.named_buffers(recurse=False):
        state.setdefault(prefix + name, own.clone())
