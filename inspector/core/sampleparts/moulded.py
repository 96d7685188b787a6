"""Moulded parts: the rubber flange gasket and the plastic screw cap."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.frame import Field, Frame, bevel, smooth
from inspector.core.sampleparts.lettering import Word, letter
from inspector.core.sampleparts.noise import cloud, grain, lookup, run
from inspector.core.sampleparts.surface import Surface, make_surface, tint

_EARS = 3
_FLUTES = 90
_GASKET_WORDS: tuple[Word, ...] = (("NBR 70", 0.0, -158.0, 11.0, False),)
_CAP_WORDS: tuple[Word, ...] = (
    ("OPEN", 0.0, -62.0, 25.0, False),
    ("PP 5", 0.0, 66.0, 16.0, False),
)


def gasket(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """A black rubber flange gasket: three bolt ears, a raised sealing bead, a fine bloom.

    With `omit` one of the bolt holes is not punched.
    """
    radius, angle = frame.polar()
    wobble = 0.7 * lookup(run(rng, 200, 8.0, closed=True), angle * (199 / (2 * np.pi)))
    body = (152 + rng.normal(0, 0.8)) - radius + wobble
    hole = radius - (92 + rng.normal(0, 0.8)) + wobble
    holes = []
    for ear in range(_EARS):
        turn = 2 * np.pi * ear / _EARS + rng.normal(0, 0.004)
        distance = 168 + rng.normal(0, 0.7)
        dx = frame.x - float(distance * np.sin(turn))
        dy = frame.y + float(distance * np.cos(turn))
        away = np.sqrt(dx * dx + dy * dy)
        body = _merge(body, 40 - away, 34.0)
        holes.append(away - (15 + rng.normal(0, 0.4)))
    unpunched = int(rng.integers(_EARS))
    depth = np.minimum(body, hole)
    for ear, edge in enumerate(holes):
        if not (omit and ear == unpunched):
            depth = np.minimum(depth, edge)

    relief = bevel(depth, 5.0, 3.5)
    bead = smooth(np.abs(radius - (122 + rng.normal(0, 0.6)) + wobble), 11, 0)
    relief += 5.5 * bead
    pores = grain(frame, rng, 0.9)
    relief += 0.22 * pores + 0.12 * grain(frame, rng, 2.5)
    relief += 0.5 * cloud(frame, rng, 45.0, 2)
    words = letter(frame, _GASKET_WORDS, 1.6)
    relief += 1.1 * words
    bloom = cloud(frame, rng, 70.0, 3)
    tone = 1 + 0.16 * bloom + 0.08 * pores
    tone += 2.2 * smooth(grain(frame, rng, 0.8), 3.3, 4.2)
    return make_surface(
        frame,
        base=tint(tone, (0.024, 0.024, 0.0255)),
        relief=relief,
        cover=frame.cover(depth),
        rough=0.5 + 0.03 * bloom,
        lift=11.0,
    )


def cap(frame: Frame, rng: np.random.Generator) -> Surface:
    """An injection-moulded screw cap: fluted skirt, crowned top, raised lettering, gate mark."""
    radius, angle = frame.polar()
    flutes: Field = np.cos(angle * _FLUTES)
    edge = 184 + rng.normal(0, 0.7)
    depth = edge - radius + 2.0 * flutes
    shoulder = smooth(radius, 146, 180)
    relief = 34 * bevel(188 - radius, 44.0, 1.0)
    relief += 2.3 * flutes * shoulder
    relief += 1.8 * smooth(np.abs(radius - 128), 5.5, 1.5)
    relief -= 1.5 * smooth(radius, 114, 108)
    relief += 2.0 * letter(frame, _CAP_WORDS, 3.4)
    # The sprue was cut off here, each time a little differently.
    dx, dy = rng.normal(0, 0.9), rng.normal(0, 0.9)
    off = cv2.magnitude(frame.x - dx, frame.y - dy)
    relief += 1.6 * smooth(np.abs(off - 13), 3.5, 0.5)
    relief += rng.uniform(0.8, 1.6) * smooth(off, 5, 2.5)
    spark = grain(frame, rng, 1.0)
    relief += 0.085 * spark + 0.35 * cloud(frame, rng, 90.0, 2)
    flow = cloud(frame, rng, 130.0, 3)
    tone = 1 + 0.022 * flow + 0.015 * spark
    return make_surface(
        frame,
        base=tint(tone, (0.62, 0.115, 0.028)),
        relief=relief,
        cover=frame.cover(depth),
        rough=0.25 + 0.012 * flow,
        lift=22.0,
    )


def _merge(one: Field, other: Field, softness: float) -> Field:
    """The signed depth of two shapes run together with a fillet."""
    blend = np.maximum(softness - np.abs(one - other), 0)
    merged: Field = np.maximum(one, other) + blend * blend * (0.25 / softness)
    return merged
