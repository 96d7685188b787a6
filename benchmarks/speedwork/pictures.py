"""Files that both sides read: photographs of made-up parts, and anomaly maps with masks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def write_photographs(folder: Path, suffix: str, side: int, count: int) -> None:
    """`count` square photographs of a plate with grain, scratches and holes, each different.

    As detailed as a camera's, as decoding takes as long as there is detail.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        file = folder / f"{number:04d}.{suffix}"
        if file.exists():
            continue
        rng = np.random.default_rng(number)
        image = np.full((side, side, 3), rng.integers(90, 150, 3), np.float32)
        for cell in (2, 8, 64):
            shape = (side // cell, side // cell)
            coarse = rng.standard_normal(shape).astype(np.float32)
            fine = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
            image += 6 * fine[:, :, None]
        for _ in range(40):
            (x, y), reach = rng.integers(0, side, 2), int(rng.integers(side // 100, side // 12))
            colour = tuple(float(value) for value in rng.integers(20, 235, 3))
            cv2.circle(image, (int(x), int(y)), reach, colour, -1, cv2.LINE_AA)
        image += rng.normal(0, 2, image.shape)
        pixels = Image.fromarray(image.clip(0, 255).astype(np.uint8))
        pixels.save(file, quality=92) if suffix == "jpg" else pixels.save(file)


def write_maps(file: Path, count: int, side: int) -> None:
    """`count` smooth maps (side, side), every other with defects in its mask and its scores."""
    rng = np.random.default_rng(0)
    scores = np.empty((count, side, side), np.float32)
    masks = np.zeros((count, side, side), np.uint8)
    for score in scores:
        coarse = rng.random((side // 8, side // 8)).astype(np.float32)
        score[:] = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    for score, mask in zip(scores[::2], masks[::2], strict=True):
        for _ in range(3):
            x, y = rng.integers(0, side, 2)
            cv2.circle(mask, (int(x), int(y)), side // 20, 1, -1)
        score += 0.6 * cv2.blur(mask.astype(np.float32), (9, 9))
    np.savez(file, scores=scores, masks=masks.astype(np.bool_))
