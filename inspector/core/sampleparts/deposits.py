"""Defects that add something or change the colour: stain, burn, foreign body, burr."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.flaws import (
    Path,
    Site,
    Window,
    blend,
    blob,
    inward,
    multiply,
    offsets,
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
from inspector.core.sampleparts.materials import Finish
from inspector.core.sampleparts.surface import Colour


def stain(site: Site) -> None:
    """A drop of something that ran and dried, darker at its rim, with a few splashes."""
    rng = site.rng
    radius = site.between(15, 58)
    at = pick_inside(site, radius * 0.6)
    _drop(site, at, radius)
    for _ in range(int(rng.integers(0, 5))):
        away, turn = radius * rng.uniform(1.1, 1.9) * site.frame.density, rng.uniform(0, 2 * np.pi)
        there = (at[0] + away * float(np.cos(turn)), at[1] + away * float(np.sin(turn)))
        _drop(site, there, max(3.0, radius * rng.uniform(0.06, 0.2)))


def _drop(site: Site, at: tuple[float, float], radius: float) -> None:
    window = window_around(site, at, radius * 2.2)
    if window is None:
        return
    spill = site.material.spill
    distance = blob(site, at, window, radius, ragged=0.3)
    body = smooth(distance, 1.0, 0.9)
    dried = smooth(np.abs(distance - 0.92), 0.13, 0.02)
    streaky = np.clip(0.8 + 0.22 * patchy(site, window, radius * 0.5), 0, 1)
    strength = site.between(0.28, 0.95)
    soaked = np.clip(strength * (body * streaky * 0.75 + 0.5 * dried), 0, 1)
    multiply(site, window, soaked, spill.soak)
    paint(site, window, soaked * spill.opacity, spill.film)
    blend(site.surface.rough, window, strength * body, spill.rough)
    blend(site.surface.metal, window, soaked * spill.opacity, 0.0)
    site.surface.relief[window] += 0.5 * strength * (dried + 0.4 * body)


def burn(site: Site) -> None:
    """Heat tint: bands of colour towards the hottest place."""
    radius = site.between(30, 84)
    at = pick_inside(site, radius * 0.3)
    window = window_around(site, at, radius * 2.2)
    if window is None:
        return
    distance = blob(site, at, window, radius, ragged=0.2)
    heat = smooth(distance, 1.05, 0.1) * site.between(0.45, 1.0)
    palette = np.array([(1.0, 1.0, 1.0), *site.material.burn], np.float32)
    position = heat * (len(palette) - 1)
    lower = np.minimum(position.astype(np.int32), len(palette) - 2)
    share = (position - lower)[:, :, None]
    factor = palette[lower] * (1 - share) + palette[lower + 1] * share
    site.surface.base[window] *= factor
    blend(site.surface.rough, window, heat * 0.25, 0.5)
    site.surface.relief[window] += 0.25 * heat * heat * patchy(site, window, 6.0, 2)


def foreign(site: Site) -> None:
    """Something that does not belong there: a fibre, a curl of swarf or a crumb."""
    what = int(site.rng.integers(3))
    (_fibre, _swarf, _crumb)[what](site)


def _fibre(site: Site) -> None:
    colours: tuple[Colour, ...] = ((0.02, 0.02, 0.025), (0.55, 0.53, 0.5), (0.35, 0.05, 0.05))
    finish = Finish(colours[int(site.rng.integers(len(colours)))], metal=0.0, rough=0.7)
    _lay(site, _curl(site, site.between(50, 130), 1.1), site.between(1.4, 2.6), 3.0, finish)


def _swarf(site: Site) -> None:
    finish = Finish((0.5, 0.49, 0.46), metal=0.95, rough=0.2)
    path = _curl(site, site.between(28, 75), 2.6)
    _lay(site, path, site.between(3.0, 6.0), site.between(5, 9), finish)


def _crumb(site: Site) -> None:
    colours: tuple[Colour, ...] = ((0.03, 0.025, 0.02), (0.32, 0.2, 0.09), (0.5, 0.5, 0.48))
    finish = Finish(colours[int(site.rng.integers(len(colours)))], metal=0.0, rough=0.6)
    radius = site.between(6, 19)
    at = pick_inside(site, radius)
    window = window_around(site, at, radius * 2.2)
    if window is None:
        return
    distance = blob(site, at, window, radius, ragged=0.28, stretch=2.0)
    body = smooth(distance, 1.0, 0.85)
    dome = cv2.sqrt(np.clip(1.05 - distance * distance, 0, 1))
    bumps = 0.8 * patchy(site, window, 4.0)
    _add(site, window, body, dome * (radius * 0.8) + bumps * body, finish)


def _curl(site: Site, length: float, wind: float) -> Path:
    """A smoothly curving path of canvas points, (k, 2), around a point of the part."""
    rng = site.rng
    t = np.linspace(0, 1, 28)
    heading = rng.uniform(0, 2 * np.pi) + wind * (
        rng.normal(0, 1) * t + 0.5 * np.sin(rng.uniform(4, 8) * t + rng.uniform(0, 6))
    )
    step = np.column_stack([np.cos(heading), np.sin(heading)])
    path: Path = np.cumsum(step * (length * site.frame.density / len(t)), axis=0)
    path += pick_inside(site, 12.0) - path[len(t) // 2]
    return path


def _lay(site: Site, path: Path, width: float, height: float, finish: Finish) -> None:
    window = window_of(site, path, 10.0)
    if window is None:
        return
    line = trace(site, path, window, width)
    _add(site, window, np.clip(line * 1.4, 0, 1), line * height, finish)


def _add(site: Site, window: Window, body: Field, height: Field, finish: Finish) -> None:
    """Put a body on top of whatever is there; over the edge it hangs at the part's height."""
    site.surface.relief[window] += height
    refinish(site, window, body, finish)
    cover = site.surface.cover[window]
    np.maximum(cover, body, out=cover)


def burr(site: Site) -> None:
    """A ragged lip of metal that a dull tool pushed over the edge."""
    start = pick_edge(site)
    x, y = inward(site, start)
    reach = site.between(22, 62)
    window = window_around(site, start, reach * 1.3)
    if window is None:
        return
    dx, dy = offsets(site, start, window)
    near = smooth(cv2.magnitude(dx, dy), reach * 1.25, reach)
    near *= smooth(np.abs(dy * x - dx * y), reach, reach * 0.4)
    ragged = np.clip(0.55 + 0.45 * patchy(site, window, 6.0), 0, 1.5)
    width = site.between(3.0, 9.5) * near * ragged
    cover = site.surface.cover[window]
    outside = cv2.distanceTransform((cover < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    lip = np.clip(width - outside * (1 / site.frame.density) + 0.5, 0, 1) * (width > 0.6)
    # It also curls back a little over the part's own rim.
    lip *= near * smooth(cv2.GaussianBlur(cover, (0, 0), 2.0 * site.frame.density), 0.98, 0.8)
    _add(site, window, lip, lip * (1.5 + 1.5 * ragged), site.material.fresh)
