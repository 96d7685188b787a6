"""Procedural textures: pictures of anything but a good part, for methods that learn from outliers.

Ten recipes at random scales, angles, contrasts and colours. The same seed gives the same picture.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""Values in [0, 1], (n, n)."""

Generator = np.random.Generator


def texture(size: int, seed: int) -> NDArray[np.float32]:
    """A picture (size, size, 3) float32 in [0, 1]; any recipe, often two blended."""
    rng = np.random.default_rng([seed, 0x7E47])
    field = _field(size, rng)
    if rng.random() < 0.4:
        other, where = _field(size, rng), _clouds(size, rng) > 0.5
        field = (
            np.where(where, field, other)
            if rng.random() < 0.5
            else (field + other) * np.float32(0.5)
        )
    picture = _coloured(field, rng)
    if rng.random() < 0.5:
        picture += rng.normal(0, rng.uniform(0.01, 0.08), picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)


def _field(size: int, rng: Generator) -> Field:
    recipe = _RECIPES[rng.integers(len(_RECIPES))]
    return recipe(size, rng)


def _coloured(field: Field, rng: Generator) -> NDArray[np.float64]:
    """Between two colours, sometimes over a third; the contrast varies down to faint."""
    low, high = rng.uniform(0, 1, 3), rng.uniform(0, 1, 3)
    if rng.random() < 0.3:  # grey, as many parts are
        low, high = np.full(3, low[0]), np.full(3, high[0])
    picture = low + field[..., None].astype(np.float64) * (high - low)
    if rng.random() < 0.3:
        amount = np.clip(field - 0.6, 0, 1)[..., None] * 2
        picture = picture * (1 - amount) + rng.uniform(0, 1, 3) * amount
    return picture


def _stretched(values: NDArray[np.floating]) -> Field:
    low, high = float(values.min()), float(values.max())
    return ((values - low) / max(high - low, 1e-6)).astype(np.float32)


def _grid(size: int, rng: Generator) -> tuple[Field, Field]:
    """Coordinates (n, n) in [0, 1], turned by any angle."""
    angle = rng.uniform(0, np.pi)
    y, x = (np.mgrid[0:size, 0:size] / size).astype(np.float32)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * c - y * s, x * s + y * c


def _knots(size: int, rng: Generator, cells: int) -> Field:
    """Smooth noise with about `cells` bumps along a side."""
    cells = min(cells, size)
    knots = rng.standard_normal((cells + 1, cells + 1)).astype(np.float32)
    return np.asarray(cv2.resize(knots, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _clouds(size: int, rng: Generator) -> Field:
    """Octaves of noise, from smooth to grainy."""
    cells, fall = int(rng.integers(2, 12)), rng.uniform(0.35, 0.9)
    total = np.zeros((size, size), np.float32)
    for octave in range(6):
        total += np.float32(fall**octave) * _knots(size, rng, cells * 2**octave)
    return _stretched(total)


def _marble(size: int, rng: Generator) -> Field:
    x, _ = _grid(size, rng)
    waves = x * rng.uniform(8, 60) + _clouds(size, rng) * rng.uniform(4, 16)
    return _stretched(np.sin(waves))


def _stripes(size: int, rng: Generator) -> Field:
    x, _ = _grid(size, rng)
    bent = x + np.float32(rng.uniform(0, 0.05)) * _knots(size, rng, 4)
    wave = np.sin(bent * rng.uniform(20, 250))
    return _stretched(np.tanh(wave * rng.uniform(0.5, 8)))


def _checks(size: int, rng: Generator) -> Field:
    x, y = _grid(size, rng)
    across, along = rng.uniform(10, 90, 2)
    return _stretched(np.tanh(np.sin(x * across) * np.sin(y * along) * rng.uniform(1, 10)))


def _weave(size: int, rng: Generator) -> Field:
    """Threads over and under each other."""
    x, y = _grid(size, rng)
    turns = rng.uniform(30, 160)
    warp, weft = np.abs(np.sin(x * turns)), np.abs(np.sin(y * turns))
    over = np.sin(x * turns / 2) * np.sin(y * turns / 2) > 0
    return _stretched(np.where(over, warp, weft) + 0.15 * _knots(size, rng, size // 2))


def _cells(size: int, rng: Generator) -> Field:
    """Pebbles, cracks or scales: distances to random points."""
    count = int(rng.integers(12, 300))
    points = (rng.uniform(0, size, (count, 2))).astype(int)
    apart = np.full((size, size), 255, np.uint8)
    apart[points[:, 0], points[:, 1]] = 0
    distance, label = cv2.distanceTransformWithLabels(
        apart, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    if rng.random() < 0.5:
        return _stretched(distance)
    shades = rng.uniform(0, 1, int(label.max()) + 1)[label]
    edges = cv2.morphologyEx(shades.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    return _stretched(np.where(edges > 0, rng.uniform(0, 1), shades))


def _dots(size: int, rng: Generator) -> Field:
    x, y = _grid(size, rng)
    turns = rng.uniform(20, 140)
    jitter = np.float32(rng.uniform(0, 0.6))
    bump = np.cos(x * turns + jitter * _knots(size, rng, 16)) + np.cos(y * turns)
    return _stretched(np.clip(bump - rng.uniform(-0.5, 1.2), 0, None))


def _scratches(size: int, rng: Generator) -> Field:
    picture = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(10, 150))):
        start, reach = rng.uniform(0, size, 2), rng.normal(0, size * rng.uniform(0.05, 0.6), 2)
        cv2.line(
            picture,
            tuple(int(v) for v in start),
            tuple(int(v) for v in start + reach),
            rng.uniform(0.2, 1),
            int(rng.integers(1, 1 + max(1, size // 80))),
            cv2.LINE_AA,
        )
    return _stretched(picture + 0.1 * _clouds(size, rng))


def _blobs(size: int, rng: Generator) -> Field:
    """Spots with hard rims: noise cut at a level."""
    noise = _knots(size, rng, int(rng.integers(4, 40)))
    return _stretched(np.tanh((noise - rng.uniform(-0.5, 1)) * rng.uniform(1, 12)))


def _ripples(size: int, rng: Generator) -> Field:
    """Rings around a point that may lie outside."""
    y, x = np.mgrid[0:size, 0:size] / size
    centre = rng.uniform(-0.3, 1.3, 2)
    distance = np.hypot(y - centre[0], x - centre[1]) + 0.02 * _knots(size, rng, 8)
    return _stretched(np.sin(distance * rng.uniform(30, 200)))


_RECIPES: tuple[Callable[[int, Generator], Field], ...] = (
    _clouds,
    _marble,
    _stripes,
    _checks,
    _weave,
    _cells,
    _dots,
    _scratches,
    _blobs,
    _ripples,
)
