"""What all learned aligners share: a small network from the descriptor to a few numbers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.alignment.base import Aligner, Statistics

Layers = Literal["linear", "2-linear", "conv-2-linear", "2-conv"]
"""The structures of the paper's ablation; "conv-2-linear" is the one it takes."""

_HIDDEN = 256


class Regressed(Aligner):
    """Predicts an image's statistics from the detector's descriptor (METHODS section 2).

    One convolution of the same width → global average pooling → dropout → linear 256 → GELU →
    dropout → linear. Descriptors and targets are standardised with training statistics *(ours)*, so
    that one learning rate serves every detector.

    Args:
        channels: C of the descriptor.
        outputs: How many numbers the network gives.
        targets: How many numbers of an image it learns from; their scales are kept.
        layers: Another structure, for comparison.
        dropout: What keeps it from predicting a defective image's own statistics.
    """

    descriptor_mean: Tensor
    descriptor_std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self,
        channels: int,
        outputs: int,
        targets: int,
        layers: Layers = "conv-2-linear",
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        self.layers = layers
        if layers in ("conv-2-linear", "2-conv"):
            self.convolution = nn.Conv2d(channels, channels, 3, padding=1)
        if layers == "2-conv":
            self.second = nn.Conv2d(channels, channels, 3, padding=1)
        if layers in ("2-linear", "conv-2-linear"):
            self.head = nn.Sequential(
                nn.Dropout(dropout),
                nn.Linear(channels, _HIDDEN),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(_HIDDEN, outputs),
            )
        else:
            self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, outputs))
        self.register_buffer("descriptor_mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("descriptor_std", torch.ones(1, channels, 1, 1))
        self.register_buffer("target_mean", torch.zeros(targets))
        self.register_buffer("target_std", torch.ones(targets))

    @abstractmethod
    def read(self, outputs: Tensor) -> Statistics:
        """What the network's outputs (B, outputs) say."""

    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        return self.read(self(self.inputs(descriptor)))

    def inputs(self, descriptor: Tensor) -> Tensor:
        """Descriptors (B, C, h, w) as `forward` takes them.

        (B, C) or (B, C, 9) where the pooling can go first; else (B, C, h, w).
        """
        x = (descriptor.float() - self.descriptor_mean) / self.descriptor_std
        if self.layers == "2-conv":
            return x
        if self.layers == "conv-2-linear":
            return _window_means(x)
        return x.mean(dim=(2, 3))

    def forward(self, inputs: Tensor) -> Tensor:
        """What `inputs` gives to outputs (B, outputs)."""
        pooled = inputs
        if self.layers == "conv-2-linear":
            weight = self.convolution.weight.flatten(2)  # (C, C, 9)
            pooled = F.linear(inputs.flatten(1), weight.flatten(1), self.convolution.bias)
        elif self.layers == "2-conv":
            pooled = self.second(F.gelu(self.convolution(inputs))).mean(dim=(2, 3))
        out: Tensor = self.head(pooled)
        return out

    def in_units(self, standardised: Tensor) -> Tensor:
        """Standardised targets (B, targets) in their own units."""
        return standardised * self.target_std + self.target_mean

    def standardised(self, targets: Tensor) -> Tensor:
        """Targets (B, targets) in units of the training images' spread."""
        return (targets - self.target_mean) / self.target_std

    def scale_descriptors(self, descriptors: Tensor) -> None:
        """Takes the scales of training descriptors (N, C, h, w)."""
        # Image by image: the descriptors of a large set in float32 would not fit.
        mean = torch.stack([d.float().mean(dim=(1, 2)) for d in descriptors]).mean(dim=0)
        square = torch.stack([d.float().square().mean(dim=(1, 2)) for d in descriptors]).mean(dim=0)
        self.descriptor_mean.copy_(mean.view(1, -1, 1, 1))
        variance = (square - mean.square()).clamp_min(1e-12)
        self.descriptor_std.copy_(variance.sqrt().view(1, -1, 1, 1))

    def scale_targets(self, targets: Tensor) -> None:
        """Takes the scales of training targets (N, targets)."""
        self.target_mean.copy_(targets.mean(dim=0))
        self.target_std.copy_(targets.std(dim=0, correction=0).clamp_min(1e-6))


def _window_means(x: Tensor) -> Tensor:
    """Descriptors (B, C, h, w), averaged under each of a convolution's nine taps: (B, C, 9).

    Nothing stands between the convolution and the pooling, so both together are linear in these
    means: the same result, without convolving in every step of the fit.
    """
    # A tap that looks past the border misses one row or column of the sum.
    columns = x.sum(dim=2)
    rows = torch.stack([columns - x[:, :, -1], columns, columns - x[:, :, 0]], dim=2)
    total = rows.sum(dim=3)
    taps = torch.stack([total - rows[..., -1], total, total - rows[..., 0]], dim=3)
    return taps.flatten(2) / (x.shape[2] * x.shape[3])
