"""Parts from the lathe and the kiln: washer and ceramic disc."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.frame import Field, Frame, bevel, smooth
from inspector.core.sampleparts.noise import cloud, grain, lookup, run
from inspector.core.sampleparts.surface import Surface, make_surface, tint


def tool_marks(frame: Frame, rng: np.random.Generator, eccentric: float, pitch: float) -> Field:
    """Relief of the concentric grooves that a turning tool leaves, (n, n), standard deviation 1."""
    dx, dy = rng.normal(0, eccentric), rng.normal(0, eccentric)
    radius = cv2.magnitude(frame.x - dx, frame.y - dy)
    grooves = run(rng, 1200, pitch * 2)
    return lookup(grooves, radius * 2)


def washer(frame: Frame, rng: np.random.Generator) -> Surface:
    """A machined steel washer: broken edges, concentric tool marks, a trace of coolant haze."""
    radius, angle = frame.polar()
    outer, inner = 182 + rng.normal(0, 0.8), 84 + rng.normal(0, 0.8)
    depth = np.minimum(outer - radius, radius - inner)
    relief = bevel(depth, 7.0, 5.0)
    swing = lookup(run(rng, 128, 6.0, closed=True), angle * (127 / (2 * np.pi)))
    marks: Field = tool_marks(frame, rng, 0.7, 0.8) * (1 + 0.25 * swing)
    marks += 0.25 * tool_marks(frame, rng, 1.5, 2.0)
    relief += 0.14 * marks * smooth(depth, 3, 9)
    relief += 0.035 * grain(frame, rng)
    haze = cloud(frame, rng, 120.0, 3)
    tone = 1 + 0.035 * haze + 0.03 * marks
    tone += 0.02 * grain(frame, rng, 0.6)
    return make_surface(
        frame,
        base=tint(tone, (0.52, 0.515, 0.505)),
        relief=relief,
        cover=frame.cover(depth),
        metal=0.95,
        rough=0.2 + 0.03 * haze,
        lift=14.0,
    )


def ceramic(frame: Frame, rng: np.random.Generator) -> Surface:
    """A glazed ceramic disc: a raised rim, a shallow dish, almost nothing else."""
    radius, _ = frame.polar()
    outer = 190 + rng.normal(0, 0.8)
    depth = outer - radius
    relief = bevel(depth, 16.0, 15.0)
    relief -= 5.0 * smooth(radius, 164, 138)
    glaze = cloud(frame, rng, 90.0, 2)
    relief += 0.16 * glaze
    tone = 1 + 0.010 * cloud(frame, rng, 150.0, 2)
    tone -= 0.07 * smooth(grain(frame, rng, 0.9), 3.4, 4.2)
    # Glaze runs off the rim's crest and lets the body's warm tone through.
    crest = smooth(np.abs(radius - (171 + rng.normal(0, 0.6))), 9, 2)
    surface = make_surface(
        frame,
        base=tint(tone, (0.73, 0.715, 0.67)),
        relief=relief,
        cover=frame.cover(depth),
        rough=0.12,
        lift=18.0,
    )
    surface.paint(crest * 0.16, (0.62, 0.52, 0.40))
    return surface
