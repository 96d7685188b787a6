"""Defects that take away or press in material: scratch, crack, dent, chip, hole."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.flaws import (
    Path,
    Site,
    blend,
    blob,
    inward,
    multiply,
    paint,
    patchy,
    pick_edge,
    pick_inside,
    refinish,
    trace,
    window_around,
    window_of,
)
from inspector.core.sampleparts.frame import Field, smooth


def scratch(site: Site) -> None:
    """One to three long shallow grooves with thrown-up shoulders, of uneven pressure."""
    rng = site.rng
    x, y = pick_inside(site, 14.0)
    length = site.between(45, 190) * site.frame.density
    direction, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.5)
    t = np.linspace(-0.5, 0.5, 24)
    heading = direction + bend * t
    step = np.column_stack([np.cos(heading), np.sin(heading)]) * length / len(t)
    path = np.cumsum(step, axis=0)
    path += (x, y) - path[len(t) // 2]
    sideways = np.array([-np.sin(direction), np.cos(direction)]) * site.frame.density
    for line in range(int(rng.choice([1, 1, 1, 2, 3]))):
        shifted = path + sideways * (line * rng.uniform(4, 9)) + rng.normal(0, 0.15, path.shape)
        if line:
            shifted = shifted[int(rng.integers(0, 8)) : len(t) - int(rng.integers(0, 8))]
        _groove(site, shifted, site.between(1.4, 2.8), site.between(0.7, 2.0))


def _groove(site: Site, path: Path, width: float, depth: float) -> None:
    window = window_of(site, path, 8.0)
    if window is None:
        return
    line = trace(site, path, window, width)
    pressure = np.clip(0.75 + 0.35 * patchy(site, window, 30.0), 0.15, 1.2)
    line *= pressure
    shoulder = cv2.GaussianBlur(line, (0, 0), 1.2 * site.frame.density)
    site.surface.relief[window] += (depth * site.material.softness) * (0.6 * shoulder - line)
    bare = np.clip(line * site.between(0.4, 0.9), 0, 1)
    refinish(site, window, bare, site.material.fresh)


def crack(site: Site) -> None:
    """A jagged hairline that starts at an edge, forks, and thins out."""
    start = pick_edge(site)
    x, y = inward(site, start)
    heading = float(np.arctan2(y, x)) + site.rng.normal(0, 0.35)
    _grow(site, start, heading, site.between(60, 180), site.between(1.3, 2.8), forks=2)


def _grow(
    site: Site,
    start: tuple[float, float],
    heading: float,
    length: float,
    width: float,
    *,
    forks: int,
) -> None:
    rng = site.rng
    joints = max(5, int(length / 7))
    turns = heading + np.cumsum(rng.normal(0, 0.17, joints)) + rng.normal(0, 0.35, joints)
    step = length / joints * site.frame.density
    path = np.array(start) + np.vstack(
        [np.zeros(2), np.cumsum(np.column_stack([np.cos(turns), np.sin(turns)]) * step, axis=0)]
    )
    window = window_of(site, path, 8.0)
    if window is None:
        return
    third = max(2, len(path) // 3)
    line = trace(site, path, window, width * 0.55)
    for part, share in ((path[: 2 * third], 0.75), (path[:third], 1.0)):
        np.maximum(line, trace(site, part, window, width * share), out=line)
    line *= np.clip(0.95 + 0.2 * patchy(site, window, 14.0), 0.4, 1)
    lips = cv2.GaussianBlur(line, (0, 0), 1.2 * site.frame.density)
    depth = site.between(0.8, 2.2) * site.material.softness
    site.surface.relief[window] += depth * (0.6 * lips - line)
    seen = np.clip(line * site.between(0.6, 1.0), 0, 1)
    paint(site, window, seen, site.material.gap)
    blend(site.surface.metal, window, seen, 0.0)
    for _ in range(forks):
        if rng.random() < 0.65:
            joint = int(rng.integers(2, max(3, 2 * third)))
            bend = turns[min(joint, joints - 1)] + rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
            at = (float(path[joint, 0]), float(path[joint, 1]))
            _grow(site, at, float(bend), length * rng.uniform(0.25, 0.5), width * 0.7, forks=0)


def dent(site: Site) -> None:
    """A pressed-in hollow with a faintly raised rim."""
    radius = site.between(12, 36)
    at = pick_inside(site, radius * 0.8)
    window = window_around(site, at, radius * 2.2)
    if window is None:
        return
    distance = blob(site, at, window, radius, ragged=0.09)
    hollow = np.clip(1 - distance * distance, 0, 1)
    rim = smooth(np.abs(distance - 1.1), 0.35, 0)
    depth = site.between(1.3, 7.0) * radius / 20 * site.material.softness
    site.surface.relief[window] -= depth * (hollow * hollow - 0.09 * rim)
    blend(site.surface.rough, window, hollow * 0.4, site.material.fresh.rough)


def chip(site: Site) -> None:
    """A piece broken off the edge; the fracture falls off to where nothing is left."""
    radius = site.between(11, 42)
    start = pick_edge(site)
    x, y = inward(site, start)
    out = -site.between(0.2, 0.0) * radius * site.frame.density
    at = (start[0] + x * out, start[1] + y * out)
    window = window_around(site, at, radius * 2.2)
    if window is None:
        return
    distance = blob(site, at, window, radius, ragged=0.22, stretch=1.9)
    torn = 0.045 * patchy(site, window, 8.0)
    broken = smooth(distance, 1.0, 0.93)
    lost = smooth(distance + torn, 0.68, 0.62)
    fall = site.between(0.14, 0.28) * radius
    facets = (0.035 * radius) * patchy(site, window, 0.45 * radius)
    slope = np.clip((1 - distance) * (1 / 0.38), 0, 1)
    site.surface.relief[window] -= broken * (fall * slope + facets)
    shown = broken * 0.9
    refinish(site, window, shown, site.material.fresh)
    site.surface.cover[window] *= 1 - lost


def hole(site: Site) -> None:
    """A torn hole through a fabric, with loose ends around it."""
    radius = site.between(10, 32)
    at = pick_inside(site, 60.0)
    window = window_around(site, at, radius * 2.4)
    if window is None:
        return
    distance = blob(site, at, window, radius, ragged=0.3)
    frayed = distance + 0.12 * patchy(site, window, 3.0, 1)
    gone = smooth(frayed, 0.95, 0.8)
    sunk: Field = smooth(distance, 1.35, 0.8)
    site.surface.relief[window] -= 5.0 * sunk
    multiply(site, window, sunk, (0.8, 0.8, 0.8))
    site.surface.cover[window] *= 1 - gone
