"""CADA: statistics regressed from the descriptor; no class is known, ever (METHODS section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
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

    def forward(self, descriptor: Tensor) -> Tensor:
        """Descriptors (B, C, h, w) to standardised (û, γ̂), (B, 2)."""
        x = (descriptor - self.descriptor_mean) / self.descriptor_std
        out: Tensor = self.head(self.convolution(x).mean(dim=(2, 3)))
        return out

    def statistics(
        self, descriptor: Tensor, class_names: Sequence[str] | None = None
    ) -> Statistics:
        predicted = self(descriptor.float()) * self.target_std + self.target_mean
        return Statistics(predicted[:, 0], predicted[:, 1])

    def standardise(self, descriptors: Tensor, targets: Tensor) -> None:
        """Takes the scales from training descriptors (N, C, h, w) and targets (N, 2)."""
        self.descriptor_mean.copy_(descriptors.float().mean(dim=(0, 2, 3), keepdim=True))
        self.descriptor_std.copy_(
            descriptors.float().std(dim=(0, 2, 3), keepdim=True, correction=0).clamp_min(1e-6)
        )
        self.target_mean.copy_(targets.mean(dim=0))
        self.target_std.copy_(targets.std(dim=0, correction=0).clamp_min(1e-6))
