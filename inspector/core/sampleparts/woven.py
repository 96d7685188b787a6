"""Woven fabric: the busiest texture, without an outline."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import Field, Frame, smooth
from inspector.core.sampleparts.noise import cloud, fibres, grain, run
from inspector.core.sampleparts.surface import Surface, make_surface, tint

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
    # Neighbouring threads rise and dive in turn, and the weft dives where the warp rises.
    warp_height, warp_tone, _ = _threads(rng, u, v, fibres(frame, rng, 1.3, 14.0), _WAVE)
    weft_height, weft_tone, weft = _threads(rng, v, u, fibres(frame, rng, 14.0, 1.3), -_WAVE)

    row, start, span = int(rng.integers(-9, 10)), rng.uniform(-190, 40), rng.uniform(90, 220)
    if omit:
        ends = smooth(frame.x, start, start + 8) * smooth(frame.x, start + span, start + span - 8)
        weft_height -= 14 * ends * (weft == row + _THREADS // 2)

    over = smooth(warp_height - weft_height, -0.25, 0.25)
    relief = weft_height + over * (warp_height - weft_height)
    tone = weft_tone + over * (warp_tone - weft_tone)
    gap = smooth(relief, -0.9, -2.6)
    relief = np.maximum(relief, -4)
    tone *= 1 + 0.03 * cloud(frame, rng, 200.0, 2)
    tone *= 1 - 0.86 * gap
    tone *= 0.78 + 0.055 * np.clip(relief, -4, 5)
    relief += 0.2 * grain(frame, rng, 0.6)
    warp_share = over * tone
    base = tint(tone, _WEFT) - tint(warp_share, _WEFT) + tint(warp_share, _WARP)
    return make_surface(frame, base=base, relief=relief, rough=0.7, lift=6.0)


def _threads(
    rng: np.random.Generator, across: Field, along: Field, strands: Field, wave: float
) -> tuple[Field, Field, npt.NDArray[np.int32]]:
    """Height, tone and number of the thread at each pixel, for one of the two systems.

    `across` and `along` count threads of this and of the other system, `strands` is the fibres'
    noise; all are (n, n).
    """
    whole: Field = np.floor(across)
    number = np.clip(whole + _THREADS / 2, 0, _THREADS - 1).astype(np.int32)
    width = 0.46 + 0.018 * run(rng, _THREADS, 0.0)
    shade = 1 + 0.05 * run(rng, _THREADS, 0.0)
    side = (across - whole - 0.5) * (1 / width).take(number)
    height = np.maximum(3.4 * (1 - side * side), -3) + 0.32 * strands
    swing = np.full(_THREADS, wave, np.float32)
    swing[1::2] = -wave
    height += swing.take(number) * np.sin(along * np.pi)
    return height, shade.take(number) * (1 + 0.07 * strands), number
