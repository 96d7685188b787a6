"""Noise from which materials are made: grain, clouds, streaks and one-dimensional runs.

Lengths are in *units* of 1/512 of the image side, as everywhere in this package. All fields have
mean ≈ 0 and standard deviation ≈ 1.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from inspector.core.sampleparts.frame import UNITS, Field, Frame

_BANK_SIDE = 1024


@lru_cache(maxsize=16)
def _bank(side: int, blur: float) -> Field:
    """Fixed noise that the materials cut random windows from: far cheaper than drawing it anew."""
    white = np.random.default_rng(side).standard_normal((side, side), dtype=np.float32)
    if blur > 0:
        white = cv2.GaussianBlur(white, (0, 0), blur, borderType=cv2.BORDER_REFLECT_101)
        white /= float(white.std())
    white.flags.writeable = False
    return white


def grain(frame: Frame, rng: np.random.Generator, size: float = 0.0) -> Field:
    """Isotropic fine noise, (n, n); `size` is the Gaussian radius of one grain in units."""
    blur = round(size * frame.density, 2)
    bank = _bank(frame.n + _BANK_SIDE // 2, blur if blur > 0.25 else 0.0)
    top, left = (int(k) for k in rng.integers(0, _BANK_SIDE // 2, 2))
    window = bank[top : top + frame.n, left : left + frame.n]
    return window[:: -1 if rng.random() < 0.5 else 1, :: -1 if rng.random() < 0.5 else 1]


def fibres(frame: Frame, rng: np.random.Generator, along: float, across: float) -> Field:
    """Noise stretched in the part's own frame, (n, n): `along` its x axis, `across` its y axis."""
    step = frame.to_local / np.array([[along], [across]])
    step[:, 2] += rng.uniform(0, _BANK_SIDE, 2)
    noise: Field = cv2.warpAffine(
        _bank(_BANK_SIDE, 0.0),
        step,
        (frame.n, frame.n),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_WRAP,
    )
    return noise


def cloud(frame: Frame, rng: np.random.Generator, cell: float, octaves: int = 2) -> Field:
    """Soft irregular patches, (n, n): cubic noise with features of `cell` units and finer ones."""
    coarse = frame.n // 2 if cell < 24 else frame.n // 4
    total = np.zeros((coarse, coarse), np.float32)
    power = 0.0
    for octave in range(octaves):
        side = min(max(2, round(UNITS / cell * 2**octave)) + 1, coarse)
        weight = 0.5**octave
        knots = rng.standard_normal((side, side), dtype=np.float32) * weight
        total += cv2.resize(knots, (coarse, coarse), interpolation=cv2.INTER_CUBIC)
        power += weight * weight
    total *= 1.35 / power**0.5
    fine: Field = cv2.resize(total, (frame.n, frame.n), interpolation=cv2.INTER_LINEAR)
    return fine


def run(rng: np.random.Generator, count: int, blur: float, *, closed: bool = False) -> Field:
    """One-dimensional smooth noise, (count,); `closed` makes its ends meet."""
    values = rng.standard_normal(count, dtype=np.float32)
    reach = int(3 * blur) + 1
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(blur, 1e-3)) ** 2)
    padded = np.pad(values, reach, mode="wrap" if closed else "reflect")
    smooth = np.convolve(padded, taps / float(np.sqrt((taps**2).sum())), mode="valid")
    return smooth.astype(np.float32)


def lookup(values: Field, position: Field) -> Field:
    """Linear interpolation of `values` (k,) at fractional indices `position` (n, n), clamped."""
    row = np.zeros_like(position)
    found: Field = cv2.remap(
        values[None, :], position, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return found
