"""CADA: statistics regressed from the descriptor; no class is known, ever (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.alignment.base import Aligner, Statistics


class Cada(Aligner):
    """Regresses (û, γ̂) from the detector's descriptor.

    One convolution of the same width → global average pooling → dropout → linear → GELU → dropout
    → linear 2. Descriptors and targets are standardised with training statistics *(ours)*, so that
    one learning rate serves every detector.

    Args:
        channels: C of the descriptor.
        hidden: Width of the hidden layer.
        dropout: What keeps it from predicting a defective image's own statistics.
    """

    descriptor_mean: Tensor
    descriptor_std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, channels: int, hidden: int = 256, dropout: float = 0.25) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, channels, 3, padding=1)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(channels, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 2),
        )
        self.register_buffer("descriptor_mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("descriptor_std", torch.ones(1, channels, 1, 1))
        self.register_buffer("target_mean", torch.zeros(2))
        self.register_buffer("target_std", torch.ones(2))

    def forward(self, windows: Tensor) -> Tensor:
        """What `window_means` gives, (B, C, 9), to standardised (û, γ̂), (B, 2)."""
        weight = self.convolution.weight.flatten(2)  # (C, C, 9)
        pooled = F.linear(windows.flatten(1), weight.flatten(1), self.convolution.bias)
        out: Tensor = self.head(pooled)
        return out

    def window_means(self, descriptor: Tensor) -> Tensor:
        """Standardised descriptors (B, C, h, w), averaged under each of the nine taps: (B, C, 9).

        Nothing stands between the convolution and the pooling, so both together are linear in
        these means: the same result, without convolving in every step of the fit.
        """
        height, width = descriptor.shape[-2:]
        x = (descriptor.float() - self.descriptor_mean) / self.descriptor_std
        padded = F.pad(x, (1, 1, 1, 1))
        taps = [
            padded[:, :, row : row + height, column : column + width].mean(dim=(2, 3))
            for row in range(3)
            for column in range(3)
        ]
        return torch.stack(taps, dim=2)

    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        predicted = self(self.window_means(descriptor)) * self.target_std + self.target_mean
        return Statistics(predicted[:, 0], predicted[:, 1])

    def standardise(self, descriptors: Tensor, targets: Tensor) -> None:
        """Takes the scales from training descriptors (N, C, h, w) and targets (N, 2)."""
        # Image by image: the descriptors of a large set in float32 would not fit.
        mean = torch.stack([d.float().mean(dim=(1, 2)) for d in descriptors]).mean(dim=0)
        square = torch.stack([d.float().square().mean(dim=(1, 2)) for d in descriptors]).mean(dim=0)
        self.descriptor_mean.copy_(mean.view(1, -1, 1, 1))
        variance = (square - mean.square()).clamp_min(1e-12)
        self.descriptor_std.copy_(variance.sqrt().view(1, -1, 1, 1))
        self.target_mean.copy_(targets.mean(dim=0))
        self.target_std.copy_(targets.std(dim=0, correction=0).clamp_min(1e-6))
