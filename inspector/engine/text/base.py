"""The one interface of frozen text encoders, with gradients through what they read."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class TextEncoder(nn.Module, ABC):
    """A frozen text encoder that reads token embeddings, so that names can be learned.

    Attributes:
        name: What model cards call it.
        channels: C of what it gives.
        token_channels: D of what it reads.
        is_joint: Whether it was trained together with the image side that it is used with.
    """

    name: str
    channels: int
    token_channels: int
    is_joint: bool

    def freeze(self) -> None:
        """No gradients for its own weights, no dropout."""
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> TextEncoder:
        """Stays in eval mode: it is frozen."""
        return super().train(False)

    @abstractmethod
    def tokens(self, text: str) -> Tensor:
        """The token embeddings of a text, without its beginning and end: (n, D)."""

    @abstractmethod
    def forward(self, rows: Tensor) -> Tensor:
        """Texts of one length as token embeddings (B, n, D) to unit vectors (B, C); of those longer
        than the encoder reads, the beginning."""

    @abstractmethod
    def words(self, most: int) -> list[str]:
        """Whole words that it knows as one token, common ones first where it knows which are."""

    def read(self, prefix: str, names: Tensor) -> Tensor:
        """T(prefix + name): names as token embeddings (K, n, D) to unit vectors (K, C)."""
        rows = names
        if prefix:
            before = self.tokens(prefix).expand(len(names), -1, -1)
            rows = torch.cat([before, names], dim=1)
        found: Tensor = self(rows)
        return found
