"""Pseudo-names of classes: a few learned token embeddings, and what the text side makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from inspector.engine.text.base import TextEncoder
from inspector.jobs.name_file import Naming

TOKENS = 4
"""Token embeddings of a name *(ours)*."""

NORMAL, ABNORMAL = "a", "a broken"
"""What is read before a name for the classifier's weights t_n and t_a."""

_START = "product"
_START_SPREAD = 0.02
_WORDS_KNOWN = 6000
_WORDS_KEPT = 8
_WORDS_AT_ONCE = 512


class Names(nn.Module):
    """The names of K classes. How many there are is known only when they are there.

    The text encoder is needed for learning alone: what it made of the names is kept.

    Attributes:
        tokens: Learned token embeddings, (K, 4, D); D = 0 where names are not learned.
        named: t_c, (K, C) unit vectors.
        normal, abnormal: t_n and t_a, (K, C).
        naming: What people can read of it, `Naming` as JSON in bytes, (n,) uint8.
    """

    named: Tensor
    normal: Tensor
    abnormal: Tensor
    naming: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(0, TOKENS, 0))
        for name in ("named", "normal", "abnormal"):
            self.register_buffer(name, torch.zeros(0, channels))
        self.register_buffer("naming", torch.zeros(0, dtype=torch.uint8))
        self.register_load_state_dict_pre_hook(_take_shapes)  # type: ignore[no-untyped-call]

    def __len__(self) -> int:
        return len(self.named)

    def start(self, count: int, encoder: TextEncoder, seed: int) -> None:
        """Names to be learned: all begin as the same word, with a little noise to part them."""
        generator = torch.Generator().manual_seed(seed)
        word = encoder.tokens(_START).detach().cpu()[:1].expand(TOKENS, -1)
        spread = _START_SPREAD * torch.randn(count, *word.shape, generator=generator)
        device = self.named.device
        self.tokens = nn.Parameter((word + spread).to(device))

    def settle(self, encoder: TextEncoder) -> None:
        """Takes over what the text side makes of the learned names."""
        with torch.no_grad():
            self.named = encoder.read("", self.tokens)
            self.normal = encoder.read(NORMAL, self.tokens)
            self.abnormal = encoder.read(ABNORMAL, self.tokens)

    def settle_as(self, texts: Sequence[str], encoder: TextEncoder) -> None:
        """Takes over what the text side makes of names that are texts and are not learned."""
        with torch.no_grad():
            written = [encoder.tokens(text)[None] for text in texts]
            for name, prefix in (("named", ""), ("normal", NORMAL), ("abnormal", ABNORMAL)):
                setattr(self, name, torch.cat([encoder.read(prefix, text) for text in written]))

    def describe(self, classes: Sequence[str], encoder: TextEncoder, *, words: bool) -> None:
        """Notes which class each name is of and, with `words`, the words nearest to it."""
        nearest = nearest_words(self.named, encoder) if words else [[] for _ in classes]
        text = msgspec.json.encode(Naming(list(classes), nearest, encoder.name))
        self.naming = torch.frombuffer(bytearray(text), dtype=torch.uint8).to(self.named.device)


@torch.no_grad()
def nearest_words(named: Tensor, encoder: TextEncoder) -> list[list[tuple[str, float]]]:
    """For each of `named` (K, C) the words whose text vectors are nearest, with their cosine."""
    words = encoder.words(_WORDS_KNOWN)
    vectors = []
    for start in range(0, len(words), _WORDS_AT_ONCE):
        some = words[start : start + _WORDS_AT_ONCE]
        vectors.append(encoder(torch.stack([encoder.tokens(word) for word in some])))
    found = (named @ torch.cat(vectors).T).topk(min(_WORDS_KEPT, len(words)), dim=1)
    return [
        [(words[place], round(value, 4)) for place, value in zip(places, values, strict=True)]
        for places, values in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]


def _take_shapes(module: nn.Module, state: Mapping[str, Any], prefix: str, *_: Any) -> None:
    tokens = state.get(f"{prefix}tokens")
    own_tokens = module.get_parameter("tokens")
    # An optimiser may hold the parameter: it is replaced only where it must be.
    if (
        isinstance(tokens, Tensor)
        and tokens.dim() == 3
        and tokens.shape[1] == TOKENS
        and tokens.shape != own_tokens.shape
    ):
        module.register_parameter("tokens", nn.Parameter(own_tokens.new_zeros(tokens.shape)))
    for name, own in list(module.named_buffers(recurse=False)):
        found = state.get(prefix + name)
        if isinstance(found, Tensor) and found.dim() == own.dim():
            setattr(module, name, own.new_zeros(len(found), *own.shape[1:]))
