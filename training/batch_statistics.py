"""Batch normalisation over the images of all processes that learn together.

torch's own `SyncBatchNorm` works on CUDA only; this one works wherever the processes can talk, and
gives what one process would have given that saw all images of the step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from inspector.engine.torchvision_operators import ensure_torchvision_imports
from inspector.errors import InspectorError
from training import distributed

ensure_torchvision_imports()

from timm.layers import BatchNormAct2d  # noqa: E402

_KNOWN = (nn.BatchNorm1d, nn.BatchNorm2d, BatchNormAct2d)


@contextlib.contextmanager
def shared_statistics(model: nn.Module) -> Iterator[None]:
    """While this lasts, what normalises over the batch does so over all processes' shares.

    Raises:
        InspectorError: A layer of a kind that is not known here.
    """
    alone = distributed.size() == 1
    layers = [] if alone else [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if any(type(layer) not in _KNOWN for layer in layers):
        raise InspectorError(
            "The batch statistics of this model cannot be learned by several processes.",
            "Use --processes 1.",
        )
    for layer in layers:
        layer.forward = partial(_forward, layer)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _forward(layer: _BatchNorm, x: Tensor) -> Tensor:
    """`layer(x)`; x is (n, C) or (n, C, h, w)."""
    if not layer.training:
        return type(layer).forward(layer, x)
    normalised = _normalise(layer, x)
    if isinstance(layer, BatchNormAct2d):
        normalised = layer.act(layer.drop(normalised))
    return normalised


def _normalise(layer: _BatchNorm, x: Tensor) -> Tensor:
    exact = x.float()
    over = [0, *range(2, x.dim())]
    variances, means = torch.var_mean(exact, dim=over, correction=0)
    # (2, size, C): the mean of the variances within, and the variance of the means between.
    every: Tensor = _Everyones.apply(torch.stack([variances, means]))  # type: ignore[no-untyped-call]
    mean = every[1].mean(dim=0)
    variance = every[0].mean(dim=0) + (every[1] - mean).square().mean(dim=0)
    _follow(layer, mean.detach(), variance.detach(), distributed.size() * x.numel() // x.shape[1])
    scale = torch.rsqrt(variance + layer.eps)
    shift = -mean * scale
    if layer.affine:
        scale, shift = scale * layer.weight, shift * layer.weight + layer.bias
    shape = [1, -1, *(1 for _ in over[1:])]
    return (exact * scale.view(shape) + shift.view(shape)).to(x.dtype)


@torch.no_grad()
def _follow(layer: _BatchNorm, mean: Tensor, variance: Tensor, count: int) -> None:
    """Moves the running statistics as torch does."""
    if layer.running_mean is None or layer.running_var is None:
        return
    assert layer.num_batches_tracked is not None
    layer.num_batches_tracked.add_(1)
    share = layer.momentum
    if share is None:
        share = 1 / float(layer.num_batches_tracked)
    layer.running_mean.lerp_(mean, share)
    layer.running_var.lerp_(variance * (count / max(1, count - 1)), share)


class _Everyones(torch.autograd.Function):
    """(k, C) of each process to (k, size, C) in all of them; gradients find their way back."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        return distributed.everyones(own.unsqueeze(0)).transpose(0, 1).contiguous()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return distributed.summed(gradient)[:, distributed.rank()]
