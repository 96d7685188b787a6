"""Woven fabric: the busiest texture, without an outline."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.core.sampleparts.frame import Field, Frame, smooth
from inspector.core.sampleparts.noise import cloud, fibres, grain, run
from inspector.core.sampleparts.surface import Surface, make_surface

_PITCH = 12.0
_THREADS = 96  # enough for any pose
_WEFT, _WARP = (0.56, 0.53, 0.46), (0.095, 0.15, 0.24)
_WAVE = 2.0  # how far a thread rises and dives


def fabric(frame: Frame, rng: np.random.Generator, *, omit: bool = False) -> Surface:
    """A plain weave of two yarns: uneven threads, twisted fibres, dark gaps between.

    With `omit` a length of one weft thread is missing.
    """
    bow = 0.10
    u = frame.x * (1 / _PITCH) + bow * cloud(frame, rng, 60.0, 2)
    v = frame.y * (1 / _PITCH) + bow * cloud(frame, rng, 60.0, 2)
    i, j = np.floor(u), np.floor(v)
    phase_u, phase_v = u - i - 0.5, v - j - 0.5
    parity = 1 - 2 * ((i + j) % 2)
    # At a crossing's middle the warp is on top where the parity is even, the weft where it is odd.
    warp = _thread(rng, i, phase_u, fibres(frame, rng, 1.3, 14.0))
    weft = _thread(rng, j, phase_v, fibres(frame, rng, 14.0, 1.3))
    warp_height = warp[0] + _WAVE * parity * np.cos(phase_v * np.pi)
    weft_height = weft[0] - _WAVE * parity * np.cos(phase_u * np.pi)

    row, start, span = rng.integers(-9, 10), rng.uniform(-190, 40), rng.uniform(90, 220)
    if omit:
        ends = smooth(frame.x, start, start + 8) * smooth(frame.x, start + span, start + span - 8)
        gone = ends * (j == float(row))
        weft_height -= 14 * gone

    over = smooth(warp_height - weft_height, -0.25, 0.25)
    relief = weft_height + over * (warp_height - weft_height)
    tone = weft[1] + over * (warp[1] - weft[1])
    gap = smooth(relief, -0.9, -2.6)
    relief = np.maximum(relief, -4)
    tone *= 1 + 0.03 * cloud(frame, rng, 200.0, 2)
    tone *= 1 - 0.86 * gap
    tone *= 0.78 + 0.055 * np.clip(relief, -4, 5)
    relief += 0.2 * grain(frame, rng, 0.6)
    warp_share = over * tone
    base = cv2.merge(
        [
            tone * light + warp_share * (dark - light)
            for light, dark in zip(_WEFT, _WARP, strict=True)
        ]
    )
    return make_surface(frame, base=base, relief=relief, rough=0.7, lift=6.0)


def _thread(
    rng: np.random.Generator, index: Field, phase: Field, strands: Field
) -> tuple[Field, Field]:
    """Height above the thread's axis and tone of one system of threads, each (n, n)."""
    at = np.clip(index + (_THREADS / 2), 0, _THREADS - 1).astype(np.int32)
    thickness = 0.46 + 0.018 * run(rng, _THREADS, 0.0)
    shade = 1 + 0.05 * run(rng, _THREADS, 0.0)
    across = phase / thickness.take(at)
    round_top = 3.4 * (1 - across * across)
    height = np.maximum(round_top, -3) + 0.32 * strands
    return height, shade.take(at) * (1 + 0.07 * strands)
