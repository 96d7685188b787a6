"""Pixel metrics class by class."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.class_pixels import ClassPixels, PixelsByClass
from inspector.core.pixel_metrics import NO_PIXELS

MAP = np.array([[0.1, 0.9]], np.float32)
MASK = np.array([[False, True]])


def test_classes_and_all_together() -> None:
    gathered = ClassPixels()
    gathered.update("a", MAP, MASK)
    gathered.update("a", MAP, ~MASK)
    gathered.update("b", MAP, MASK)
    found = gathered.result()
    assert {name: scores.auroc for name, scores in found.per_class.items()} == {"a": 0.5, "b": 1.0}
    assert found.together.auroc == pytest.approx(6 / 9)
    assert gathered.result() == found


def test_nothing_came() -> None:
    assert ClassPixels().result() == PixelsByClass({}, NO_PIXELS)


def test_a_class_that_comes_again_is_refused() -> None:
    gathered = ClassPixels()
    for name in "ab":
        gathered.update(name, MAP, MASK)
    with pytest.raises(ValueError, match="one after another"):
        gathered.update("a", MAP, MASK)
