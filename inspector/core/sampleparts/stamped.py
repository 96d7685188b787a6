"""Parts from bar and sheet: the brushed plate and the hexagon nut."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.frame import Field, Frame, bevel, smooth
from inspector.core.sampleparts.lettering import Word, letter
from inspector.core.sampleparts.noise import cloud, fibres, grain
from inspector.core.sampleparts.surface import Surface, make_surface, tint

_PLATE_WORDS: tuple[Word, ...] = (
    ("AL-6061", 0.0, 78.0, 19.0, False),
    ("MADE IN EU", 0.0, 108.0, 10.0, False),
)
_CORNERS = ((-152.0, -112.0), (152.0, -112.0), (152.0, 112.0), (-152.0, 112.0))


def plate(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """A brushed aluminium plate with four countersunk holes, a slot and a laser mark.

    With `omit` one of the holes was not drilled.
    """
    x, y = frame.x, frame.y
    width, height = 196 + rng.normal(0, 0.6), 156 + rng.normal(0, 0.6)
    depth = _rounded_box(x, y, width, height, 24.0)
    slot = -_rounded_box(x, y + (38 + rng.normal(0, 0.6)), 74.0, 17.0, 17.0)
    holes = []
    for cx, cy in _CORNERS:
        dx = x - (cx + rng.normal(0, 0.6))
        dy = y - (cy + rng.normal(0, 0.6))
        holes.append(np.sqrt(dx * dx + dy * dy) - (15.5 + rng.normal(0, 0.2)))
    undrilled = int(rng.integers(len(holes)))
    if omit:
        del holes[undrilled]
    drilled = np.minimum.reduce(holes)
    edges = np.minimum(np.minimum(depth, slot), drilled)

    relief = bevel(np.minimum(depth, slot), 5.0, 3.0)
    relief -= 9 * smooth(drilled, 14.5, -2)
    brush = fibres(frame, rng, 150.0, 0.9) + 0.8 * fibres(frame, rng, 60.0, 2.0)
    flat = smooth(drilled, 11, 15)
    relief += 0.11 * brush * flat + 0.03 * grain(frame, rng)
    haze = cloud(frame, rng, 140.0, 3)
    tone = 1 + 0.03 * brush + 0.025 * haze
    surface = make_surface(
        frame,
        base=tint(tone, (0.50, 0.505, 0.51)),
        relief=relief,
        cover=frame.cover(edges),
        metal=0.96,
        rough=0.24 + 0.02 * haze,
        lift=12.0,
    )
    mark = letter(frame, _PLATE_WORDS, 2.0)
    mark *= rng.uniform(0.72, 0.9) + 0.08 * grain(frame, rng, 0.8)
    surface.paint(np.clip(mark, 0, 1), (0.12, 0.12, 0.125), metal=0.3, rough=0.6)
    return surface


def nut(frame: Frame, rng: np.random.Generator) -> Surface:
    """A zinc-plated hexagon nut: chamfered corners, rolled faces, a threaded hole."""
    x, y = frame.x, frame.y
    radius, angle = frame.polar()
    flats = 158 + rng.normal(0, 0.8)
    across: Field = np.abs(x)
    for turn in (np.pi / 3, -np.pi / 3):
        side = np.abs(x * float(np.cos(turn)) + y * float(np.sin(turn)))
        np.maximum(across, side, out=across)
    depth = flats - across
    bore = radius - (80 + rng.normal(0, 0.5))

    relief = bevel(depth, 4.0, 2.5)
    # The 30° cone that cuts the corners.
    relief -= 0.55 * np.maximum(radius - (149 + rng.normal(0, 0.8)), 0)
    mouth = np.maximum(104 - radius, 0)
    relief -= 0.95 * mouth
    turns = angle * (1 / (2 * np.pi)) + rng.random()
    thread = np.sin((radius * (1 / 6.5) + turns) * (2 * np.pi))
    relief += 2.2 * thread * smooth(bore, 15, 10)
    forged = cloud(frame, rng, 40.0, 2)
    fine = grain(frame, rng, 0.8)
    face = smooth(bore, 18, 26)
    relief += (0.3 * forged + 0.08 * fine) * face
    relief += 0.07 * fibres(frame, rng, 40.0, 1.2) * face
    zinc = cloud(frame, rng, 70.0, 3)
    tone = 1 + 0.045 * zinc + 0.035 * fine
    base = tint(tone, (0.46, 0.455, 0.435))
    base[:, :, 2] += 0.018 * forged
    return make_surface(
        frame,
        base=base,
        relief=relief,
        cover=frame.cover(np.minimum(depth, bore)),
        metal=0.93,
        rough=0.29 + 0.025 * zinc,
        lift=46.0,
    )


def _rounded_box(x: Field, y: Field, half_width: float, half_height: float, corner: float) -> Field:
    """Signed depth inside a box with rounded corners, (n, n)."""
    dx = np.abs(x) - (half_width - corner)
    dy = np.abs(y) - (half_height - corner)
    outside: Field = cv2.magnitude(np.maximum(dx, 0), np.maximum(dy, 0))
    return corner - outside - np.minimum(np.maximum(dx, dy), 0)
