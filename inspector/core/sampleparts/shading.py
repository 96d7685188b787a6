"""From shape and material under a light to the radiance that reaches the camera."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.frame import UNITS, Field
from inspector.core.sampleparts.lighting import (
    ROUGHNESS,
    TABLE_SIDE,
    Lighting,
    reflection_table,
)
from inspector.core.sampleparts.scene import Scene

_BAND = 32  # output rows shaded at once: small enough for the processor's cache
_DIELECTRIC_REFLECTANCE = 0.035
_SHADOW_DISTANCES = (3.0, 7.0, 14.0, 26.0, 44.0)
# The dome's share is lost by height differences at these radii, with these weights.
_CREVICES = ((5.0, 0.035), (18.0, 0.02))

SHADOW_REACH = 80.0
"""Beyond this distance in units a change of the scene changes no other pixel's light."""


def shade(scene: Scene, light: Lighting, size: int) -> Field:
    """Linear radiance of the lit scene, averaged down to (size, size, 3) float32.

    Args:
        scene: A scene of (k·size, k·size) with a whole k.
        light: The light it stands in.
        size: Side of the result. Values are about 0..1, with highlights above.
    """
    n = scene.lift.shape[0]
    step = n // size
    table = reflection_table(light)
    shadow, open_sky = _occlusion(scene.lift, light)
    lean = np.linspace(light.tilt, -light.tilt, n, dtype=np.float32)
    image = np.empty((size, size, 3), np.float32)
    for top in range(0, size, _BAND):
        bottom = min(top + _BAND, size)
        rows = slice(top * step, bottom * step)
        nx, ny, nz = _normals(scene.slope_x[rows] - lean, scene.slope_y[rows] - lean[rows, None])
        half = (TABLE_SIDE - 1) / 2
        answer = cv2.remap(table, nx * half + half, ny * half + half, cv2.INTER_LINEAR)
        diffuse, sharp, satin, matt = cv2.split(answer)
        lamp, sky = shadow[rows], open_sky[rows]
        mirror = _between(scene.rough[rows], sharp, satin, matt)
        mirror *= (0.35 + 0.65 * lamp) * sky
        lit = diffuse * lamp
        lit += sky * (nz * (0.45 * light.dome) + (0.55 * light.dome))
        metal = scene.metal[rows]
        dielectric = 1 - metal
        own = dielectric * lit + metal * mirror
        gloss = dielectric * mirror * _DIELECTRIC_REFLECTANCE
        band = cv2.multiply(scene.base[rows], cv2.merge([own] * 3))
        band += cv2.merge([gloss] * 3)
        image[top:bottom] = cv2.resize(band, (size, bottom - top), interpolation=cv2.INTER_AREA)
    return image


def _normals(slope_x: Field, slope_y: Field) -> tuple[Field, Field, Field]:
    """Components of the unit normals, each of the slopes' shape; z points to the camera."""
    nz: Field = 1 / cv2.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    return -slope_x * nz, -slope_y * nz, nz


def _between(rough: Field, sharp: Field, satin: Field, matt: Field) -> Field:
    """The mirror answer at each pixel's own roughness."""
    low, mid, high = ROUGHNESS
    first = np.clip((rough - low) * (1 / (mid - low)), 0, 1)
    second = np.clip((rough - mid) * (1 / (high - mid)), 0, 1)
    blend: Field = sharp + first * (satin - sharp)
    blend += second * (matt - blend)
    return blend


def _occlusion(lift: Field, light: Lighting) -> tuple[Field, Field]:
    """How much of the softbox and of the dome each pixel sees, two fields (n, n) in 0..1.

    Soft things, so computed on half the grid: the softbox by looking along its direction at a few
    distances, the dome by comparing the height with its surroundings at two scales.
    """
    n = lift.shape[0]
    side = n // 2
    height = cv2.resize(lift, (side, side), interpolation=cv2.INTER_AREA)
    per_unit = side / UNITS
    blocked = np.zeros_like(height)
    rise = float(np.tan(light.elevation))
    ahead = np.array([np.cos(light.azimuth), np.sin(light.azimuth)]) * per_unit
    for distance in _SHADOW_DISTANCES:
        step = np.column_stack([np.eye(2), ahead * distance])
        there = cv2.warpAffine(
            height,
            step,
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        there -= height
        softness = 1.5 + distance * 2.2 * light.spread
        there -= distance * rise - softness / 2
        there *= 1 / softness
        np.maximum(blocked, there, out=blocked)
    np.minimum(blocked, 1, out=blocked)
    blocked = cv2.GaussianBlur(blocked, (0, 0), 2.5 * per_unit)
    shadow = 1 - 0.85 * blocked
    open_sky = np.ones_like(height)
    for radius, weight in _CREVICES:
        around = cv2.GaussianBlur(height, (0, 0), radius * per_unit)
        around -= height
        open_sky += weight * np.maximum(around, 0)
    open_sky = 1 / open_sky
    return cv2.resize(shadow, (n, n)), cv2.resize(open_sky, (n, n))
