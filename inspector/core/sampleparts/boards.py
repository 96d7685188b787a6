"""A populated circuit board: the busiest part."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts import board_layout as layout
from inspector.core.sampleparts.frame import Field, Frame
from inspector.core.sampleparts.lettering import (
    SHEET_SIDE,
    Sheet,
    finish_sheet,
    lay_sheet,
    letter,
)
from inspector.core.sampleparts.noise import cloud, grain
from inspector.core.sampleparts.surface import Surface, make_surface

# Material: linear RGB, metal, rough.
_MATERIALS = {
    "mask": ((0.012, 0.085, 0.035), 0.0, 0.27),
    "tin": ((0.58, 0.58, 0.57), 0.95, 0.26),
    "gold": ((0.62, 0.44, 0.16), 0.95, 0.25),
    "epoxy": ((0.022, 0.022, 0.024), 0.0, 0.48),
    "resistor": ((0.016, 0.016, 0.019), 0.0, 0.3),
    "capacitor": ((0.33, 0.22, 0.125), 0.0, 0.4),
    "diode": ((0.42, 0.06, 0.03), 0.0, 0.2),
    "can": ((0.55, 0.55, 0.56), 0.95, 0.24),
    "sleeve": ((0.02, 0.022, 0.045), 0.0, 0.35),
    "plastic": ((0.018, 0.018, 0.019), 0.0, 0.4),
    "hole": ((0.008, 0.008, 0.008), 0.0, 0.6),
}
_NUMBER = {name: number for number, name in enumerate(_MATERIALS)}
_COLOURS = np.array([colour for colour, _, _ in _MATERIALS.values()], np.float32).T.copy()
_METAL = np.array([metal for _, metal, _ in _MATERIALS.values()], np.float32)
_ROUGH = np.array([rough for _, _, rough in _MATERIALS.values()], np.float32)
_SUBPIXEL = 4  # binary digits


class _Assembly:
    """Places shapes on the board; the later ones lie on top of the earlier ones."""

    def __init__(self, frame: Frame) -> None:
        self.to_canvas = frame.from_local.tolist()
        self.density = frame.density * frame.scale
        self.material = np.zeros((frame.n, frame.n), np.uint8)
        self.height = frame.blank()

    def box(
        self,
        at: tuple[float, float],
        half: tuple[float, float],
        material: str,
        height: float,
        turn: float = 0.0,
    ) -> None:
        """A rectangle of half size `half` around `at`, turned by `turn` radians."""
        c, s = math.cos(turn), math.sin(turn)
        (x, y), (length, breadth) = at, half
        along, across = (c * length, s * length), (-s * breadth, c * breadth)
        outline = [
            self._fixed(x + i * along[0] + j * across[0], y + i * along[1] + j * across[1])
            for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        fixed = np.array(outline, np.int32)
        cv2.fillConvexPoly(self.material, fixed, _NUMBER[material], cv2.LINE_8, _SUBPIXEL)
        cv2.fillConvexPoly(self.height, fixed, height, cv2.LINE_8, _SUBPIXEL)

    def disc(self, at: tuple[float, float], radius: float, material: str, height: float) -> None:
        """A filled circle."""
        where = self._fixed(*at)
        reach = round(radius * self.density * 2**_SUBPIXEL)
        cv2.circle(self.material, where, reach, _NUMBER[material], -1, cv2.LINE_8, _SUBPIXEL)
        cv2.circle(self.height, where, reach, height, -1, cv2.LINE_8, _SUBPIXEL)

    def _fixed(self, x: float, y: float) -> tuple[int, int]:
        """Part coordinates as canvas pixels in the fixed-point numbers that OpenCV draws with."""
        (xx, xy, x0), (yx, yy, y0) = self.to_canvas
        unit = 2**_SUBPIXEL
        return round((xx * x + xy * y + x0) * unit), round((yx * x + yy * y + y0) * unit)


def board(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """A circuit board: solder mask over copper, packages, two-terminal parts, a header, print.

    With `omit` one two-terminal part was not placed; its pads lie bare.
    """
    copper = lay_sheet(frame, _copper())
    assembly = _Assembly(frame)
    for at in layout.MOUNTS:
        assembly.disc(at, 17.0, "tin", 0.5)
        assembly.disc(at, 10.0, "hole", -6.0)
    for at in layout.VIAS:
        assembly.disc(at, 5.0, "tin", 0.6)
        assembly.disc(at, 2.4, "hole", -3.0)
    _header(assembly, rng)
    for pack in layout.FLAT_PACKS:
        _flat_pack(assembly, rng, pack)
    _crystal(assembly, rng)
    for can in layout.CANS:
        _can(assembly, rng, can)
    unplaced = int(rng.integers(len(layout.CHIPS)))
    for number, chip in enumerate(layout.CHIPS):
        _chip(assembly, rng, chip, placed=not (omit and number == unplaced))
    return _finish(frame, rng, assembly, copper)


def _finish(frame: Frame, rng: np.random.Generator, assembly: _Assembly, copper: Field) -> Surface:
    """Turn materials and heights into a surface with texture and print."""
    material = assembly.material
    mask = (material == _NUMBER["mask"]).astype(np.float32)
    solder = (material == _NUMBER["tin"]).astype(np.float32)
    fine = grain(frame, rng, 0.8)
    height = cv2.GaussianBlur(assembly.height, (0, 0), 0.9 * frame.density)
    height += 2.4 * solder * cv2.GaussianBlur(solder, (0, 0), 2.4 * frame.density)
    height += mask * (1.1 * copper + 0.05 * fine)
    height += 0.10 * fine * (material == _NUMBER["epoxy"])
    height += 0.35 * cloud(frame, rng, 12.0, 1) * solder

    tone = 1 + 0.05 * cloud(frame, rng, 130.0, 3)
    tone += 0.03 * fine + 0.75 * copper * mask
    base = cv2.merge([channel.take(material) * tone for channel in _COLOURS])
    surface = make_surface(
        frame,
        base=base,
        relief=height,
        metal=_METAL.take(material),
        rough=_ROUGH.take(material),
        cover=frame.cover(
            np.minimum(
                layout.HALF_WIDTH - np.abs(frame.x),
                layout.HALF_HEIGHT - np.abs(frame.y),
            )
        ),
        lift=8.0,
    )
    ink = rng.uniform(0.75, 0.92) + 0.1 * fine
    print_ = np.clip(letter(frame, layout.PRINT, 1.6) * mask * ink, 0, 1)
    surface.paint(print_, (0.68, 0.69, 0.66), rough=0.5)
    marking = letter(frame, layout.MARKINGS, 1.5) * rng.uniform(0.3, 0.5)
    surface.paint(marking * (1 - mask), (0.5, 0.5, 0.5))
    return surface


def _flat_pack(assembly: _Assembly, rng: np.random.Generator, pack: layout.FlatPack) -> None:
    turn = rng.normal(0, 0.006)
    x, y = pack.x + rng.normal(0, 0.7), pack.y + rng.normal(0, 0.7)
    for along_x, count, reach, half in (
        (True, pack.pins_x, pack.half_height, pack.half_width),
        (False, pack.pins_y, pack.half_width, pack.half_height),
    ):
        pitch = 2 * (half - 3) / max(count, 1)
        for k in range(count):
            offset = (k - (count - 1) / 2) * pitch
            for side in (-1, 1):
                for distance, length, width, height in (
                    (9.0, 7.0, 0.34, 0.7),
                    (5.0, 6.0, 0.2, 4.0),
                ):
                    away = side * (reach + distance)
                    at = (offset, away) if along_x else (away, offset)
                    box = (pitch * width, length) if along_x else (length, pitch * width)
                    fixed = (pack.x, pack.y) if height < 1 else (x, y)
                    assembly.box((fixed[0] + at[0], fixed[1] + at[1]), box, "tin", height)
    assembly.box((x, y), (pack.half_width, pack.half_height), "epoxy", 15.0, turn)
    assembly.disc((x - pack.half_width + 8, y - pack.half_height + 8), 3.2, "epoxy", 13.4)


def _chip(
    assembly: _Assembly, rng: np.random.Generator, chip: layout.Chip, *, placed: bool
) -> None:
    x, y = chip.x + rng.normal(0, 0.8), chip.y + rng.normal(0, 0.8)
    turn, paste = rng.normal(0, 0.02), rng.normal(0, 0.3)

    def box(centre: float, length: float, width: float, material: str, height: float) -> None:
        on_board = height < 1
        cx, cy = (chip.x, chip.y) if on_board else (x, y)
        at = (cx, cy + centre) if chip.upright else (cx + centre, cy)
        half = (width, length) if chip.upright else (length, width)
        assembly.box(at, half, material, height, 0.0 if on_board else turn)

    for side in (-1, 1):
        box(side * 12.0, 5.6 + paste, 8.6 + paste, "tin", 0.8)
    if placed:
        for side in (-1, 1):
            box(side * 9.5, 2.8, 7.2, "tin", 6.5)
        box(0.0, 7.0, 7.2, chip.kind, 7.5)


def _can(assembly: _Assembly, rng: np.random.Generator, can: tuple[float, float, float]) -> None:
    x, y, radius = can[0] + rng.normal(0, 0.8), can[1] + rng.normal(0, 0.8), can[2]
    assembly.box((x, y), (radius + 1.5, radius + 1.5), "plastic", 5.0)
    assembly.disc((x, y), radius, "can", 30.0)
    assembly.disc((x, y), radius - 3.5, "can", 32.0)
    # The dark segment marks the negative pole.
    assembly.box((x - radius * 0.68, y), (radius * 0.1, radius * 0.62), "sleeve", 32.0)


def _crystal(assembly: _Assembly, rng: np.random.Generator) -> None:
    x, y, length, height = layout.CRYSTAL
    x, y = x + rng.normal(0, 0.7), y + rng.normal(0, 0.7)
    for rim, top in ((2.5, 7.0), (0.0, 13.0)):
        assembly.box((x, y), (length - height, height + rim), "can", top)
        for side in (-1, 1):
            assembly.disc((x + side * (length - height), y), height + rim, "can", top)


def _header(assembly: _Assembly, rng: np.random.Generator) -> None:
    x, y, pitch, count = layout.HEADER
    y += rng.normal(0, 0.6)
    middle = x + pitch * (count - 1) / 2
    assembly.box((middle, y), (pitch * count / 2, 9.0), "plastic", 12.0)
    for k in range(count):
        at = (x + pitch * k, y)
        assembly.box(at, (pitch * 0.42, 7.0), "plastic", 10.5)
        assembly.box(at, (2.7, 2.7), "gold", 24.0)


@lru_cache(maxsize=1)
def _copper() -> Sheet:
    """The copper pattern."""
    sheet = np.zeros((SHEET_SIDE, SHEET_SIDE), np.uint8)

    def fixed(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
        on_sheet = np.asarray(points) * 2 + SHEET_SIDE / 2
        whole: npt.NDArray[np.int32] = np.round(on_sheet * 2**_SUBPIXEL).astype(np.int32)
        return whole

    for track in layout.TRACKS:
        cv2.polylines(sheet, [fixed(track)], False, 255, 6, cv2.LINE_AA, _SUBPIXEL)
    for via in layout.VIAS:
        x, y = fixed(via).tolist()
        cv2.circle(sheet, (x, y), 15 << _SUBPIXEL, 255, -1, cv2.LINE_AA, _SUBPIXEL)
    cv2.fillPoly(sheet, [fixed(layout.POUR)], 255, cv2.LINE_AA, _SUBPIXEL)
    return finish_sheet(sheet, 1.2)
