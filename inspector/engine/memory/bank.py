"""A memory bank: features of chosen patches, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from inspector.engine.memory.nearest import Nearest, nearest


class Bank(nn.Module):
    """Patches to compare with. How many there are is known only when they are there.

    Loading a `state_dict` takes their number from the file, whatever this bank held before; their
    width and everything else is checked as strictly as for any other module.

    Attributes:
        features: (N, C) float16, as the feature cache holds them.
        sources: (N, 4) int32: image id, row and column on the patch grid (of tiled images that of
            the canvas), annotation id; −1 where there is none.
    """

    features: Tensor
    sources: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(0, channels, dtype=torch.float16))
        self.register_buffer("sources", torch.zeros(0, 4, dtype=torch.int32))
        self.register_load_state_dict_pre_hook(take_size)  # type: ignore[no-untyped-call]

    def __len__(self) -> int:
        return len(self.features)

    def fill(self, features: Tensor, sources: Tensor) -> None:
        """Replaces all entries by features (N, C) and their sources (N, 4)."""
        if features.shape[1:] != self.features.shape[1:] or sources.shape != (len(features), 4):
            raise ValueError(f"no bank entries: {tuple(features.shape)}, {tuple(sources.shape)}")
        device = self.features.device
        self.features = features.to(device, torch.float16).contiguous()
        self.sources = sources.to(device, torch.int32).contiguous()

    def add(self, features: Tensor, sources: Tensor) -> None:
        """Adds entries behind those that are there."""
        device = self.features.device
        self.fill(
            torch.cat([self.features, features.to(device, torch.float16)]),
            torch.cat([self.sources, sources.to(device, torch.int32)]),
        )

    def leave_out(self, muted: Collection[tuple[int, int, int]]) -> None:
        """Drops the entries of these (annotation id, row, column)."""
        unwanted = set(muted)
        places = [(a, r, c) not in unwanted for _, r, c, a in self.sources.tolist()]
        kept = torch.tensor(places, dtype=torch.bool, device=self.features.device)
        self.fill(self.features[kept], self.sources[kept])

    def nearest(self, queries: Tensor) -> Nearest:
        """The nearest entry to each of `queries` (Q, C)."""
        return nearest(queries, self.features)


def take_size(module: nn.Module, state: Mapping[str, Any], prefix: str, *_: Any) -> None:
    """Before a module is loaded: makes room for as many rows as the file has."""
    for name, own in list(module.named_buffers(recurse=False)):
        found = state.get(prefix + name)
        if isinstance(found, Tensor) and found.dim() == own.dim() == 2:
            setattr(module, name, own.new_zeros(len(found), own.shape[1]))
