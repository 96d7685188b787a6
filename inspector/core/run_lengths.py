"""COCO's run lengths: a mask as how many pixels in turn are clear and painted, column by column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inspector.core.masks import Mask


def encode_runs(mask: Mask) -> list[int]:
    """The lengths of the runs in a mask (H, W), down the columns, beginning with a clear run.

    That first run may be 0; no other is.
    """
    pixels = mask.ravel(order="F")
    turns = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    bounds = np.concatenate(([0], turns, [pixels.size]))
    lengths: list[int] = np.diff(bounds).tolist()
    return [0, *lengths] if pixels.size and pixels[0] else lengths


def decode_runs(runs: Sequence[int], size: tuple[int, int]) -> Mask:
    """The mask of some run lengths.

    Args:
        runs: As `encode_runs` gives them.
        size: (height, width) of the mask.

    Raises:
        ValueError: A run is negative, or they do not fill the mask exactly.
    """
    height, width = size
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise ValueError(f"the runs do not fill {width}×{height} pixels")
    painted = np.arange(len(runs)) % 2 == 1
    return np.repeat(painted, np.asarray(runs, np.int64)).reshape((height, width), order="F")


def decode_compressed_runs(text: str) -> list[int]:
    """The run lengths in COCO's compressed text.

    Each character holds five bits of a number, the lowest first, and a sixth that says that more
    follow. From the fourth number on it is the difference to the one two places before: runs of
    neighbouring columns are alike.

    Raises:
        ValueError: The text is no such thing.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - ord("0")
        if not 0 <= code < 64:
            raise ValueError(f"the character '{character}' does not belong in compressed runs")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift  # the highest bit is the sign
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("the compressed runs break off")
    return runs
