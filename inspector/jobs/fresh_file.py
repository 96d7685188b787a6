"""What a model learned at once after its training: freshly painted patches, in a file beside it.

`fresh.safetensors` holds the patches; its metadata name the masks that they come from. Loading the
model puts them into its bank, so its scores are those that are stored. Never imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from inspector.core.files import write_atomically
from inspector.errors import InspectorError

FRESH_FILE = "fresh.safetensors"


@dataclass(frozen=True, slots=True)
class FreshMask:
    """A painted mask that the patches come from.

    Attributes:
        annotation_id: The number of the version in the project.
        image_id: The image's number.
        image_sha256: Of the image file.
        mask_sha256: Of the mask as a PNG.
        defect_type: Name of the defect type when it was learned.
    """

    annotation_id: int
    image_id: int
    image_sha256: str
    mask_sha256: str
    defect_type: str


@dataclass(frozen=True, slots=True, eq=False)
class FreshBank:
    """Freshly painted patches.

    Attributes:
        features: (N, C) float16.
        sources: (N, 4) int32: image id, row and column on the patch grid, annotation id.
        masks: Where they come from.
        snapshot_digest: The images and masks among which they were learned.
    """

    features: NDArray[np.float16]
    sources: NDArray[np.int32]
    masks: tuple[FreshMask, ...]
    snapshot_digest: str


def encode_fresh(bank: FreshBank) -> bytes:
    """The file's content."""
    metadata = {
        "masks": msgspec.json.encode(bank.masks).decode(),
        "snapshot_digest": bank.snapshot_digest,
    }
    tensors: dict[str, NDArray[Any]] = {
        "fresh.features": np.ascontiguousarray(bank.features, np.float16),
        "fresh.sources": np.ascontiguousarray(bank.sources, np.int32),
    }
    return save(tensors, metadata)


def write_fresh(folder: Path, content: bytes | None) -> None:
    """Makes `content` what the model in `folder` learned at once; None takes it away again.

    Raises:
        InspectorError: The folder cannot be written.
    """
    file = folder / FRESH_FILE
    if content is not None:
        write_atomically(file, content)
        return
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise InspectorError(
            f"'{file}' could not be deleted: {error.strerror or error}.",
            "Close other programs that use the project folder and try again.",
        ) from error


def read_fresh(folder: Path) -> FreshBank | None:
    """What the model in `folder` learned at once; None for nothing.

    Raises:
        InspectorError: The file is damaged.
    """
    return _read(folder / FRESH_FILE, with_patches=True)


def read_fresh_masks(folder: Path) -> tuple[FreshMask, ...]:
    """The masks that the model in `folder` learned at once; reads no patches.

    Raises:
        InspectorError: The file is damaged.
    """
    bank = _read(folder / FRESH_FILE, with_patches=False)
    return bank.masks if bank is not None else ()


def _read(file: Path, *, with_patches: bool) -> FreshBank | None:
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            masks = msgspec.json.decode(metadata["masks"], type=tuple[FreshMask, ...])
            if not with_patches:
                nothing = np.zeros((0, 0), np.float16)
                return FreshBank(nothing, np.zeros((0, 4), np.int32), masks, "")
            features = opened.get_tensor("fresh.features")
            sources = opened.get_tensor("fresh.sources")
            if features.ndim != 2 or sources.shape != (len(features), 4):
                raise ValueError("its parts do not belong together")
            return FreshBank(features, sources, masks, metadata.get("snapshot_digest", ""))
    except FileNotFoundError:
        return None  # it was taken away between two looks
    except (OSError, SafetensorError, msgspec.MsgspecError, KeyError, ValueError) as error:
        raise InspectorError(
            f"What was learned at once, '{file}', cannot be read ({error}).",
            "Delete the file and learn the painted masks again.",
        ) from error
