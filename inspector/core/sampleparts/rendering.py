"""One photograph of one part, from its seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.camera import Camera, develop, draw_camera, through_lens
from inspector.core.sampleparts.catalogue import FLAWS, MISSING, STATIONS, Station
from inspector.core.sampleparts.flaws import make_site
from inspector.core.sampleparts.frame import Field, Frame
from inspector.core.sampleparts.lighting import Lighting, kelvin
from inspector.core.sampleparts.scene import Scene, changed, place
from inspector.core.sampleparts.shading import shade
from inspector.core.sampleparts.surface import Surface
from inspector.errors import InspectorError

SMALLEST, LARGEST = 32, 1024
_LEAST_CANVAS = 256
_ATTEMPTS = 12
_LEAST_AREA, _GREATEST_AREA = 0.0012, 0.22
# The share of a pixel that a defect has to change for the pixel to count as defective.
_LEAST_SHARE = 0.2
# The light that the stations are set up for: softbox (direction, height, brightness, radius), dome
# and reflector; see `Lighting`.
_AZIMUTH, _ELEVATION, _KEY, _SPREAD, _DOME, _RIM = -2.2, 0.9, 0.52, 0.22, 0.26, 0.25
# Streams of randomness, independent of each other.
_POSE, _PART, _TABLE, _LIGHT, _CAMERA, _SENSOR, _FLAW = range(7)


@dataclass(frozen=True, slots=True)
class RenderedPart:
    """A photograph and what is wrong on it.

    Attributes:
        image: RGB, uint8 of (size, size, 3).
        mask: The pixels whose shape or material the defect changed visibly, bool of (size, size);
            all False for a good part. A shadow that the defect casts beside itself does not count.
    """

    image: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What falls on the sensor, before its noise.

    Attributes:
        light: Linear RGB, float32 of (size, size, 3).
        mask: As in `RenderedPart`.
        camera: The camera that it falls into.
    """

    light: Field
    mask: npt.NDArray[np.bool_]
    camera: Camera


def render_part(
    part_type: str, seed: int, index: int, *, size: int = 256, defect: str | None = None
) -> RenderedPart:
    """Photograph part number `index` of a type; the same arguments give the same bytes.

    Args:
        part_type: One of `PART_TYPES`.
        seed: Non-negative; another seed is another production.
        index: Non-negative number of the part. Its image depends on no other part.
        size: Side of the image in pixels, 32..1024.
        defect: One of the type's `DEFECT_KINDS`, or None for a good part. All else (part, pose,
            light, camera, noise) is as for the good part of the same number.

    Raises:
        InspectorError: On an unknown type or kind, or a number out of range.
    """
    exposed = expose_part(part_type, seed, index, size=size, defect=defect)
    stream = _stream(part_type, seed, index, _SENSOR)
    return RenderedPart(develop(exposed.light, exposed.camera, stream), exposed.mask)


def expose_part(
    part_type: str, seed: int, index: int, *, size: int = 256, defect: str | None = None
) -> Exposure:
    """As `render_part`, but the noise-free linear image."""
    station = _check(part_type, seed, index, size, defect)
    frames = _frames(station, _stream(part_type, seed, index, _POSE), size)
    light = _light(_stream(part_type, seed, index, _LIGHT))
    camera = draw_camera(_stream(part_type, seed, index, _CAMERA))
    table = station.table(frames[1], _stream(part_type, seed, index, _TABLE))
    part = station.build(frames[0], _stream(part_type, seed, index, _PART))
    scene = place(part, table)
    mask = np.zeros((size, size), np.bool_)
    if defect == MISSING and station.incomplete is not None:
        part = station.incomplete(frames[0], _stream(part_type, seed, index, _PART))
        good, scene = scene, place(part, table)
        mask = _mask(good, scene, size)
    elif defect is not None:
        stream = _stream(part_type, seed, index, _FLAW)
        scene, mask = _damage(station, frames[0], part, table, scene, defect, stream, size)
    return Exposure(through_lens(shade(scene, light, size), camera, light), mask, camera)


def _damage(
    station: Station,
    frame: Frame,
    part: Surface,
    table: Surface,
    good: Scene,
    defect: str,
    rng: np.random.Generator,
    size: int,
) -> tuple[Scene, npt.NDArray[np.bool_]]:
    """The part with the defect on it, and the defect's pixels; one that hardly hits is retried."""
    severity = float(rng.beta(1.2, 1.3))
    for attempt in range(_ATTEMPTS):
        damaged = part.copy()
        FLAWS[defect](make_site(frame, damaged, station.material, rng, severity))
        scene = place(damaged, table)
        mask = _mask(good, scene, size)
        if _LEAST_AREA <= float(mask.mean()) <= _GREATEST_AREA:
            break
        severity = severity + (1 - severity) * attempt / _ATTEMPTS
    return scene, mask


def _mask(good: Scene, damaged: Scene, size: int) -> npt.NDArray[np.bool_]:
    share = changed(good, damaged).astype(np.float32)
    if share.shape[0] != size:
        share = cv2.resize(share, (size, size), interpolation=cv2.INTER_AREA)
    mask: npt.NDArray[np.bool_] = share >= _LEAST_SHARE
    return mask


def _frames(station: Station, rng: np.random.Generator, size: int) -> tuple[Frame, Frame]:
    """Where the part lies, and where its table."""
    canvas = size * max(2, -(-_LEAST_CANVAS // size))
    part = Frame(
        canvas,
        rng.uniform(-station.turn, station.turn),
        (rng.normal(0, 5), rng.normal(0, 5)),
        1 + rng.normal(0, 0.008),
    )
    table = Frame(canvas, rng.normal(0, 0.03), (rng.uniform(-60, 60), rng.uniform(-60, 60)), 1.0)
    return part, table


def _light(rng: np.random.Generator) -> Lighting:
    strength = float(np.exp(rng.normal(0, 0.06)))
    return Lighting(
        azimuth=_AZIMUTH + rng.normal(0, 0.22),
        elevation=_ELEVATION + rng.normal(0, 0.05),
        key=_KEY * strength,
        dome=_DOME * float(np.exp(rng.normal(0, 0.06))),
        spread=_SPREAD * float(np.exp(rng.normal(0, 0.08))),
        rim=_RIM,
        colour=kelvin(5500 + rng.normal(0, 110)),
        tilt=0.05 + rng.normal(0, 0.01),
        falloff=rng.uniform(0.0, 0.14),
    )


def _stream(part_type: str, seed: int, index: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(part_type.encode()), index, purpose])


def _check(part_type: str, seed: int, index: int, size: int, defect: str | None) -> Station:
    station = STATIONS.get(part_type)
    if station is None:
        raise InspectorError(
            f"There is no sample part called “{part_type}”.",
            f"Choose one of {', '.join(STATIONS)}.",
        )
    if defect is not None and defect not in station.kinds:
        raise InspectorError(
            f"The sample part “{part_type}” has no defect called “{defect}”.",
            f"Choose one of {', '.join(station.kinds)}.",
        )
    if seed < 0 or index < 0:
        raise InspectorError(
            f"Seed {seed} and index {index} of a sample part must not be negative.",
            "Use whole numbers from 0 up.",
        )
    if not SMALLEST <= size <= LARGEST:
        raise InspectorError(
            f"Sample parts cannot be {size} pixels wide.",
            f"Choose a size from {SMALLEST} to {LARGEST}.",
        )
    return station
