"""The lamps of an inspection station: one softbox, its opposite reflector and a dome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.core.sampleparts.frame import Field
from inspector.core.sampleparts.surface import Colour

TABLE_SIDE = 64
# The roughnesses that mirror reflections are tabulated for; others are interpolated between.
ROUGHNESS = (0.08, 0.28, 0.65)


@dataclass(frozen=True, slots=True)
class Lighting:
    """The light of one photograph.

    Attributes:
        azimuth: Direction towards the softbox in the image plane, radians.
        elevation: Its height above the table, radians.
        key: Brightness that it gives a flat white surface.
        dome: Brightness from all around.
        spread: Its angular radius, radians.
        rim: Brightness of the opposite reflector against the softbox's.
        colour: Linear RGB of the light.
        tilt: Change of slope over half the image that nearness of lamps and lens amounts to.
        falloff: Relative gain of brightness per half image towards the softbox.
    """

    azimuth: float
    elevation: float
    key: float
    dome: float
    spread: float
    rim: float
    colour: Colour
    tilt: float
    falloff: float


def kelvin(temperature: float) -> Colour:
    """Linear RGB of a lamp between about 3500 K (warm) and 9000 K (cool); white at 5500 K."""
    warmth = float(np.log(5500.0 / temperature))
    return (1.0 + 0.55 * warmth, 1.0, 1.0 - 0.85 * warmth)


def reflection_table(light: Lighting) -> Field:
    """How a surface answers the light, by its normal: float32 of (TABLE_SIDE, TABLE_SIDE, 4).

    Lamps and camera are far away, so that the answer depends on the normal only. The axes are the
    normal's y and x component, -1..1; the channels are the diffuse answer to the softbox and the
    mirror answer at the three `ROUGHNESS`es.
    """
    axis = np.linspace(-1, 1, TABLE_SIDE, dtype=np.float32)
    nx, ny = np.meshgrid(axis, axis)
    length = np.maximum(np.sqrt(nx**2 + ny**2), 1e-6)
    shrink = np.minimum(1.0, 0.999 / length).astype(np.float32)
    nx, ny = nx * shrink, ny * shrink
    nz = np.sqrt(1 - nx**2 - ny**2)
    rx, ry, rz = 2 * nz * nx, 2 * nz * ny, 2 * nz**2 - 1

    flat, up = float(np.cos(light.elevation)), float(np.sin(light.elevation))
    lx, ly = float(np.cos(light.azimuth)), float(np.sin(light.azimuth))
    diffuse = light.key / up * np.maximum(((nx * lx + ny * ly) * flat + nz * up + 0.12) / 1.12, 0)
    towards = (rx * lx + ry * ly) * flat + rz * up
    # The reflector stands opposite and lower.
    against = -(rx * lx + ry * ly) * 0.9 + rz * 0.436
    grazing = 1 + 3 * (1 - nz) ** 5
    mirrors = []
    for rough in ROUGHNESS:
        width = light.spread**2 + 1.1 * rough**2
        # A lamp that lights a white surface with `key` from a small angle is itself this bright;
        # roughness spreads it over a wider lobe.
        lamp = 0.75 * light.key / (up * width)
        lobes = np.exp((towards - 1) / width) + light.rim * np.exp((against - 1) / (2 * width))
        horizon = 1 / (1 + np.exp(-(rz + 0.05) / (0.1 + 0.5 * rough)))
        sky = light.dome * (0.2 + (0.75 + 0.35 * (rx * lx + ry * ly)) * horizon)
        mirrors.append((sky + lamp * lobes) * grazing)
    return np.dstack([diffuse, *mirrors]).astype(np.float32)
