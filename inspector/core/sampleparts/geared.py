"""Machine elements with many features: the spur gear and the ball bearing."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import Field, Frame, bevel, fill, smooth
from inspector.core.sampleparts.lettering import Word, letter
from inspector.core.sampleparts.noise import cloud, grain
from inspector.core.sampleparts.surface import Surface, make_surface, tint
from inspector.core.sampleparts.turned import tool_marks

_TEETH = 22
_ROOT, _TIP = 154.0, 190.0
_BALLS = 9
_PITCH_RADIUS, _BALL_RADIUS = 126.0, 23.0
_GREASE = (0.045, 0.038, 0.028)
_BEARING_WORDS: tuple[Word, ...] = (
    ("6204", 0.0, -171.0, 14.0, False),
    ("C3", 0.0, 171.0, 12.0, False),
)


def gear(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """A sintered spur gear: machined rim, grainy web with lightening holes, keyed bore.

    With `omit` one tooth is gone.
    """
    radius, _ = frame.polar()
    outline = fill(frame, _teeth(rng, omit))
    bore = radius - (30 + rng.normal(0, 0.3))
    key = np.maximum(np.abs(frame.x) - 8, -frame.y - 40)
    key = np.maximum(key, frame.y)
    holes = np.minimum(bore, key)
    for k in range(5):
        turn = 2 * np.pi * (k + 0.5) / 5 + rng.normal(0, 0.004)
        dx = frame.x - float(93 * np.cos(turn))
        dy = frame.y - float(93 * np.sin(turn))
        holes = np.minimum(holes, np.sqrt(dx * dx + dy * dy) - 20)
    cover = outline * frame.cover(holes)

    rounded = cv2.GaussianBlur(outline, (0, 0), 2.2 * frame.density)
    relief = 3.5 * smooth(rounded, 0.5, 1.0) + bevel(holes, 4.5, 3.2)
    web = smooth(radius, 53, 61) * smooth(radius, 134, 126)
    relief -= 8 * web
    rim = 1 - web
    relief += 0.08 * tool_marks(frame, rng, 0.8, 0.8) * rim
    fine, coarse = grain(frame, rng, 1.0), grain(frame, rng, 2.4)
    relief += (0.34 * fine + 0.5 * coarse) * web
    relief += 0.05 * fine
    oxide = cloud(frame, rng, 80.0, 3)
    tone = 1 + 0.05 * oxide + 0.05 * fine
    tone -= web * (0.35 + 0.06 * coarse)
    return make_surface(
        frame,
        base=tint(tone, (0.42, 0.405, 0.385)),
        relief=relief,
        cover=cover,
        metal=0.92,
        rough=0.27 + 0.12 * web + 0.02 * oxide,
        lift=26.0,
    )


def _teeth(rng: np.random.Generator, omit: bool) -> npt.NDArray[np.float64]:
    """The gear's outline in part units, (k, 2): flanks bowed like involutes."""
    rise = np.linspace(0, 1, 6)
    flank = 0.5 - 0.15 * rise - 0.09 * rise**2  # half a tooth's width over the pitch
    radii = _ROOT + (_TIP - _ROOT) * rise
    lost = int(rng.integers(_TEETH))
    points = []
    for tooth in range(_TEETH):
        middle, tall = rng.normal(0, 0.006), rng.normal(0, 0.5)
        if omit and tooth == lost:
            continue
        half = flank * 0.88
        turn = np.concatenate([-half, half[::-1]]) + tooth + middle
        reach = np.concatenate([radii, radii[::-1]]) + tall * np.concatenate([rise, rise[::-1]])
        turn = turn * (2 * np.pi / _TEETH)
        points.append(np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]))
    return np.vstack(points)


def bearing(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """An open ball bearing: ground rings, polished balls in a pressed cage, dark grease below.

    With `omit` one ball is missing.
    """
    radius, angle = frame.polar()
    outer = np.minimum(193 - radius, radius - 154)
    inner = np.minimum(99 - radius, radius - 62)
    ring = np.maximum(outer, inner)
    on_ring = frame.cover(ring)
    relief = bevel(ring, 6.0, 5.0)
    relief += 0.11 * tool_marks(frame, rng, 0.6, 0.7)
    relief += 0.02 * grain(frame, rng)
    film = cloud(frame, rng, 110.0, 3)
    tone = 1 + 0.03 * film
    surface = make_surface(
        frame,
        base=tint(tone, (0.50, 0.50, 0.505)),
        relief=relief,
        cover=frame.cover(np.minimum(193 - radius, radius - 62)),
        metal=0.96,
        rough=0.19 + 0.02 * film,
        lift=24.0,
    )
    etched = letter(frame, _BEARING_WORDS, 1.5) * rng.uniform(0.7, 0.9)
    surface.paint(etched, (0.13, 0.13, 0.14), metal=0.5, rough=0.5)
    _race(frame, rng, surface, radius, angle, 1 - on_ring, omit)
    return surface


def _race(
    frame: Frame,
    rng: np.random.Generator,
    surface: Surface,
    radius: Field,
    angle: Field,
    gap: Field,
    omit: bool,
) -> None:
    """What lies between the rings: grease, cage and balls, painted onto `surface`."""
    pitch = 2 * np.pi / _BALLS
    turn = angle * (1 / pitch) + rng.uniform(0, _BALLS)
    slot = np.floor(turn)
    # Coordinates around the nearest ball, as if the race were unrolled there.
    bend = (turn - slot - 0.5) * pitch
    across, along = cv2.polarToCart(radius, bend)
    across -= _PITCH_RADIUS
    squared = across * across + along * along
    distance = cv2.sqrt(squared)

    grease = cloud(frame, rng, 22.0, 2)
    surface.paint(gap, _GREASE, metal=0.0, rough=0.25)
    floor = -17 + 1.2 * grease
    collar = smooth(np.abs(distance - (_BALL_RADIUS + 1.5)), 4.2, 3.0)
    ribbon = smooth(np.abs(radius - _PITCH_RADIUS), 9.5, 8.5)
    cage = np.maximum(collar, ribbon) * gap
    between = cv2.magnitude(
        np.abs(along) - float(_PITCH_RADIUS * np.sin(pitch / 2)),
        across + float(_PITCH_RADIUS * (1 - np.cos(pitch / 2))),
    )
    rivet = smooth(between, 5.0, 1.5)
    height = floor + (9 + 3 * rivet - floor * 0.2) * cage
    ball = cv2.sqrt(np.maximum(((_BALL_RADIUS + 1.2) ** 2) - squared, 1))
    on_ball = smooth(distance, _BALL_RADIUS - 0.3, _BALL_RADIUS - 1.7)
    surface.paint(cage, (0.47, 0.45, 0.41), metal=0.92, rough=0.3)
    lost = int(rng.integers(_BALLS))
    if omit:
        # The angle starts anywhere, so the slots of one turn are counted on into the next.
        pocket = on_ball * ((slot == lost) | (slot == lost + _BALLS))
        surface.paint(pocket, _GREASE, metal=0.0, rough=0.25)
        height += pocket * (floor - height)
        on_ball -= pocket
    surface.paint(on_ball, (0.60, 0.60, 0.61), metal=0.98, rough=0.08)
    height += on_ball * (ball - 19 - height)
    surface.relief += gap * (height - surface.relief)
