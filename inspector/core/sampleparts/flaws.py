"""What the defects share: the material they happen to, where they lie, and irregular outlines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import Field, Frame
from inspector.core.sampleparts.materials import Finish, Material
from inspector.core.sampleparts.surface import Colour, Surface

Window = tuple[slice, slice]
Path = npt.NDArray[np.float64]

_CELL = 4  # pixels of the canvas; places are looked for on this coarser grid


@dataclass(frozen=True, slots=True)
class Site:
    """A surface that a defect is put on.

    Attributes:
        frame: Its canvas.
        surface: Changed in place.
        material: What it is made of.
        inside: Whether each cell of 4 × 4 pixels is part, uint8 of (n / 4, n / 4).
        depth: Distance in units from each cell to the nearest one that is not part or image.
        rng: The defect's own stream.
        severity: 0 (hard to see) to 1 (obvious).
    """

    frame: Frame
    surface: Surface
    material: Material
    inside: npt.NDArray[np.uint8]
    depth: Field
    rng: np.random.Generator
    severity: float

    def between(self, mild: float, severe: float) -> float:
        """A value on the way from `mild` to `severe` as the severity says, with some play."""
        share = float(np.clip(self.severity + self.rng.normal(0, 0.08), 0, 1))
        return mild + (severe - mild) * share


def make_site(
    frame: Frame,
    surface: Surface,
    material: Material,
    rng: np.random.Generator,
    severity: float,
) -> Site:
    """Measure the part and take it as a defect's site."""
    inside = (surface.cover[::_CELL, ::_CELL] > 0.5).astype(np.uint8)
    framed = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    depth = depth * (_CELL / frame.density)
    return Site(frame, surface, material, inside, depth, rng, severity)


def pick_inside(site: Site, margin: float) -> tuple[float, float]:
    """A random canvas point at least `margin` units (or what the part offers) inside the part."""
    margin = min(margin, 0.7 * float(site.depth.max()))
    return _pick(site.rng, site.depth >= margin)


def pick_edge(site: Site) -> tuple[float, float]:
    """A random canvas point on the part's outline, in the image."""
    rim = site.inside > cv2.erode(site.inside, np.ones((3, 3), np.uint8))
    return _pick(site.rng, rim)


