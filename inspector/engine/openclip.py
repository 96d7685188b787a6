"""Image/text models of open_clip: the image side as a backbone, the text side as a text encoder.

A backbone of this kind is called "openclip-ARCHITECTURE.TRAINING", such as "openclip-RN50.openai".
open_clip is an optional dependency and slow to import: only who uses such a backbone imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.engine.text.base import TextEncoder
from inspector.engine.torchvision_operators import ensure_torchvision_imports
from inspector.errors import InspectorError
from inspector.jobs.backbones import OPENCLIP_PREFIX
from inspector.jobs.text_packages import without_open_clip

_STRIDES = (4, 8, 16)
_HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


def is_openclip(backbone: str) -> bool:
    """Whether a backbone's name means an image/text model of open_clip."""
    return backbone.startswith(OPENCLIP_PREFIX)


@dataclass(frozen=True, slots=True)
class Published:
    """What open_clip knows of a pretrained model.

    Attributes:
        repository: "owner/name" on the hub; empty where it is not there.
        files: Names that the weights may have in it.
        mean, std: Of the images that it was trained on.
        quick_gelu: Whether it needs the activation of the first CLIP models.
    """

    repository: str
    files: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    quick_gelu: bool


def published(backbone: str) -> Published:
    """What is known of this backbone.

    Raises:
        InspectorError: open_clip is not installed, or has no such model.
    """
    library = _open_clip(backbone)
    architecture, tag = _parts(backbone)
    known = library.get_pretrained_cfg(architecture, tag) if tag else {}
    if architecture not in library.list_models() or (tag and not known):
        raise InspectorError(
            f"There is no backbone '{backbone}'.",
            "Use a name such as 'openclip-RN50.openai': architecture and training of open_clip.",
        )
    repository, _, file = str(known.get("hf_hub") or "").rpartition("/")
    return Published(
        repository,
        (file,) if file else _HUB_FILES,
        tuple(known.get("mean") or library.OPENAI_DATASET_MEAN),
        tuple(known.get("std") or library.OPENAI_DATASET_STD),
        bool(known.get("quick_gelu")),
    )


def create_pair(backbone: str) -> tuple[ImageTower, OpenClipText]:
    """Both sides of a model with random weights: to be filled with `load_side`, or for tests.

    Raises:
        InspectorError: There is no such model, or its towers are of another kind.
    """
    known = published(backbone)
    library = _open_clip(backbone)
    architecture, _ = _parts(backbone)
    model = library.create_model(
        architecture, load_weights=False, force_quick_gelu=known.quick_gelu
    )
    if not isinstance(model, library.CLIP):
        raise InspectorError(
            f"The text side of '{backbone}' is of a kind that names cannot be learned for.",
            "Use a CLIP model: RN50, ConvNeXt or ViT.",
        )
    text = OpenClipText(model, backbone)
    return ImageTower(model.visual, known, backbone, text.channels), text


def load_side(side: ImageTower | OpenClipText, state: dict[str, Tensor]) -> None:
    """Fills one side from the tensors of the one file that is published for both.

    Raises:
        InspectorError: A tensor is missing or has another shape.
    """
    own = side.state_dict()
    usable = {name: state[name] for name in own if name in state}
    wrong = [name for name, tensor in usable.items() if tensor.shape != own[name].shape]
    missing = [n for n in own if n not in usable and not n.endswith("num_batches_tracked")]
    if wrong or missing:
        raise InspectorError(
            f"The weights do not fit '{side.name}' (first difference: {(wrong or missing)[0]}).",
            "Replace the file with the weights of exactly this model.",
        )
    side.load_state_dict(usable, strict=False)


