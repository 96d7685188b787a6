"""The one interface of all anomaly detectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol

from torch import Tensor, nn

from inspector.engine.backbones import Backbone


class HasStages(Protocol):
    """What gives feature maps: how wide they are and how far apart."""

    channels: tuple[int, ...]
    strides: tuple[int, ...]


class RawPrediction(NamedTuple):
    """What a detector says of a batch of images, before alignment.

    Attributes:
        map: Unsmoothed anomaly map, (B, H, W) of the input, float32; larger is more anomalous.
        descriptor: The look of the image, (B, C, h, w); aligners read it, nearest-look search too.
    """

    map: Tensor
    descriptor: Tensor


class Detector(nn.Module, ABC):
    """A detector over a frozen backbone.

    The backbone is held outside of the module tree: its weights are resolved by name and digest,
    so `state_dict` has only what was learned.

    Attributes:
        needs_images: Whether its features begin with the images themselves, as a stage of stride 1,
            because something of it that is learned looks at them.
    """

    needs_images: ClassVar[bool] = False

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self._backbone = (backbone,)  # a tuple, so that torch does not register it

    @property
    def backbone(self) -> Backbone:
        return self._backbone[0]

    @property
    @abstractmethod
    def descriptor_channels(self) -> int:
        """C of the descriptor."""

    @abstractmethod
    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        """Prediction from what `observe` gave, for input size (H, W)."""

    def observe(self, images: Tensor) -> list[Tensor]:
        """Features of images (B, 3, H, W) in [0, 1]: the frozen part of a prediction.

        The backbone's maps [(B, C_i, h_i, w_i)], behind the images where `needs_images`. Learning
        and measuring get the same from a `FeatureSource`.
        """
        features = self.backbone(images)
        return [images, *features] if self.needs_images else features

    def predict(self, images: Tensor) -> RawPrediction:
        """Prediction for images (B, 3, H, W) in [0, 1]. Pure: same images, same result."""
        height, width = images.shape[-2:]
        return self.predict_features(self.observe(images), (height, width))


def stage_shapes(backbone: HasStages, size: int) -> list[tuple[int, int, int]]:
    """(C, h, w) per stage for square inputs of `size` pixels."""
    pairs = zip(backbone.channels, backbone.strides, strict=True)
    return [(channels, size // stride, size // stride) for channels, stride in pairs]


def check_features(features: Sequence[Tensor], channels: tuple[int, ...]) -> None:
    """Raises ValueError where feature maps do not have the expected channels."""
    found = tuple(feature.shape[1] for feature in features)
    if found != channels:
        raise ValueError(f"expected stages with {channels} channels, got {found}")
