"""The camera: lens, sensor and development of the linear image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import Field
from inspector.core.sampleparts.lighting import Lighting

_TONES = 4096
_WHITE = 2.0  # square root of the linear radiance at which the sensor has certainly run full


@dataclass(frozen=True, slots=True)
class Camera:
    """Settings that drift from shot to shot.

    Attributes:
        blur: Gaussian radius of lens and defocus in pixels of a 256-pixel image.
        exposure: Factor on the radiance.
        vignette: Loss of light in the corners.
        shot: Noise variance per unit of signal.
        read: Standard deviation of the noise in the dark.
        gamma: Departure of the tone curve from sRGB's.
    """

    blur: float
    exposure: float
    vignette: float
    shot: float
    read: float
    gamma: float


def draw_camera(rng: np.random.Generator) -> Camera:
    """A camera a little out of focus, with a little noise."""
    return Camera(
        blur=rng.uniform(0.4, 0.65),
        exposure=float(np.exp(rng.normal(0, 0.05))),
        vignette=rng.uniform(0.08, 0.2),
        shot=rng.uniform(0.00012, 0.0004),
        read=rng.uniform(0.001, 0.0028),
        gamma=float(np.exp(rng.normal(0, 0.02))),
    )


def through_lens(radiance: Field, camera: Camera, light: Lighting) -> Field:
    """What falls on the sensor, noise-free and linear, from the radiance; both (size, size, 3)."""
    size = radiance.shape[0]
    image = cv2.GaussianBlur(radiance, (0, 0), max(camera.blur * size / 256, 0.2))
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    towards = x * float(np.cos(light.azimuth)) + y * float(np.sin(light.azimuth))
    gain = camera.exposure * (1 - (camera.vignette / 2) * (x * x + y * y) + light.falloff * towards)
    seen: Field = image * gain[:, :, None] * np.asarray(light.colour, np.float32)
    return seen


def develop(image: Field, camera: Camera, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The photograph: sensor noise, demosaicing's softness, tone curve; (size, size, 3) uint8."""
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= cv2.sqrt(np.maximum(image, 0) * camera.shot + (camera.read**2))
    noise = cv2.GaussianBlur(noise, (3, 3), 0.5)
    noise += image
    index = cv2.sqrt(np.maximum(noise, 0)) * ((_TONES - 1) / _WHITE)
    np.minimum(index, _TONES - 1, out=index)
    photograph: npt.NDArray[np.uint8] = _tone_curve(camera.gamma).take(index.astype(np.uint16))
    return photograph


def _tone_curve(gamma: float) -> npt.NDArray[np.uint8]:
    """8-bit display values of the radiance's square root in equal steps, with a soft shoulder."""
    linear = np.linspace(0, _WHITE, _TONES) ** 2
    knee = 0.7
    above = np.maximum(linear - knee, 0)
    rolled = np.minimum(linear, knee) + (1 - knee) * (1 - np.exp(-above / (1 - knee) * 0.8))
    srgb = np.where(rolled < 0.0031308, 12.92 * rolled, 1.055 * rolled ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(srgb, 0, 1) ** gamma).astype(np.uint8)
