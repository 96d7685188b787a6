"""Outliers: patches of normal images blended with those of foreign textures (METHODS section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.images import IMAGE_SUFFIXES, ImageReadError, read_for_model
from inspector.core.textures import texture
from inspector.engine.backbones import Backbone
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.errors import InspectorError
from training.banks import PatchSource

_TEXTURE_SHARE = 0.6
_MOST_TEXTURES = 96  # (ours): bounds what is held of them
_BATCH = 8


class Outliers:
    """`count` pictures, each a texture blended with a normal image: 0.6·F(x_o) + 0.4·F(x_n).

    Args:
        textures: F of the textures, (T, N, C) float16.
        normal: Patches of the normal images.
        count: How many blends.
        seed: Of the pairs.
    """

    def __init__(self, textures: Tensor, normal: PatchSource, count: int, seed: int) -> None:
        self.count = count
        self.size = normal.size
        self._textures = textures
        self._normal = normal
        rng = np.random.default_rng([seed, 0x0071])
        self._normals = rng.integers(normal.count, size=count)

    def read(self, positions: Sequence[int]) -> Tensor:
        """See `PatchSource`."""
        foreign = self._textures[[p % len(self._textures) for p in positions]].float()
        normal = self._normal.read([int(self._normals[p]) for p in positions])
        return _TEXTURE_SHARE * foreign + (1 - _TEXTURE_SHARE) * normal

    def image_id(self, position: int) -> int:
        """That of the normal image."""
        return self._normal.image_id(int(self._normals[position]))

    def origin(self, position: int) -> tuple[int, int]:
        """That of the normal image."""
        return self._normal.origin(int(self._normals[position]))


@torch.no_grad()
def texture_patches(
    folder: str, backbone: Backbone, size: int, count: int, seed: int, device: torch.device
) -> Tensor:
    """F of at most `count` textures, (T, N, C) float16.

    Args:
        folder: Images of textures; empty for procedural ones.
        backbone: On `device`.
        size: Side of the square input.
        count: How many are wanted; at least one.
        seed: Which of the folder, or which procedural ones.
        device: Where features are computed.

    Raises:
        InspectorError: The folder cannot be read or holds no image.
    """
    count = min(count, _MOST_TEXTURES)
    if folder:
        pictures = _from_folder(Path(folder), size, count, seed)
    else:
        pictures = [texture(size, seed * _MOST_TEXTURES + number) for number in range(count)]
    found: list[Tensor] = []
    for start in range(0, len(pictures), _BATCH):
        stacked = np.stack(pictures[start : start + _BATCH])
        images = torch.from_numpy(stacked).permute(0, 3, 1, 2).to(device)
        found.append(as_rows(patch_features(backbone(images))).half())
    return torch.cat(found)


def _from_folder(folder: Path, size: int, count: int, seed: int) -> list[NDArray[np.float32]]:
    try:
        files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in IMAGE_SUFFIXES)
    except OSError as error:
        raise InspectorError(
            f"The folder of textures '{folder}' cannot be read: {error}."
        ) from error
    pictures: list[NDArray[np.float32]] = []
    for number in np.random.default_rng([seed, 0x7E]).permutation(len(files)):
        if len(pictures) == count:
            break
        try:
            pictures.append(read_for_model(files[number], size))
        except ImageReadError:
            continue  # one texture more or less does not matter
    if not pictures:
        raise InspectorError(
            f"The folder of textures '{folder}' holds no image that can be read.",
            "Name a folder of pictures of anything but your parts, or leave 'textures' empty for "
            "built-in ones.",
        )
    return pictures
