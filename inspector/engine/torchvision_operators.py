"""Lets `import torchvision` succeed where its compiled operators do not fit the installed torch.

The registry's torchvision wheel for Linux is built for CUDA. Beside a CPU-only torch its operator
library cannot be loaded, and `import torchvision` (done by timm and open_clip) then dies with
*operator torchvision::nms does not exist*. Nothing here calls these operators; defining their
signatures is enough for the import. Import this module before timm.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_SIGNATURES = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

_library: torch.library.Library | None = None


def _compiled_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return True  # no torchvision at all: its own import error says so
    folder = Path(spec.submodule_search_locations[0])
    for file in sorted(folder.glob("_C*.so")) + sorted(folder.glob("_C*.pyd")):
        try:
            torch.ops.load_library(str(file))  # type: ignore[no-untyped-call]
        except OSError:
            continue
        return True
    return False


def ensure_torchvision_imports() -> None:
    """Defines the missing operators' signatures, once, where the compiled ones do not load."""
    global _library
    if _library is not None or _compiled_operators_load():
        return
    _library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name, signature in _SIGNATURES.items():
        if not hasattr(torch.ops.torchvision, name):
            _library.define(signature)  # type: ignore[no-untyped-call]


ensure_torchvision_imports()
