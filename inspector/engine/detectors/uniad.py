"""UniAD: a transformer that cannot copy its input gives back what is normal (METHODS section 1).

Three things keep it from learning the identity: attention never looks at a patch's own neighbours,
every decoder layer asks with a query of its own that was learned, and the input is jittered.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.maps import mean_map
from inspector.engine.whitening import Whitening

WIDTH = 256
_LAYERS = 4
_HEADS = 8
_HIDDEN = 1024
_DROPOUT = 0.1
_GRID = 14
"""Side of the learned grids of queries: the paper's 224 pixels at stride 16."""
_RADIUS = 3
"""Of the neighbourhood: 7×7."""


class Reconstruction(NamedTuple):
    """What was seen and what was given back of it.

    Attributes:
        target: The stages on the coarsest one's grid, divided by `UniAd.scale`: (B, C, h, w).
        rebuilt: The same as the decoder has it.
        embedding: The encoder's output, (B, 256, h, w).
    """

    target: Tensor
    rebuilt: Tensor
    embedding: Tensor

    @property
    def left_over(self) -> Tensor:
        """What was not given back, (B, C, h, w)."""
        return self.target - self.rebuilt.float()


class UniAd(Detector):
    """Reconstructs features through neighbour-masked attention with layer-wise queries.

    All stages are brought to the grid of stride 16. Queries and positions are learned on the
    paper's 14×14 grid and interpolated to the one at hand *(ours)*, so that one model takes inputs
    of any size. The map is the squared error, seen through the spread of normal errors *(ours)*.
    Without such `whitening` it is the channel mean of the squares, as CADA aligns it; the paper's
    is the root of the sum, which ranks positions alike. The descriptor is the encoder's output.

    Attributes:
        whitening: What makes the map of the error; until it has learned, the mean of its squares.
        scale: Root mean square of the features that it learned from; they are divided by it, so
            that one learning rate serves every backbone *(ours)*.
    """

    scale: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        channels = sum(backbone.channels)
        self.register_buffer("scale", torch.tensor(1.0))
        self.enter = nn.Linear(channels, WIDTH)
        self.rows = nn.Parameter(torch.rand(WIDTH // 2, _GRID))
        self.columns = nn.Parameter(torch.rand(WIDTH // 2, _GRID))
        self.encoder = nn.ModuleList(EncoderLayer() for _ in range(_LAYERS))
        self.decoder = nn.ModuleList(DecoderLayer() for _ in range(_LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.leave = nn.Linear(WIDTH, channels)
        self.whitening = Whitening(channels)
        for module in (self.enter, self.leave):
            _initialise(module)

    @property
    def descriptor_channels(self) -> int:
        return WIDTH

    def gather(self, features: list[Tensor]) -> Tensor:
        """The stages on the coarsest one's grid, concatenated, unscaled: (B, C, h, w)."""
        check_features(features, self.backbone.channels)
        grid = features[-1].shape[-2:]
        resized = [
            F.interpolate(f, size=grid, mode="bilinear", align_corners=False) for f in features
        ]
        return torch.cat(resized, dim=1).float()

    def reconstruct(self, features: list[Tensor], jitter: float = 0.0) -> Reconstruction:
        """What the transformer makes of the stages; of noisy ones with `jitter`, see `jittered`."""
        target = self.gather(features) / self.scale
        height, width = target.shape[-2:]
        tokens = _as_tokens(target)
        if jitter:
            tokens = jittered(tokens, jitter)
        positions = self._positions(height, width)
        mask = neighbour_mask(height, width).to(target.device)
        memory = self.enter(tokens)
        for layer in self.encoder:
            memory = layer(memory, positions, mask)
        out = memory
        for layer in self.decoder:
            out = layer(out, memory, positions, mask, (height, width))
        rebuilt = self.leave(self.norm(out))
        grid = (height, width)
        return Reconstruction(target, _as_map(rebuilt, grid), _as_map(memory, grid))

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        found = self.reconstruct(features)
        error = self.whitening(found.left_over)
        return RawPrediction(mean_map([error], size), found.embedding.float())

    def _positions(self, height: int, width: int) -> Tensor:
        """(1, h·w, 256): half of it tells the column, half the row."""
        rows = _stretched(self.rows, height).unsqueeze(2).expand(-1, -1, width)
        columns = _stretched(self.columns, width).unsqueeze(1).expand(-1, height, -1)
        return _as_tokens(torch.cat([columns, rows]).unsqueeze(0))


class Attention(nn.Module):
    """Multi-head attention under a mask; queries, keys and values (B, N, 256)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        for module in (self.query, self.key, self.value):
            _initialise(module, gain=0.5**0.5)
        _initialise(self.out)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        mixed = F.scaled_dot_product_attention(
            _by_head(self.query(query)),
            _by_head(self.key(key)),
            _by_head(self.value(value)),
            attn_mask=mask,
            dropout_p=_DROPOUT if self.training else 0.0,
        )
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Sequential):
    """Two linear layers, position by position."""

    def __init__(self) -> None:
        super().__init__(
            nn.Linear(WIDTH, _HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_HIDDEN, WIDTH)
        )
        _initialise(self[0])
        _initialise(self[3])


class Residual(nn.Module):
    """Adds an update to what it updates, with dropout, and normalises the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(_DROPOUT)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, tokens: Tensor, update: Tensor) -> Tensor:
        out: Tensor = self.norm(tokens + self.dropout(update))
        return out


class EncoderLayer(nn.Module):
    """Masked self-attention and a feed-forward block."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.attended = Attention(), Residual()
        self.forward_block, self.fed = FeedForward(), Residual()

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        placed = tokens + positions
        tokens = self.attended(tokens, self.attention(placed, placed, tokens, mask))
        out: Tensor = self.fed(tokens, self.forward_block(tokens))
        return out


class DecoderLayer(nn.Module):
    """A learned query asks the encoder's output, then what the layer before made of it."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(1, WIDTH, _GRID, _GRID))
        self.first, self.informed = Attention(), Residual()
        self.second, self.refined = Attention(), Residual()
        self.forward_block, self.fed = FeedForward(), Residual()

    def forward(
        self,
        before: Tensor,
        memory: Tensor,
        positions: Tensor,
        mask: Tensor,
        grid: tuple[int, int],
    ) -> Tensor:
        query = _as_tokens(_resized(self.query, grid)).expand(memory.shape[0], -1, -1)
        asked = self.first(query + positions, memory + positions, memory, mask)
        tokens = self.informed(query, asked)
        asked = self.second(tokens + positions, before + positions, before, mask)
        tokens = self.refined(tokens, asked)
        out: Tensor = self.fed(tokens, self.forward_block(tokens))
        return out


def neighbour_mask(height: int, width: int, radius: int = _RADIUS) -> Tensor:
    """Which positions each may attend to: (h·w, h·w), true outside of its own neighbourhood.

    Grids so small that a position would have nobody left get a smaller neighbourhood *(ours)*.

    Args:
        height, width: Of the grid.
        radius: A neighbourhood has side 2·radius + 1, cut at the border.
    """
    radius = min(radius, max(height, width) // 2 - 1)
    far_row = _apart(height) > radius
    far_column = _apart(width) > radius
    far: Tensor = far_row[:, None, :, None] | far_column[None, :, None, :]
    return far.reshape(height * width, height * width)


def jittered(tokens: Tensor, scale: float) -> Tensor:
    """Adds noise to each token (…, C) with standard deviation scale · ‖token‖ / C."""
    spread: Tensor = scale * tokens.norm(dim=-1, keepdim=True) / tokens.shape[-1]
    return tokens + spread * torch.randn_like(tokens)


def _apart(count: int) -> Tensor:
    """Distances of `count` places in a row, (count, count)."""
    places = torch.arange(count)
    return (places[:, None] - places[None, :]).abs()


def _as_tokens(maps: Tensor) -> Tensor:
    """(B, C, h, w) to (B, h·w, C)."""
    return maps.flatten(2).transpose(1, 2)


def _as_map(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, h·w, C) to (B, C, h, w)."""
    return tokens.transpose(1, 2).reshape(tokens.shape[0], -1, *grid)


def _by_head(tokens: Tensor) -> Tensor:
    """(B, N, 256) to (B, 8, N, 32)."""
    return tokens.view(*tokens.shape[:2], _HEADS, -1).transpose(1, 2)


def _resized(learned: Tensor, grid: tuple[int, int]) -> Tensor:
    """A learned (1, C, 14, 14) on another grid."""
    if learned.shape[-2:] == grid:
        return learned
    return F.interpolate(learned, size=grid, mode="bilinear", align_corners=False)


def _stretched(learned: Tensor, length: int) -> Tensor:
    """A learned (C, 14) at another length."""
    if learned.shape[-1] == length:
        return learned
    longer = F.interpolate(learned.unsqueeze(0), size=length, mode="linear", align_corners=False)
    return longer.squeeze(0)


def _initialise(module: nn.Module, gain: float = 1.0) -> None:
    assert isinstance(module, nn.Linear)
    nn.init.xavier_uniform_(module.weight, gain)
    nn.init.zeros_(module.bias)
