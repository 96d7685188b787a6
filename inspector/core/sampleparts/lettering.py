"""Words stamped, moulded or printed on parts."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from inspector.core.sampleparts.frame import UNITS, Field, Frame

# (text, x, y, cap height, turned) with x, y the middle of the word in part units.
Word = tuple[str, float, float, float, bool]

Sheet = npt.NDArray[np.uint8]
SHEET_SIDE = int(2 * UNITS)

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAP_HEIGHT = 21.0  # of the font at scale 1, in pixels


def letter(frame: Frame, words: tuple[Word, ...], stroke: float) -> Field:
    """Anti-aliased words in the part's frame, (n, n) 0..1; `stroke` is the line width in units."""
    return lay_sheet(frame, _write(words, stroke))


def lay_sheet(frame: Frame, sheet: Sheet) -> Field:
    """A drawing laid into the part's frame, (n, n) 0..1.

    A sheet is uint8 of (SHEET_SIDE, SHEET_SIDE), two pixels per unit, the part's origin in its
    middle.
    """
    step = frame.to_local * 2
    step[:, 2] += SHEET_SIDE / 2 - 0.5
    drawn: Field = cv2.warpAffine(
        sheet, step, (frame.n, frame.n), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    ).astype(np.float32)
    return drawn * (1 / 255)


@lru_cache(maxsize=32)
def _write(words: tuple[Word, ...], stroke: float) -> Sheet:
    sheet = np.zeros((SHEET_SIDE, SHEET_SIDE), np.uint8)
    thickness = max(1, round(stroke * 2))
    for text, x, y, height, turned in words:
        scale = height * 2 / _CAP_HEIGHT
        (width, tall), _ = cv2.getTextSize(text, _FONT, scale, thickness)
        word = np.zeros_like(sheet)
        corner = (SHEET_SIDE // 2 - width // 2, SHEET_SIDE // 2 + tall // 2)
        cv2.putText(word, text, corner, _FONT, scale, 255, thickness, cv2.LINE_AA)
        if turned:
            word = np.ascontiguousarray(np.rot90(word))
        step = np.array([[1, 0, 2 * x], [0, 1, 2 * y]], np.float64)
        np.maximum(sheet, cv2.warpAffine(word, step, sheet.shape), out=sheet)
    return finish_sheet(sheet, 0.8)


def finish_sheet(sheet: Sheet, blur: float) -> Sheet:
    """The sheet softened by a Gaussian of `blur` sheet pixels, and locked."""
    soft: Sheet = cv2.GaussianBlur(sheet, (0, 0), blur)
    soft.flags.writeable = False
    return soft