class FeatureInfo:
    """Channels and strides, asked for as of timm's feature models."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        self._channels = channels

    def channels(self) -> list[int]:
        return list(self._channels)

    def reduction(self) -> list[int]:
        return list(_STRIDES)

    def module_name(self) -> list[str]:
        return ["", "", ""]


class ImageTower(nn.Module):
    """The image side up to stride 16: images (B, 3, H, W), normalised, to three feature maps.

    Attributes:
        feature_info: As timm's feature models have.
        mean, std: Of its images.
        text_channels: C of the text side.
    """

    def __init__(
        self, visual: nn.Module, known: Published, backbone: str, text_channels: int
    ) -> None:
        super().__init__()
        self.name = backbone
        self.mean, self.std = known.mean, known.std
        self.text_channels = text_channels
        self.visual = visual
        module: Any = visual
        if hasattr(module, "layer1"):
            self._kind = "resnet"
            widths = [getattr(module, f"layer{n}")[-1].conv3.out_channels for n in (1, 2, 3)]
        elif hasattr(module, "conv1") and hasattr(module, "transformer"):
            self._kind = "vit"
            self._depths = [module.transformer.layers * n // 4 for n in (1, 2, 3)]
            widths = [module.conv1.out_channels] * 3
        elif hasattr(getattr(module, "trunk", None), "stages"):
            self._kind = "convnext"
            widths = [info["num_chs"] for info in module.trunk.feature_info[:3]]
        else:
            raise InspectorError(
                f"The image side of '{backbone}' has no stages.", "Use RN50, ConvNeXt or ViT."
            )
        self.feature_info = FeatureInfo(tuple(widths))

    def forward(self, images: Tensor) -> list[Tensor]:
        module: Any = self.visual
        if self._kind == "vit":
            return self._tokens(images)
        if self._kind == "resnet":
            x, stages = module.stem(images), [module.layer1, module.layer2, module.layer3]
        else:
            x, stages = module.trunk.stem(images), module.trunk.stages[:3]
        features = []
        for stage in stages:
            x = stage(x)
            features.append(x)
        return features

    def _tokens(self, images: Tensor) -> list[Tensor]:
        """Blocks at a quarter, half and three quarters of the depth, scaled to the strides."""
        module: Any = self.visual
        height, width = images.shape[-2:]
        x = module.conv1(images)
        grid = x.shape[-2:]
        first = module.class_embedding.view(1, 1, -1).expand(x.shape[0], 1, -1)
        x = torch.cat([first, x.flatten(2).transpose(1, 2)], dim=1)
        x = module.ln_pre(x + _resized(module.positional_embedding, grid))
        features: list[Tensor] = []
        for number, block in enumerate(module.transformer.resblocks, 1):
            x = block(x)
            if number in self._depths:
                map_ = x[:, 1:].transpose(1, 2).unflatten(2, grid)
                stride = _STRIDES[len(features)]
                size = (height // stride, width // stride)
                features.append(
                    F.interpolate(map_, size=size, mode="bilinear", align_corners=False)
                )
            if len(features) == len(_STRIDES):
                break
        return features


class OpenClipText(TextEncoder):
    """The text side. It is causal, so that texts need no padding."""

    def __init__(self, model: Any, backbone: str) -> None:
        super().__init__()
        from open_clip.tokenizer import SimpleTokenizer

        self.name = backbone
        self.is_joint = True
        self._tokenizer = SimpleTokenizer()
        self.token_embedding = model.token_embedding
        self.positional_embedding = model.positional_embedding
        self.transformer = model.transformer
        self.ln_final = model.ln_final
        self.text_projection = model.text_projection
        self.register_buffer("attn_mask", model.attn_mask, persistent=False)
        self.token_channels = int(self.token_embedding.embedding_dim)
        projection = self.text_projection
        is_linear = isinstance(projection, nn.Linear)
        self.channels = int(projection.out_features if is_linear else projection.shape[1])
        self.freeze()

    def tokens(self, text: str) -> Tensor:
        return self._embedded(self._tokenizer.encode(text))

    def forward(self, rows: Tensor) -> Tensor:
        ends = (self._tokenizer.sot_token_id, self._tokenizer.eot_token_id)
        first, last = (self._embedded([id_]).expand(len(rows), 1, -1) for id_ in ends)
        longest = len(self.positional_embedding) - 2
        text = torch.cat([first, rows[:, :longest], last], dim=1)
        length = text.shape[1]
        x = text + self.positional_embedding[:length]
        mask: Any = self.attn_mask
        x = self.transformer(x, attn_mask=None if mask is None else mask[:length, :length])
        x = self.ln_final(x[:, -1])
        projection = self.text_projection
        x = projection(x) if isinstance(projection, nn.Linear) else x @ projection
        return F.normalize(x, dim=-1)

    def words(self, most: int) -> list[str]:
        known: dict[str, int] = self._tokenizer.encoder
        ends = (w for w in sorted(known, key=known.__getitem__) if w.endswith("</w>"))
        whole = (w.removesuffix("</w>") for w in ends)
        return [w for w in whole if len(w) > 2 and w.isascii() and w.isalpha()][:most]

    def _embedded(self, ids: list[int]) -> Tensor:
        device = self.token_embedding.weight.device
        embedded: Tensor = self.token_embedding(torch.tensor(ids, dtype=torch.long, device=device))
        return embedded


def _resized(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """Position embeddings (1 + n², C) for another grid: (1 + h·w, C)."""
    side = round((len(positions) - 1) ** 0.5)
    if (side, side) == tuple(grid):
        return positions
    map_ = positions[1:].T.view(1, -1, side, side)
    map_ = F.interpolate(map_, size=grid, mode="bicubic", align_corners=False, antialias=True)
    return torch.cat([positions[:1], map_.flatten(2)[0].T])


def _parts(backbone: str) -> tuple[str, str]:
    architecture, _, tag = backbone.removeprefix(OPENCLIP_PREFIX).partition(".")
    return architecture, tag


def _open_clip(backbone: str) -> Any:
    ensure_torchvision_imports()
    try:
        import open_clip
    except ImportError as error:
        raise without_open_clip(backbone) from error
    return open_clip
