"""What the parts lie on: each station's own table, with its own quiet texture."""

from __future__ import annotations

import numpy as np

from inspector.core.sampleparts.frame import Frame, smooth
from inspector.core.sampleparts.noise import cloud, fibres, grain
from inspector.core.sampleparts.surface import Surface, make_surface, tint


def belt(frame: Frame, rng: np.random.Generator) -> Surface:
    """A dark conveyor belt: rubber with the imprint of its carcass, worn and a little dusty."""
    pitch = 2 * np.pi / 9.0
    weave = np.sin(frame.x * pitch) * np.sin(frame.y * pitch)
    wear = cloud(frame, rng, 150.0, 3)
    rough = grain(frame, rng, 0.9)
    dust = smooth(grain(frame, rng, 1.1) + 0.25 * wear, 3.0, 3.8)
    tone = 1 + 0.13 * wear + 0.1 * rough + 2.5 * dust
    relief = 0.35 * weave + 0.28 * rough + 0.4 * dust
    return make_surface(frame, base=tint(tone, (0.048, 0.056, 0.054)), relief=relief, rough=0.55)


def laminate(frame: Frame, rng: np.random.Generator) -> Surface:
    """A matt grey work top with a fine speckle."""
    fine = grain(frame, rng, 0.6)
    coarse = grain(frame, rng, 2.2)
    tone = 1 + 0.05 * cloud(frame, rng, 180.0, 3)
    tone += 0.035 * fine + 0.03 * coarse
    relief = 0.1 * coarse + 0.06 * fine
    return make_surface(frame, base=tint(tone, (0.33, 0.335, 0.34)), relief=relief, rough=0.6)


def acrylic(frame: Frame, rng: np.random.Generator) -> Surface:
    """A white diffuser plate, faintly uneven, with fine wiping marks."""
    tone = 1 + 0.015 * cloud(frame, rng, 200.0, 2)
    tone += 0.008 * fibres(frame, rng, 90.0, 1.6)
    relief = 0.03 * grain(frame, rng, 1.5)
    return make_surface(frame, base=tint(tone, (0.74, 0.76, 0.77)), relief=relief, rough=0.35)


def mat(frame: Frame, rng: np.random.Generator) -> Surface:
    """A blue-green antistatic mat with a leathery grain."""
    leather = cloud(frame, rng, 7.0, 2)
    tone = 1 + 0.08 * cloud(frame, rng, 120.0, 3)
    tone += 0.06 * leather
    relief = 0.26 * leather
    return make_surface(frame, base=tint(tone, (0.035, 0.09, 0.12)), relief=relief, rough=0.5)


def slate(frame: Frame, rng: np.random.Generator) -> Surface:
    """A black anodised plate, finely blasted."""
    fine = grain(frame, rng, 0.7)
    tone = 1 + 0.1 * cloud(frame, rng, 160.0, 3) + 0.14 * fine
    return make_surface(
        frame, base=tint(tone, (0.03, 0.031, 0.034)), relief=0.22 * fine, rough=0.45
    )