def _pick(rng: np.random.Generator, eligible: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """A random canvas point (x, y) in one of the cells of 4 × 4 pixels that are eligible."""
    rows, columns = np.nonzero(eligible)
    chosen = int(rng.integers(len(rows)))
    within = rng.uniform(0, _CELL, 2)
    return float(_CELL * columns[chosen] + within[0]), float(_CELL * rows[chosen] + within[1])


def inward(site: Site, at: tuple[float, float]) -> tuple[float, float]:
    """The unit vector (x, y) at a point of the outline that points into the part."""
    soft = cv2.GaussianBlur(site.inside.astype(np.float32), (0, 0), 3.0)
    gy, gx = np.gradient(soft)
    row = min(int(at[1] / _CELL), soft.shape[0] - 1)
    column = min(int(at[0] / _CELL), soft.shape[1] - 1)
    x, y = float(gx[row, column]), float(gy[row, column])
    length = max(float(np.hypot(x, y)), 1e-6)
    return x / length, y / length


def window_around(site: Site, at: tuple[float, float], reach: float) -> Window | None:
    """The canvas pixels within `reach` units of a canvas point, or None where there are none."""
    pixels = reach * site.frame.density
    n = site.frame.n
    left, right = max(0, int(at[0] - pixels)), min(n, int(at[0] + pixels) + 2)
    top, bottom = max(0, int(at[1] - pixels)), min(n, int(at[1] + pixels) + 2)
    if right - left < 2 or bottom - top < 2:
        return None
    return slice(top, bottom), slice(left, right)


def offsets(site: Site, at: tuple[float, float], window: Window) -> tuple[Field, Field]:
    """Units from a canvas point to each pixel of a window, x and y, each of the window's shape."""
    unit = 1.0 / site.frame.density
    rows = np.arange(window[0].start, window[0].stop, dtype=np.float32) - (at[1])
    columns = np.arange(window[1].start, window[1].stop, dtype=np.float32) - (at[0])
    shape = (len(rows), len(columns))
    return (
        np.broadcast_to(columns[None, :] * unit, shape).copy(),
        np.broadcast_to(rows[:, None] * unit, shape).copy(),
    )


def patchy(site: Site, window: Window, cell: float, octaves: int = 2) -> Field:
    """Cloudy noise in a window with features of `cell` units, mean ≈ 0, deviation ≈ 1."""
    rows, columns = window[0].stop - window[0].start, window[1].stop - window[1].start
    total = np.zeros((rows, columns), np.float32)
    for octave in range(octaves):
        pitch = max(1.0, cell * site.frame.density / 2**octave)
        knots = (int(rows / pitch) + 3, int(columns / pitch) + 3)
        grid = site.rng.standard_normal(knots, dtype=np.float32) * (0.5**octave)
        total += cv2.resize(grid, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return total


def blob(
    site: Site,
    at: tuple[float, float],
    window: Window,
    radius: float,
    *,
    ragged: float = 0.25,
    stretch: float = 1.6,
) -> Field:
    """Relative distance from an irregular patch's middle, of the window's shape: 1 on its outline.

    `ragged` is the relative unevenness of the outline, `stretch` its greatest elongation.
    """
    dx, dy = offsets(site, at, window)
    turn, longer = site.rng.uniform(0, np.pi), site.rng.uniform(1, stretch) ** 0.5
    c, s = float(np.cos(turn)), float(np.sin(turn))
    along = (dx * c + dy * s) * (1 / longer)
    across = (dy * c - dx * s) * longer
    distance: Field = cv2.magnitude(along, across) * (1 / radius)
    uneven = ragged * patchy(site, window, radius * 0.7)
    # Uneven at the outline only: neither the middle nor the surroundings are torn up.
    distance += uneven * np.clip(distance, 0, 1) * np.clip(2 - distance, 0, 1)
    return distance


def trace(site: Site, points: Path, window: Window, width: float) -> Field:
    """An anti-aliased line through canvas `points` (k, 2), `width` units wide, 0..1."""
    rows, columns = window[0].stop - window[0].start, window[1].stop - window[1].start
    canvas = np.zeros((rows, columns), np.uint8)
    fixed = np.round((points - (window[1].start, window[0].start)) * 16).astype(np.int32)
    pixels = width * site.frame.density
    cv2.polylines(canvas, [fixed], False, 255, max(1, round(pixels)), cv2.LINE_AA, 4)
    line = canvas.astype(np.float32) * (min(1.0, pixels) / 255)
    soft: Field = cv2.GaussianBlur(line, (0, 0), max(0.35, 0.3 * pixels))
    return soft


def window_of(site: Site, points: Path, margin: float) -> Window | None:
    """The canvas pixels around a line through canvas `points` (k, 2), None if there are none."""
    n, pixels = site.frame.n, margin * site.frame.density
    left, top = np.maximum(points.min(axis=0) - pixels, 0).astype(int)
    right, bottom = np.minimum(points.max(axis=0) + pixels + 2, n).astype(int)
    if right - left < 2 or bottom - top < 2:
        return None
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def paint(site: Site, window: Window, where: Field, colour: Colour) -> None:
    """Blend a colour into the base inside a window."""
    base = site.surface.base[window]
    base += where[:, :, None] * (np.asarray(colour, np.float32) - base)


def multiply(site: Site, window: Window, where: Field, factor: Field | Colour) -> None:
    """Multiply the base inside a window by `factor`, blended in by `where`."""
    base = site.surface.base[window]
    change = np.asarray(factor, np.float32) - 1
    base *= 1 + where[:, :, None] * change


def blend(field: Field, window: Window, where: Field, value: float) -> None:
    """Blend a constant into a field inside a window."""
    view = field[window]
    view += where * (value - view)


def refinish(site: Site, window: Window, where: Field, finish: Finish) -> None:
    """Blend colour, metalness and roughness into the surface inside a window."""
    paint(site, window, where, finish.colour)
    blend(site.surface.metal, window, where, finish.metal)
    blend(site.surface.rough, window, where, finish.rough)
